"""Turns: limits on concurrent requests of a kind. The others wait on the event loop, not in threads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from service.errors import Unavailable

T = TypeVar("T")
# Python runs one thread at a time: over eight connections, three threads answer 25% more requests than thirty. A
# thread that waits for a database server does not hold the interpreter.
_READERS = {"sqlite": 3, "postgresql": 6}
_READER_THREADS = 40
_READER_PATIENCE = 0.02  # seconds after which a read runs without a turn, so that slow reads do not block others
_WRITERS = 16
_IMPORTERS = 3  # file imports, from first byte to last row
_WRITER_PATIENCE = 5.0  # seconds after which a writer is refused


class Turns:
    """The turns of one application: for reads, writes and imports."""

    def __init__(self, dialect: str) -> None:
        self._readers = asyncio.Semaphore(_READERS[dialect])
        self._writers = asyncio.Semaphore(_WRITERS)
        self._importers = asyncio.Semaphore(_IMPORTERS)
        # `run_in_executor` takes half as long as Starlette's shared thread pool
        self._threads = ThreadPoolExecutor(_READER_THREADS, "read")

    async def run(self, work: Callable[[], T]) -> T:
        """Runs a short read in a thread, within a reader's turn."""
        async with self.reader():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[None]:
        has_turn = await self._reader_turn()
        try:
            yield
        finally:
            if has_turn:
                self._readers.release()

    async def _reader_turn(self) -> bool:
        if not self._readers.locked():
            return await self._readers.acquire()
        try:
            async with asyncio.timeout(_READER_PATIENCE):
                return await self._readers.acquire()
        except TimeoutError:
            return False

    @asynccontextmanager
    async def writer(self, *, imports: bool = False) -> AsyncIterator[None]:
        """Raises Unavailable if no turn is free in time."""
        turns = self._importers if imports else self._writers
        try:
            async with asyncio.timeout(_WRITER_PATIENCE):
                await turns.acquire()
        except TimeoutError:
            raise Unavailable("Too many writers at once. Try again in a moment.") from None
        try:
            yield
        finally:
            turns.release()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
