"""A small client for the tests, and records to start from."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event

from service.cli.main import DEMO
from service.db.engine import Database
from service.domain.access import Token
from service.schemas.imports import ImportOptions, ImportResult
from service.transfer.entries import Format
from service.transfer.imports import load_file
from service.transfer.jsonl import JsonLines

Json = dict[str, Any]

ADMIN = Token("0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4eff", "5a" * 32)


class WriterAuth(httpx.Auth):
    """Sends a key with every request that needs one: reading is public."""

    def __init__(self, token: Token = ADMIN) -> None:
        self.header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if request.method not in ("GET", "HEAD"):
            request.headers.setdefault("Authorization", self.header)
        yield request


@dataclass
class Api:
    client: httpx.Client
    database: Database

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        answer = self.client.post(f"/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def etag(self, path: str) -> str:
        return str(self.client.get(f"/v1{path}").headers["ETag"])

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.client.patch(f"/v1{path}", json=body, headers={"If-Match": self.etag(path)})
        assert answer.status_code == status, answer.text
        return answer.json()

    def withdraw(self, path: str, reason: str = "a mistake", status: int = 200) -> Any:
        headers = {"If-Match": self.etag(path)}
        answer = self.client.delete(f"/v1{path}", params={"reason": reason}, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def restore(self, path: str, status: int = 200) -> Any:
        answer = self.client.post(f"/v1{path}/restore", headers={"If-Match": self.etag(path)})
        assert answer.status_code == status, answer.text
        return answer.json()

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """The items of every page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **params, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Collects the statements that the service sends to its database, all but that of `db/last_change.py`."""
        statements: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        engines = [self.database.reader, self.database.writer]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)


def selects(statements: list[str]) -> list[str]:
    """Those that read."""
    return [s for s in statements if s.lstrip().upper().startswith(("SELECT", "WITH"))]


def load(database: Database, path: Path, form: Format, **options: Any) -> ImportResult:
    with path.open("rb") as file:
        return load_file(database, file, form, ImportOptions(**options))


def load_demo(database: Database) -> ImportResult:
    return load(database, DEMO, JsonLines())


def seed(api: Api) -> None:
    """A source, two claimants, a model and a metric: enough to make claims about."""
    api.post("/sources", {"key": "paper", "kind": "paper", "title": "A paper", "published": "2025-01-10"})
    for key, kind in (("lab", "organization"), ("analyst", "organization"), ("third", "person"), ("model", "model")):
        api.post("/entities", {"key": key, "kind": kind, "name": key.title()})
    scopes = [
        {"key": "full", "name": "Full"},
        {"key": "part", "name": "Part", "part_of": "full"},
        {"key": "subpart", "name": "Part of the part", "part_of": "part"},
        {"key": "other", "name": "Other"},
    ]
    api.post("/metrics", {"key": "cost", "name": "Cost", "unit": "USD", "scopes": scopes})


def figure(value: str | None = None, **fields: Any) -> Json:
    """A reported, exact figure of the metric `cost`, unless said otherwise."""
    plain: Json = {"metric": "cost", "basis": "reported", "qualifier": "exact", "unit": "USD"}
    return plain | ({"value": value} if value is not None else {}) | fields


def claim(claimant: str, *figures: Json, **fields: Any) -> Json:
    plain: Json = {"source": "paper", "claimant": claimant, "subject": "model", "statement": f"{claimant} says so"}
    return plain | {"figures": list(figures)} | fields


def pointers(problem: Json) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]
