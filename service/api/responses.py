"""Responses about single records: the record, its ETag and its location."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from service.api.dependencies import Writer
from service.api.problems import KINDS, MEDIA_TYPE
from service.api.response_cache import HEADERS as _ETAG
from service.db.engine import Database
from service.schemas.base import Head
from service.schemas.history import ChangePage, HistoryQuery
from service.store.audit import history
from service.store.comparisons.summary import refresh_summaries
from service.store.lists.pagination import RecordList
from service.store.records.projection import Projection, Readable, Stored

B = TypeVar("B")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the error responses of a route, for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": KINDS[status][1], "content": content} for status in sorted({*statuses, 422, 503})}


_LOCATION = {"Location": {"description": "Where the record is.", "schema": {"type": "string"}}}
READ: dict[int | str, dict[str, Any]] = {
    200: {"headers": _ETAG},
    304: {"description": "Not changed since."},
    **problems(404),
}
CHANGE: dict[int | str, dict[str, Any]] = {200: {"headers": _ETAG}, **problems(404, 408, 409, 412, 413, 415, 428, 507)}
LIST = problems()


def created(model: type[Head]) -> dict[int | str, dict[str, Any]]:
    """Returns the responses to the creation of such a record, for the OpenAPI document."""
    return {
        200: {"description": "Stored before, with the same content.", "headers": _ETAG, "model": model},
        201: {"headers": _ETAG | _LOCATION},
        **problems(408, 409, 413, 415, 507),
    }


LOCATED: dict[int | str, dict[str, Any]] = {201: {"headers": _LOCATION}}


def json_response(body: bytes) -> Response:
    """Returns JSON that the database has already written."""
    return Response(body, media_type="application/json")


def listed(db: Database, records: RecordList[Any], query: BaseModel, sort: str | None = None) -> Response:
    """Returns one page of a list."""
    with db.read() as connection:
        return json_response(records.json(connection, query, sort))


def etag_of(found: Stored) -> str:
    """Returns the ETag. It has a digest, since a record can embed names that change without a new version."""
    return f'"{found.version}-{hashlib.sha256(found.json).hexdigest()[:16]}"'


def record(found: Stored, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(found.json, status, {"ETag": etag_of(found), **(headers or {})}, "application/json")


def read(
    db: Database,
    projection: Readable,
    ref: str,
    if_none_match: str | None,
    recorded_as_of: datetime | None,
) -> Response:
    """Returns the record, 304 if the client already has it, or the record as of an earlier moment."""
    if recorded_as_of is not None:
        with db.snapshot() as connection:
            found = projection.stored(connection, ref)
            then = history.as_recorded(connection, projection.kind, found.id, recorded_as_of)
        return JSONResponse({name: then[name] for name in json.loads(found.json) if name in then})
    with db.read() as connection:
        found = projection.stored(connection, ref)
    tag = etag_of(found)
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    if "*" in known or tag in known:
        return Response(status_code=304, headers={"ETag": tag})
    return record(found)


def versions(db: Database, projection: Readable, ref: str, query: HistoryQuery, *, names: bool) -> ChangePage:
    """Returns the versions of a record, newest first."""
    with db.snapshot() as connection:
        found = projection.stored(connection, ref)
        return history.of_record(connection, projection.kind, found.id, query, names=names)


def create(
    write: Writer, collection: str, body: B, make: Callable[[Any, B], Any], projection: Projection[Any]
) -> Response:
    """Returns 201 for a new record, 200 for one already stored with the same content."""

    def work(connection: Any) -> Response:
        made = make(connection, body)
        refresh_summaries(connection)  # which also converts amounts in other currencies
        found = projection.stored(connection, made.id)
        return record(found, 201 if made.is_new else 200, {"Location": f"/v1/{collection}/{made.id}"})

    return write.answer(work)


def change(write: Writer, projection: Projection[Any], work: Callable[[Any], str]) -> Response:
    """Returns the record that `work` has changed. `work` returns its id."""

    def changed(connection: Any) -> Response:
        record_id = work(connection)
        refresh_summaries(connection)
        return record(projection.stored(connection, record_id))

    return write.answer(changed)
