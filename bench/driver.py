"""Load over loopback: so many connections, kept open, each asking again as soon as it is answered.

wrk does it where it is installed; else asyncio does, in this process.
"""

import asyncio
import itertools
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

WRK = shutil.which("wrk")
NAME = "wrk" if WRK else "asyncio, in one process"
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, for how many seconds, over how many connections; with further headers, if any."""

    port: int
    path: str
    connections: int
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"


def rate(load: Load) -> float:
    """Answers a second. Raises RuntimeError for an answer that is neither 200 nor 304."""
    return _rate_of_wrk(WRK, load) if WRK else asyncio.run(_rate(load))


def _rate_of_wrk(wrk: str, load: Load) -> float:
    headers = [part for name, value in load.headers.items() for part in ("-H", f"{name}: {value}")]
    shape = ["-t", "1", "-c", str(load.connections), "-d", f"{max(round(load.seconds), 1)}s"]
    output = subprocess.run([wrk, *shape, *headers, load.url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx or 3xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{load.path}: {output}")
    found = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if found is None:
        raise RuntimeError(f"wrk said nothing of its rate: {output}")
    return float(found[1])


async def _rate(load: Load) -> float:
    began = time.perf_counter()
    end = began + load.seconds
    took = await asyncio.gather(
        *(answers(load.port, itertools.repeat(load.path), end, load.headers) for _ in range(load.connections))
    )
    return sum(map(len, took)) / (time.perf_counter() - began)


async def answers(port: int, paths: Iterator[str], end: float, headers: Mapping[str, str] = _NONE) -> list[float]:
    """Asks for the paths in turn over one connection, until `end`. Returns the seconds that each answer took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    took: list[float] = []
    try:
        while (began := time.perf_counter()) < end:
            path = next(paths)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            status = head.split(b" ", 2)[1]
            if status == b"200":
                await _body(reader, head)
            elif status != b"304":
                raise RuntimeError(f"{path} was answered {status.decode()}")
            took.append(time.perf_counter() - began)
    finally:
        writer.close()
    return took


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    if length:
        await reader.readexactly(int(length))
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):  # in chunks
        await reader.readexactly(size + 2)
    await reader.readuntil(b"\r\n")
