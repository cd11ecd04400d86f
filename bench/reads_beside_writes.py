"""Readers of many different comparisons while one claim is written each second, so that the response cache is emptied
again and again: answers a second, and how long one takes.
"""

import asyncio
import http.client
import itertools
import json
import statistics
import threading
import time
import urllib.request
from contextlib import closing

from bench import writes
from bench.contenders import LIMIT, OURS, Contender
from bench.driver import answers

READERS, COMPARISONS = 8, 200
Found = dict[str, dict[str, float]]  # by contender: rate per second, median and 95th percentile in ms


def measure(contenders: list[Contender], seconds: float) -> Found:
    """Rates and latencies of the service and of the limit, over the same comparisons and beside the same writes."""
    by_name = {one.name: one for one in contenders if one.name in (OURS, LIMIT)}
    port = by_name[OURS].port
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/comparisons?limit={COMPARISONS}") as answer:
        keys = [item["key"] for item in json.load(answer)["items"]]
    return {name: _measure(one, keys, port, seconds) for name, one in by_name.items()}


def _measure(one: Contender, keys: list[str], writer: int, seconds: float) -> dict[str, float]:
    ended = threading.Event()
    writing = threading.Thread(target=_write, args=(writer, ended))
    writing.start()
    try:
        took = asyncio.run(_read(one.port, [f"/v1/comparisons/{key}" for key in keys], seconds))
    finally:
        ended.set()
        writing.join()
    return {
        "rate": len(took) / seconds,
        "median": statistics.median(took) * 1e3,
        "p95": statistics.quantiles(took, n=20)[-1] * 1e3,
    }


def _write(port: int, ended: threading.Event) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as kept:
        while not ended.wait(1):
            writes.post_claim(kept)


async def _read(port: int, paths: list[str], seconds: float) -> list[float]:
    end = time.perf_counter() + seconds
    step = max(len(paths) // READERS, 1)  # readers begin at different comparisons
    turns = (itertools.chain(paths[n * step :], itertools.cycle(paths)) for n in range(READERS))
    took = await asyncio.gather(*(answers(port, turn, end) for turn in turns))
    return list(itertools.chain.from_iterable(took))
