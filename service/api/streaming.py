"""Files that are sent as they are made, from one snapshot."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from anyio import CancelScope
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from service.errors import Unavailable

AT_ONCE = 4  # each holds a connection until its client has read everything


def streamed(
    request: Request, make: Callable[[], Iterator[str]], media_type: str, headers: Callable[[], dict[str, str]]
) -> Response:
    """Sends pieces as they are made. The first is made before the status is sent, so that its errors are reported, and
    the headers can depend on it.
    """
    pieces = _within_slot(make, request.app.state.exports)
    first = next(pieces, "")
    return StreamingResponse(_sent(first, pieces), headers=headers(), media_type=media_type)


def _within_slot(make: Callable[[], Iterator[str]], slots: Any) -> Iterator[str]:
    if not slots.acquire(blocking=False):
        raise Unavailable("Too many files are being sent at once. Try again in a moment.")
    try:
        yield from make()
    finally:
        slots.release()


async def _sent(first: str, pieces: Iterator[str]) -> AsyncIterator[str]:
    try:
        async for piece in iterate_in_threadpool(itertools.chain([first], pieces)):
            yield piece
    finally:
        # also after a disconnect: ends the snapshot and frees the connection
        with CancelScope(shield=True):
            await run_in_threadpool(pieces.close)  # type: ignore[attr-defined]
