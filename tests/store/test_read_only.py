"""A published snapshot: a database without the right to write answers reads, and says of changes that it takes none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url

from service.db.dialects import sqlite
from service.db.engine import Database
from service.store.operations.database_setup import open_database
from tests.conftest import LiveServer
from tests.databases import Templates
from tests.support import WriterAuth, load_demo

READS = [
    "/v1", "/v1/comparisons", "/v1/comparisons/deepseek-r1.training-cost.on-top-of-base", "/v1/claims", "/v1/changes",
    "/v1/disagreements", "/v1/search?q=r1", "/v1/export.jsonl", "/v1/tables/figures.csv", "/", "/claims/r1-12",
    "/health/ready",
]  # fmt: skip


def filled(url: str) -> None:
    database = open_database(url)
    load_demo(database)
    database.close()


def unprivileged(url: str) -> str:
    """The address of the same PostgreSQL database for a user who may only read."""
    database = open_database(url)
    with database.writer.begin() as connection:
        connection.exec_driver_sql(
            "DO $$ BEGIN CREATE ROLE only_reads LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO only_reads")
        connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads")
    database.close()
    return make_url(url).set(username="only_reads").render_as_string(hide_password=False)


@pytest.fixture
def published(kind: str, templates: Templates, live: LiveServer) -> Iterator[str]:
    """The address of a service on a database that cannot be written."""
    url = templates.clone(kind)
    filled(url)
    if kind == "sqlite":
        file = Path(str(make_url(url).database))
        file.chmod(0o444)
    else:
        url = unprivileged(url)
    database = open_database(url, read_only=True)
    live.app.state.database = database
    yield live.url
    database.close()


def test_what_is_published_is_read(published: str) -> None:
    for path in READS:
        answer = httpx.get(f"{published}{path}", timeout=30)
        assert answer.status_code == 200, (path, answer.text)


def test_changes_are_refused_plainly(published: str) -> None:
    with httpx.Client(base_url=published, auth=WriterAuth()) as client:
        for answer in (
            client.post("/v1/sources", json={"kind": "paper", "title": "T"}),
            client.delete("/v1/claims/r1-12", params={"reason": "x"}, headers={"If-Match": '"1-0123456789abcdef"'}),
            client.post("/v1/imports", params={"format": "jsonl"}, content=b""),
            httpx.post(f"{published}/v1/sources", json={"kind": "paper", "title": "T"}),
        ):
            problem: Any = answer.json()
            assert (answer.status_code, problem["code"]) == (403, "forbidden")
            assert "read-only" in problem["detail"]


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_user_without_rights_gets_the_same_answer_without_the_setting(kind: str, templates: Templates) -> None:
    url = templates.clone(kind)
    filled(url)
    database = open_database(unprivileged(url))
    with pytest.raises(Exception, match="may be read here, but not written"):
        database.write(lambda connection: connection.exec_driver_sql("DELETE FROM source"))
    database.close()


def test_a_file_in_a_folder_without_the_right_to_write_is_read(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = templates.clone("sqlite")
    filled(url)
    assert "immutable" not in str(sqlite._published(make_url(url)))
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "immutable=1" in str(sqlite._published(make_url(url)))
    database = Database(url, read_only=True)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM claim").scalar_one() == 89
    database.close()
