"""Load over loopback: so many connections, kept open, each asking again as soon as it is answered."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, for how many seconds, over how many connections; with further headers, if any."""

    port: int
    path: str
    connections: int
    seconds: float
    headers: Mapping[str, str]


def rate(load: Load) -> float:
    """Answers a second. Raises RuntimeError for an answer that is neither 200 nor 304."""
    return asyncio.run(_rate(load))


async def _rate(load: Load) -> float:
    end = time.perf_counter() + load.seconds
    began = time.perf_counter()
    counts = await asyncio.gather(*(_connection(load, end) for _ in range(load.connections)))
    return sum(counts) / (time.perf_counter() - began)


async def _connection(load: Load, end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port, limit=2**24)
    more = "".join(f"{name}: {value}\r\n" for name, value in load.headers.items())
    request = f"GET {load.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode()
    answered = 0
    try:
        while time.perf_counter() < end:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            status = head.split(b" ", 2)[1]
            if status == b"200":
                await _body(reader, head)
            elif status != b"304":
                raise RuntimeError(f"{load.path} was answered {status.decode()}")
            answered += 1
    finally:
        writer.close()
    return answered


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    if length:
        await reader.readexactly(int(length))
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):  # in chunks
        await reader.readexactly(size + 2)
    await reader.readuntil(b"\r\n")
