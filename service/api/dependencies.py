"""Dependencies of the routes: the database, the writer, and the versions that a change applies to."""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from service.db.engine import Author, Database
from service.db.last_change import last_change
from service.errors import Invalid, PreconditionRequired, ServiceError
from service.schemas.types import GivenTime, Text
from service.store.operations import idempotency, keys
from service.store.operations.idempotency import IdempotentRequest, StoredResponse

T = TypeVar("T")
_TAG = re.compile(r'\s*(?:"([0-9]{1,9})-[0-9a-f]{16}"|(?:W/)?"[^"]*")\s*')  # one of our strong ETags, or any other


POSITION = "Counterclaim-Position"
_POSITION = re.compile("[0-9]{1,18}")


async def database(request: Request) -> Database:
    """Returns the database that serves a read."""
    if request.app.state.replica is None or hasattr(request.state, "reads"):
        return reading(request)
    return await run_in_threadpool(reading, request)


async def primary(request: Request) -> Database:
    """Returns the primary, for reads that must not lag, such as keys."""
    found: Database = request.app.state.database
    return found


def reading(request: Request) -> Database:
    """Returns the replica if there is one and it has all that the client has already seen; else the primary. It is the
    same throughout a request, so that the ETag is not newer than the content.
    """
    if not hasattr(request.state, "reads"):
        state = request.app.state
        serves = state.replica is not None and state.replica.has(_position(request), state.database)
        request.state.reads = state.replica.database if serves else state.database
    found: Database = request.state.reads
    return found


def sees_names(request: Request) -> bool:
    """Returns whether the caller may see who holds a key: everybody with a key, and the public if it is set so."""
    return request.state.caller is not None or bool(request.app.state.public_actor_names)


def _position(request: Request) -> int:
    given = request.headers.get(POSITION, "0")
    if not _POSITION.fullmatch(given):
        detail = f"Send {POSITION} as a write was answered with it: a number."
        raise Invalid.at(f"/{POSITION}", detail, "header")
    return int(given)


async def changed_versions(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", max_length=1000, description="The ETag of the record as you read it. Required."),
    ] = None,
) -> frozenset[int]:
    """Returns the versions that the change applies to. Raises PreconditionRequired without If-Match, Invalid for a bad
    one.
    """
    if if_match is None:
        detail = "Send If-Match with the ETag of the record as you read it, so that no change is lost."
        raise PreconditionRequired.at("/If-Match", detail, "header")
    if if_match.strip() == "*":
        detail = "If-Match: * would overwrite changes unseen. Send the ETag of the record as you read it."
        raise Invalid.at("/If-Match", detail, "header")
    tags = [_TAG.fullmatch(part) for part in if_match.split(",")]
    if not all(tags):
        raise Invalid.at("/If-Match", 'If-Match has no ETag. Send it in quotes: "3-0f1e2d3c4b5a6978".', "header")
    return frozenset(int(tag[1]) for tag in tags if tag and tag[1])


@dataclass(frozen=True, slots=True)
class Writer:
    """Runs a change in a transaction, and records it in the history under this request's id."""

    request: Request
    once: IdempotentRequest | None = None

    @property
    def database(self) -> Database:
        found: Database = self.request.app.state.database
        return found

    @property
    def author(self) -> Author:
        found: Author = self.request.state.caller
        return found

    def __call__(self, work: Callable[[Any], T]) -> T:
        def unless_ended(connection: Any) -> T:
            if self.author.id is not None:
                keys.refuse_ended(connection, self.author.id)
            return work(connection)

        done = self.database.write(unless_ended, self.author)
        self._note_position()
        return done

    def _note_position(self) -> None:
        """Notes the position for clients that read from a replica next. Errors are ignored: the write is committed."""
        if self.request.app.state.replica is not None:
            with suppress(ServiceError):
                self.request.state.position = last_change(self.database).seq

    def answer(self, work: Callable[[Any], Response]) -> Response:
        """Returns the response of `work`, or the stored response if this idempotency key was used before."""
        once = self.once
        if once is None:
            return self(work)
        kept = self(lambda connection: idempotency.respond_once(connection, once, lambda c: _kept(work(c))))
        replayed = {"Idempotency-Replayed": "true"} if kept.replayed else {}
        return Response(kept.body, kept.status, kept.headers | replayed, "application/json")


def _kept(response: Response) -> StoredResponse:
    headers = {name: response.headers[name] for name in ("ETag", "Location") if name in response.headers}
    return StoredResponse(response.status_code, headers, bytes(response.body).decode())


async def writer(request: Request) -> Writer:
    return Writer(request)


async def poster(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern="^[!-~]+$",
            description="Any name of your own for this request. Sent again under it, the request is answered as it was"
            " the first time, and done once. Kept for 72 hours.",
        ),
    ] = None,
) -> Writer:
    """Returns a writer that runs a request once per Idempotency-Key, if one is sent."""
    plain = await writer(request)
    if idempotency_key is None:
        return plain
    said = [request.headers.get("If-Match", "").encode(), request._body]  # the body was read before, up to its limit
    digest = hashlib.sha256(b"\n".join(said)).hexdigest()
    once = IdempotentRequest(plain.author.id or "", request.method, request.url.path, idempotency_key, digest)
    return Writer(request, once)


Db = Annotated[Database, Depends(database)]
SeesNames = Annotated[bool, Depends(sees_names)]
Primary = Annotated[Database, Depends(primary)]
Write = Annotated[Writer, Depends(writer)]
Post = Annotated[Writer, Depends(poster)]
RecordedAsOf = Annotated[
    GivenTime | None,
    Query(
        description="Answer as of this moment, such as 2025-09-17T12:00:00Z. A version of a record counts from the `at`"
        " of its history on."
    ),
]
IfMatch = Annotated[frozenset[int], Depends(changed_versions)]
Reason = Annotated[Text, Query(max_length=1000, description="Why the record is withdrawn; it stays on record.")]
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=1000, description="Answer 304 if the record still has this ETag."),
]
