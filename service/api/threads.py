"""Reads in threads, few at a time.

Python runs one thread at a time, so that many at once only take it from each other: over eight connections three
threads answer a quarter more than thirty. A read that waits for others longer than it should goes ahead all the same,
lest some slow ones hold up all.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_AT_ONCE = {"sqlite": 3, "postgresql": 6}  # one that asks a server does not need Python while it waits
_MOST = 40
_PATIENCE = 0.02  # seconds


class Crew:
    """The threads of one application."""

    def __init__(self, dialect: str) -> None:
        self._threads = ThreadPoolExecutor(_MOST, "read")
        self._turns = asyncio.Semaphore(_AT_ONCE[dialect])

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """What `work` returns or raises."""
        has_turn = await self._turn()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            if has_turn:
                self._turns.release()

    async def _turn(self) -> bool:
        """Whether one came soon enough."""
        if not self._turns.locked():
            return await self._turns.acquire()
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._turns.acquire()
        except TimeoutError:
            return False

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
