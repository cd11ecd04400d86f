"""Responses about single records: the record, its ETag and its location."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from service.api.dependencies import Writer
from service.api.problems import KINDS, MEDIA_TYPE
from service.api.response_cache import HEADERS as _ETAG
from service.db.engine import Database
from service.schemas.base import Head
from service.schemas.history import HistoryQuery
from service.schemas.types import format_time
from service.store.audit import history
from service.store.comparisons.summary import refresh_summaries
from service.store.lists.pagination import PageJson, RecordList
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
LINK = {
    "Link": {
        "description": "The next page (rel=next), and the address that keeps this answer (rel=bookmark).",
        "schema": {"type": "string"},
    }
}
LIST: dict[int | str, dict[str, Any]] = {200: {"headers": LINK}, **problems()}
LINKED: dict[int | str, dict[str, Any]] = {200: {"headers": LINK}, **problems(404)}


def created(model: type[Head]) -> dict[int | str, dict[str, Any]]:
    """Returns the responses to the creation of such a record, for the OpenAPI document."""
    return {
        200: {"description": "Stored before, with the same content.", "headers": _ETAG, "model": model},
        201: {"headers": _ETAG | _LOCATION},
        **problems(408, 409, 413, 415, 507),
    }


LOCATED: dict[int | str, dict[str, Any]] = {201: {"headers": _LOCATION}}


def computed(request: Request, body: bytes, moment: datetime | None) -> Response:
    """Returns a computed answer with its lasting address."""
    return Response(body, headers=links(request, moment=moment), media_type="application/json")


def links(request: Request, *, next_cursor: str | None = None, moment: datetime | None = None) -> dict[str, str]:
    """The header Link: the next page, and the address under which a computed answer stays as it is. `moment` is that of
    the last change in the snapshot from which it was computed.
    """
    shown = []
    if next_cursor is not None:
        shown.append(next_link(request, cursor=next_cursor))
    if moment is not None:
        shown.append(f'<{_with(request, recorded_as_of=format_time(moment))}>; rel="bookmark"')
    return {"Link": ", ".join(shown)} if shown else {}


def next_link(request: Request, **parameters: str) -> str:
    return f'<{_with(request, **parameters)}>; rel="next"'


def _with(request: Request, **parameters: str) -> str:
    url = request.url.include_query_params(**parameters)
    return f"{url.path}?{url.query}"


def page_response(request: Request, page: PageJson, moment: datetime | None = None) -> Response:
    """Returns one page of a list."""
    headers = links(request, next_cursor=page.next_cursor, moment=moment)
    return Response(page.body, headers=headers, media_type="application/json")


def listed(
    request: Request, db: Database, records: RecordList[Any], query: BaseModel, sort: str | None = None
) -> Response:
    """Returns one page of a list of records."""
    with db.read() as connection:
        return page_response(request, records.json(connection, query, sort))


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


def versions(
    request: Request, db: Database, projection: Readable, ref: str, query: HistoryQuery, *, names: bool
) -> Response:
    """Returns the versions of a record, newest first."""
    with db.snapshot() as connection:
        found = projection.stored(connection, ref)
        page = history.of_record(connection, projection.kind, found.id, query, names=names)
    return page_response(request, PageJson(page.model_dump_json().encode(), page.next_cursor))


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
