"""The stream of changes: server-sent events for as long as somebody listens.

All listeners share one look at the last change, and listeners at the same place of the feed share one read, so that
hundreds of them cost little more than one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from fastapi import Request
from fastapi.sse import ServerSentEvent

from service.api import dependencies
from service.db.engine import Author, Database
from service.db.last_change import last_change
from service.domain.vocabulary import Role
from service.errors import ServiceError, Unauthenticated, Unavailable
from service.schemas.history import FeedQuery
from service.store.audit import history
from service.store.operations import keys

MOST_LISTENERS = 1_000  # on one process
_PAUSE = 0.5  # seconds between two looks at the last change
_AT_ONCE = 100  # changes
_KEY_CHECKED_EVERY = 30.0  # seconds


class Listener(NamedTuple):
    """What a listener may see and wants to."""

    database: Database
    caller: Author | None
    kinds: tuple[str, ...]
    names: bool

    @property
    def is_admin(self) -> bool:
        return self.caller is not None and self.caller.role is Role.ADMIN

    def same(self) -> Hashable:
        """Listeners with the same one receive the same events."""
        return id(self.database), self.is_admin, self.kinds, self.names


class Read(NamedTuple):
    events: list[ServerSentEvent]
    upto: int


@dataclass
class ChangeStream:
    """The listeners of one application."""

    listening: int = 0
    reads: dict[Hashable, asyncio.Task[Read]] = field(default_factory=dict)
    look: asyncio.Task[int] | None = None

    def admit(self) -> None:
        """Raises Unavailable if there are too many listeners."""
        if self.listening >= MOST_LISTENERS:
            raise Unavailable(f"{MOST_LISTENERS:,} listen already. Try again later, or ask /v1/changes now and then.")

    async def events(self, request: Request, listener: Listener, after: int) -> AsyncIterator[ServerSentEvent]:
        """Yields the changes after that one as they are made, until the client leaves, its key ends or the service
        shuts down.
        """
        self.listening += 1
        checked = time.monotonic()
        try:
            while not request.app.state.draining:
                found, upto = await self._shared_read(request, listener, after)
                for event in found:
                    yield event
                after = max(after, upto)
                if found:
                    continue
                await self._next_change(request, listener.database, after)
                if time.monotonic() - checked > _KEY_CHECKED_EVERY:
                    checked = time.monotonic()
                    if not await self._stands(request, listener):
                        return
        except ServiceError:
            return  # the database is away: the client connects again, with the last id that it has
        finally:
            self.listening -= 1

    async def _shared_read(self, request: Request, listener: Listener, after: int) -> Read:
        key = (listener.same(), after)
        task = self.reads.get(key)
        if task is None:
            read = request.app.state.turns.run(lambda: _events(listener, after))
            task = self.reads[key] = asyncio.create_task(read)
            task.add_done_callback(lambda _: self.reads.pop(key, None))
        return await asyncio.shield(task)

    async def _next_change(self, request: Request, database: Database, after: int) -> None:
        """Returns when there is a change after that one, or after a while."""
        for _ in range(20):
            if self.look is None or self.look.done():
                self.look = asyncio.create_task(self._look(request, database))
            if await asyncio.shield(self.look) > after or request.app.state.draining:
                return

    async def _look(self, request: Request, database: Database) -> int:
        await asyncio.sleep(_PAUSE)
        found: int = await request.app.state.turns.run(lambda: last_change(database).seq)
        return found

    async def _stands(self, request: Request, listener: Listener) -> bool:
        if listener.caller is None or listener.caller.id is None:
            return True
        key_id = listener.caller.id

        def check() -> bool:
            with listener.database.read() as connection:
                try:
                    keys.standing(connection, key_id)
                except Unauthenticated:
                    return False
                return True

        found: bool = await request.app.state.turns.run(check)
        return found


def _events(listener: Listener, after: int) -> Read:
    """The next events, and up to which change there are no others."""
    query = FeedQuery(after=after, limit=_AT_ONCE, kind=list(listener.kinds))
    last = last_change(listener.database).seq  # before the read, which sees at least as much
    with listener.database.read() as connection:
        found = history.feed(connection, query, for_admin=listener.is_admin, names=listener.names)
    events = [ServerSentEvent(raw_data=one.model_dump_json(), event="change", id=str(one.seq)) for one in found]
    return Read(events, found[-1].seq if found else last)


def listener_of(request: Request, kinds: list[str]) -> Listener:
    database = request.app.state.database  # never a replica, which may lag behind an id that a client has seen
    return Listener(database, request.state.caller, tuple(sorted(kinds)), dependencies.sees_names(request))
