"""Reads request bodies: strict JSON of limited size within limited time, or a file, stored in a temporary file."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.from_thread
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from service.errors import TooLarge, TooSlow
from service.schemas.strict_json import parse_json

_SLOWEST = 50_000  # minimum bytes per second of a file, after the first seconds
_LARGE = 65_536  # bytes
_MOST_NAMES = 10_000  # of fields in a body; the largest valid one has a few thousand
_MEDIA_TYPES = ("application/json", "application/merge-patch+json")


async def read_body(request: Request, most: int | None = None) -> None:
    """Reads the whole body and stores it where FastAPI looks for it.

    Raises TooSlow if it does not arrive in time, TooLarge if it exceeds the limit (the service's, or `most` if that is
    lower).
    """
    limit = request.app.state.max_body_bytes
    _refuse_coded(request)
    try:
        async with asyncio.timeout(request.app.state.body_seconds):
            request._body = await _read(request, limit if most is None else min(limit, most))
    except TimeoutError:
        raise TooSlow("The body did not arrive in time.") from None


async def parse_body(request: Request) -> None:
    """Parses the body: a large one in a thread, so that others are answered meanwhile. Raises Invalid if it is not
    strict JSON, HTTPException 415 for other media types.
    """
    content = request._body
    if not content:
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise HTTPException(415)
    if len(content) <= _LARGE:
        request._json = parse_json(content, _MOST_NAMES)
    else:
        request._json = await run_in_threadpool(parse_json, content, _MOST_NAMES)


@asynccontextmanager
async def received_file(request: Request) -> AsyncIterator[None]:
    """Stores the body in an unnamed temporary file, at `request.state.file`, while the request is answered.

    Raises TooLarge if it exceeds the limit, TooSlow if it arrives slower than over a poor connection, and HTTPException
    415 for a form, which would wrap the file.
    """
    _refuse_coded(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith("multipart/"):
        raise HTTPException(415)
    limit = request.app.state.max_import_bytes
    _refuse_declared(request, limit)
    size = 0
    began = asyncio.get_running_loop().time()
    with tempfile.TemporaryFile() as file:
        try:
            async with asyncio.timeout(request.app.state.body_seconds) as clock:
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(limit)
                    file.write(chunk)
                    clock.reschedule(began + request.app.state.body_seconds + size / _SLOWEST)
        except TimeoutError:
            raise TooSlow("The file did not arrive in time.") from None
        request.state.file = file
        yield


def refuse_gone(request: Request) -> None:
    """Raises ClientDisconnect if the client has disconnected. For endpoints, which run in a thread."""
    if anyio.from_thread.run(request.is_disconnected):
        raise ClientDisconnect


async def _read(request: Request, limit: int) -> bytes:
    """Reads the body up to the limit. The server discards the rest, and eventually closes the connection."""
    _refuse_declared(request, limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _refuse_coded(request: Request) -> None:
    """Raises HTTPException 415 for a compressed body, which could grow beyond every limit."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise HTTPException(415, headers={"Accept-Encoding": "identity"})


def _refuse_declared(request: Request, limit: int) -> None:
    declared = request.headers.get("content-length", "")
    if len(declared) > 15 or int(declared or 0) > limit:
        raise TooLarge(limit)
