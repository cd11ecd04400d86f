"""Reading request bodies: JSON, of limited size, within limited time, parsed exactly; or a file, kept in one."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.exceptions import HTTPException

from service.errors import TooLarge, TooSlow
from service.schemas.strict_json import parse_json

_SLOWEST = 50_000  # bytes a second of a file, after the first seconds
_MEDIA_TYPES = ("application/json", "application/merge-patch+json")


async def read_body(request: Request, most: int | None = None) -> None:
    """Reads the whole body, and keeps it where FastAPI looks for it.

    Raises TooSlow for one that does not arrive in time; TooLarge for one over the limit (the service's, or `most`
    where that is less).
    """
    limit = request.app.state.max_body_bytes
    try:
        async with asyncio.timeout(request.app.state.body_seconds):
            request._body = await _read(request, limit if most is None else min(limit, most))
    except TimeoutError:
        raise TooSlow("The body did not arrive in time.") from None


def parse_body(request: Request) -> None:
    """Raises Invalid for what is not strict JSON, HTTPException 415 for other media types."""
    content = request._body
    if not content:
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise HTTPException(415)
    request._json = parse_json(content)


@asynccontextmanager
async def received_file(request: Request) -> AsyncIterator[None]:
    """Keeps the body in a file without a name while the request is answered, at `request.state.file`.

    Raises TooLarge for one over the limit; TooSlow for one that comes slower than a poor connection; HTTPException 415
    for a form, in which the file would be wrapped.
    """
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


async def _read(request: Request, limit: int) -> bytes:
    """What is beyond the limit is left to the server, which throws it away, and the connection in the end."""
    _refuse_declared(request, limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _refuse_declared(request: Request, limit: int) -> None:
    declared = request.headers.get("content-length", "")
    if len(declared) > 15 or int(declared or 0) > limit:
        raise TooLarge(limit)
