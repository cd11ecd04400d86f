"""Cheap polling: an answer that hangs on what is stored alone says so by a weak ETag, and is not made anew for who
has it, until something changes.

The tag is the number of the last change and a digest of its time (a restored database counts anew) and of what was
asked. It is read before the answer is made, so that
an answer may be newer than its tag, never older.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from service.api import deps
from service.db.engine import Database
from service.store import history

LIVE = 5  # seconds for which a chart or a table may be kept without asking
_PAST = 3_600  # the same as of a day that is over: only what is put on record late can change that
_MOST_ANSWERS = 2_000
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
    headers = await run_in_threadpool(_headers, request, seconds)
    if _has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    found = await handle(request)
    if found.status_code == 200:
        found.headers.update(headers)
    return found


def answer_kept(request: Request, make: Callable[[], Response], seconds: int) -> Response:
    """The same in a thread; and what was answered before under the same tag is answered again."""
    headers = _headers(request, seconds)
    if _has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    answers: Kept = request.app.state.answers
    key = deps.reading(request), headers["ETag"]
    known = answers.find(key)
    if known is not None:
        return Response(known.body, headers={**known.headers, **headers})
    found = make()
    if found.status_code == 200:
        answers.keep(key, Answer(bytes(found.body), dict(found.headers)))
        found.headers.update(headers)
    return found


Key = tuple[Database, str]


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    headers: dict[str, str]

    @property
    def size(self) -> int:
        """In bytes, with what is kept around it, more or less."""
        return len(self.body) + 1_000


class Kept:
    """The answers given last, by database and tag: the next change to anything stored gives every answer another tag,
    so none is out of date. Safe to share between threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._by_key: OrderedDict[Key, Answer] = OrderedDict()
        self._size = 0

    def find(self, key: Key) -> Answer | None:
        with self._lock:
            found = self._by_key.get(key)
            if found is not None:
                self._by_key.move_to_end(key)
            return found

    def keep(self, key: Key, answer: Answer) -> None:
        if answer.size > self._most // 8:
            return
        with self._lock:
            self._size += answer.size - (self._by_key[key].size if key in self._by_key else 0)
            self._by_key[key] = answer
            self._by_key.move_to_end(key)
            while self._size > self._most or len(self._by_key) > _MOST_ANSWERS:
                _, oldest = self._by_key.popitem(last=False)
                self._size -= oldest.size


def _headers(request: Request, seconds: int) -> dict[str, str]:
    return {"ETag": _tag(request), "Cache-Control": _kept(request, seconds)}


def _tag(request: Request) -> str:
    last, at = history.last(deps.reading(request))
    today = "" if request.url.path.startswith("/v1") else datetime.now(UTC).date()  # which pages link to
    asked = f"{request.app.state.build} {today} {at} {request.url.path}?{request.url.query}"
    digest = hashlib.sha256(asked.encode()).hexdigest()[:16]
    return f'W/"{last}-{digest}"'


def _has_it(request: Request, tag: str) -> bool:
    """Whether the client has the answer with this tag: one that was given out, so that what was asked for is there."""
    given = ",".join(request.headers.getlist("If-None-Match")).split(",")
    return tag in {f"W/{part.strip().removeprefix('W/')}" for part in given}


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
