"""Cheap polling: an answer that hangs on what is stored alone says so by a weak ETag, and is not made anew for who
has it, until something changes.

The tag is the number of the last change and a digest of what was asked. It is read before the answer is made, so that
an answer may be newer than its tag, never older.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from service.db.engine import Database
from service.store import history

LIVE = 5  # seconds for which a chart or a table may be kept without asking
_PAST = 3_600  # the same as of a day that is over: only what is put on record late can change that
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Answer 304 if nothing has changed since the answer with this ETag.",
    "schema": {"type": "string"},
}
HEADERS = {
    "ETag": {"description": "Weak: the last change, and what was asked.", "schema": {"type": "string"}},
}


def document(options: dict[str, Any]) -> None:
    """Tells of the tag in the OpenAPI document of a route with these options."""
    responses = dict(options.get("responses") or {})
    whole = dict(responses.get(200) or {})
    responses[200] = whole | {"headers": HEADERS | whole.get("headers", {})}
    responses[304] = {"description": "Not changed since."}
    extra = dict(options.get("openapi_extra") or {})
    extra["parameters"] = [*extra.get("parameters", []), _IF_NONE_MATCH]
    options |= {"responses": responses, "openapi_extra": extra}


async def answer(request: Request, handle: Callable[[Request], Awaitable[Response]], seconds: int) -> Response:
    """What `handle` answers, with its tag; 304 to who has it. It may be kept for so many seconds."""
    today = "" if request.url.path.startswith("/v1") else datetime.now(UTC).date()  # which pages link to
    asked = f"{request.app.state.build} {today} {request.url.path}?{request.url.query}"
    tag = await run_in_threadpool(_tag, request.app.state.database, asked)
    headers = {"ETag": tag, "Cache-Control": _kept(request, seconds)}
    given = ",".join(request.headers.getlist("If-None-Match")).split(",")
    if tag in {
        f"W/{part.strip().removeprefix('W/')}" for part in given
    }:  # a tag that was given out, so what was asked for is there
        return Response(status_code=304, headers=headers)
    found = await handle(request)
    if found.status_code == 200:
        found.headers.update(headers)
    return found


def _tag(database: Database, asked: str) -> str:
    with database.read() as connection:
        last = history.last(connection)
    digest = hashlib.sha256(asked.encode()).hexdigest()[:16]
    return f'W/"{last}-{digest}"'


def _kept(request: Request, seconds: int) -> str:
    if _is_past(request.query_params.get("as_of", "")):
        seconds = _PAST
    whose = "private" if "authorization" in request.headers else "public"
    return f"{whose}, max-age={seconds}" if seconds else f"{whose}, no-cache"


def _is_past(day: str) -> bool:
    try:
        return date.fromisoformat(day) < datetime.now(UTC).date()
    except ValueError:
        return False
