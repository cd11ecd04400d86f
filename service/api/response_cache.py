"""The response cache keeps responses that depend only on stored data, until any stored data changes.

Each such response has a weak ETag: the number of the last change, and a digest of its time (a restored database counts
from the start again), of the build, of the hour, and of the request's URL. The last change is read before the response
is made, so a response can be newer than its tag, never older. A client that has the tag gets 304.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fastapi import Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from service.api import dependencies
from service.db.engine import Database
from service.db.last_change import LastChange, last_change

LIVE = 5  # seconds for which clients may keep a chart or a table without revalidation
_MAX_RESPONSES = 2_000
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Answer 304 if nothing has changed since the answer with this ETag.",
    "schema": {"type": "string"},
}
HEADERS = {
    "ETag": {
        "description": "Names this answer. Send it as If-None-Match; of a record, as If-Match to change it.",
        "schema": {"type": "string"},
    },
}

Handler = Callable[[Request], Awaitable[Response]]


def document(options: dict[str, Any]) -> None:
    """Adds the ETag to the OpenAPI options of a route."""
    responses = dict(options.get("responses") or {})
    whole = dict(responses.get(200) or {})
    responses[200] = whole | {"headers": HEADERS | whole.get("headers", {})}
    responses[304] = {"description": "Not changed since."}
    extra = dict(options.get("openapi_extra") or {})
    extra["parameters"] = [*extra.get("parameters", []), _IF_NONE_MATCH]
    options |= {"responses": responses, "openapi_extra": extra}


class Key(NamedTuple):
    database: Database
    url: str
    audience: str


@dataclass(frozen=True, slots=True)
class CachedResponse:
    tag: str
    body: bytes
    headers: dict[str, str]

    @property
    def size(self) -> int:
        """The size in bytes, with a fixed allowance for Python's overhead."""
        return len(self.body) + 1_000


class ResponseCache:
    """The most recently used responses, one per URL. Each change gives every response a new tag, so those of earlier
    tags are out of date. Thread-safe. `max_bytes` limits their total size.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._by_key: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._size = 0

    def get(self, key: Key, tag: str) -> CachedResponse | None:
        with self._lock:
            found = self._by_key.get(key)
            if found is None or found.tag != tag:
                return None
            self._by_key.move_to_end(key)
            return found

    def put(self, key: Key, response: CachedResponse) -> None:
        if response.size > self._max_bytes // 8:
            return
        with self._lock:
            self._size += response.size - (self._by_key[key].size if key in self._by_key else 0)
            self._by_key[key] = response
            self._by_key.move_to_end(key)
            while self._size > self._max_bytes or len(self._by_key) > _MAX_RESPONSES:
                _, oldest = self._by_key.popitem(last=False)
                self._size -= oldest.size

    async def respond(self, request: Request, make: Handler, seconds: int, audience: str) -> Response:
        """Returns the cached response, or the one that `make` returns; 304 to a client that has it. Clients may keep it
        for `seconds` without revalidation. `audience` distinguishes callers who see different content.
        """
        database, last = await request.app.state.turns.run(lambda: _look(request))
        key, tag = Key(database, f"{request.url.path}?{request.url.query}", audience), _tag(request, last, audience)
        headers = {"ETag": tag, "Cache-Control": _cache_control(request, seconds)}
        if _has_tag(request, tag):
            return Response(status_code=304, headers=headers)
        cached = self.get(key, tag)
        if cached is not None:
            return Response(cached.body, headers={**cached.headers, **headers})
        async with request.app.state.turns.reader():
            response = await make(request)
        if response.status_code == 200:
            if not isinstance(response, StreamingResponse | FileResponse):  # which are sent as they are made
                self.put(key, CachedResponse(tag, bytes(response.body), dict(response.headers)))
            response.headers.update(headers)
        return response


def _look(request: Request) -> tuple[Database, LastChange]:
    """Returns the database that serves this request, and its last change."""
    database = dependencies.reading(request)
    return database, last_change(database)


def _tag(request: Request, last: LastChange, audience: str) -> str:
    moment = _moment(request)
    if moment is not None and moment <= last.moment:  # what was on record then stays
        asked = f"{request.app.state.build} {audience} {request.url.path}?{request.url.query}"
        return f'W/"then-{hashlib.sha256(asked.encode()).hexdigest()[:16]}"'
    now = datetime.now(UTC)  # the hour: changes by SQL, which are not recorded, become visible with the next one
    asked = f"{request.app.state.build} {now:%Y-%m-%dT%H} {last.at} {audience} {request.url.path}?{request.url.query}"
    return f'W/"{last.seq}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}"'


def _moment(request: Request) -> datetime | None:
    """The moment in the past that is asked about. Only the API's answers are of the past in every part."""
    given = request.query_params.get("recorded_as_of")
    if given is None or not request.url.path.startswith("/v1/"):
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _has_tag(request: Request, tag: str) -> bool:
    given = ",".join(request.headers.getlist("If-None-Match")).split(",")
    return tag in {f"W/{part.strip().removeprefix('W/')}" for part in given}


def _cache_control(request: Request, seconds: int) -> str:
    audience = "private" if "authorization" in request.headers else "public"
    return f"{audience}, max-age={seconds}" if seconds else f"{audience}, no-cache"
