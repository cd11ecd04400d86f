"""Answers about single records: the record, its ETag, and where it is."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Response
from fastapi.responses import JSONResponse

from service.api.deps import Writer
from service.api.problems import KINDS, MEDIA_TYPE
from service.db.engine import Database
from service.schemas.base import Head
from service.schemas.history import ChangePage, HistoryQuery
from service.store import history

B = TypeVar("B")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The failures of a route, for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": KINDS[status][1], "content": content} for status in sorted({*statuses, 422, 503})}


_ETAG = {"ETag": {"description": "`version-digest`", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "Where the record is.", "schema": {"type": "string"}}}
READ: dict[int | str, dict[str, Any]] = {
    200: {"headers": _ETAG},
    304: {"description": "Not changed since."},
    **problems(404),
}
CHANGE: dict[int | str, dict[str, Any]] = {200: {"headers": _ETAG}, **problems(404, 408, 409, 412, 413, 415, 428, 507)}
LIST = problems()


def created(model: type[Head]) -> dict[int | str, dict[str, Any]]:
    """The answers to the creation of such a record."""
    return {
        200: {"description": "Stored before, with the same content.", "headers": _ETAG, "model": model},
        201: {"headers": _ETAG | _LOCATION},
        **problems(408, 409, 413, 415, 507),
    }


_NUMBERS_ALIKE = json.JSONDecoder(parse_int=float)
_ORDERED = json.JSONEncoder(sort_keys=True)
LOCATED: dict[int | str, dict[str, Any]] = {201: {"headers": _LOCATION}}


def etag_of(record: dict[str, Any]) -> str:
    """A record can embed names that change without it, so its version alone does not say all. The digest is of
    what is said, whoever wrote it: numbers as numbers, fields in any order.
    """
    said = _ORDERED.encode(record)
    return f'"{record["version"]:.0f}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"'


def _parsed(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = _NUMBERS_ALIKE.decode(body.decode())
    return found


def written(body: bytes) -> Response:
    """What the database has written already."""
    return Response(body, media_type="application/json")


def record(found: Head | bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Of a record, or of what the database has written of it."""
    body = found if isinstance(found, bytes) else found.model_dump_json().encode()
    every = {"ETag": etag_of(_parsed(body)), **(headers or {})}
    return Response(body, status, every, "application/json")


def read(
    db: Database,
    kind: str,
    look: Callable[[Database, str], bytes],
    ref: str,
    if_none_match: str | None,
    recorded_as_of: datetime | None,
) -> Response:
    """The record, 304 if the client has it already, or the record as it stood at an earlier moment."""
    body = look(db, ref)
    if recorded_as_of is not None:
        now = _parsed(body)
        with db.snapshot() as connection:
            then = history.as_recorded(connection, kind, now["id"], recorded_as_of)
        return JSONResponse({name: then[name] for name in now if name in then})
    tag = etag_of(_parsed(body))
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    if "*" in known or tag in known:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag}, media_type="application/json")


def versions(db: Database, kind: str, look: Callable[[Any, str], Head], ref: str, query: HistoryQuery) -> ChangePage:
    """The versions of a record, newest first."""
    with db.snapshot() as connection:
        return history.of_record(connection, kind, look(connection, ref).id, query)


def create(
    write: Writer, collection: str, body: B, make: Callable[[Any, B], Any], look: Callable[[Any, str], bytes]
) -> Response:
    """201 for a new record; 200 for one that was stored before with the same content."""

    def work(connection: Any) -> Response:
        made = make(connection, body)
        found = look(connection, made.id)
        return record(found, 201 if made.is_new else 200, {"Location": f"/v1/{collection}/{made.id}"})

    return write.answer(work)
