"""Side by side: this service, the limit of the stack, what most people write, and Datasette, on the same data.

Each is a process of its own, asked over loopback by the same driver; rounds are interleaved and medians taken, so that
what the machine does meanwhile falls on all alike. Only ratios within one run mean anything.

With --against, the same service on two sizes of data, and what each request costs on the larger one beside the smaller.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from bench import growth, reads_beside_writes, report, writes
from bench.contenders import NO_CACHE, OURS, ROOT, UNCACHED, Contender, all_of, ours
from bench.driver import NAME, Load, rate
from bench.filling import filled, server

CONNECTIONS = (1, 8)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--figures", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, without Datasette")
    parser.add_argument("--against", type=int, metavar="FIGURES", help="measure growth from so many figures instead")
    parser.add_argument("--folder", type=Path, help="where data is kept for the next run; else it is thrown away")
    chosen = parser.parse_args()
    rounds, seconds = (1, 1) if chosen.quick else (3, 1)
    with ExitStack() as stack:
        folder = (chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        place = stack.enter_context(server(chosen.database, folder))
        about = {
            "database": chosen.database,
            "figures": chosen.figures,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "driver": NAME,
            "commit": _commit(),
        }
        large = filled(place, chosen.figures, folder)
        if chosen.against:
            small = filled(place, chosen.against, folder)
            sizes = chosen.against, chosen.figures
            report.write_growth(about | growth.measure((small, large), sizes, folder, rounds, seconds))
        else:
            report.write(about | _compare(large, folder, rounds, seconds, quick=chosen.quick))
    return 0


def _compare(url: str, folder: Path, rounds: int, seconds: float, *, quick: bool) -> report.Result:
    with all_of(url, folder, quick=quick) as contenders:
        by_name = {one.name: one for one in contenders}
        rates = measure(contenders, rounds, seconds)
        beside_writes = reads_beside_writes.measure(contenders, 2 if quick else 10)
        workers = _workers(by_name[UNCACHED], url, folder, seconds)
        export = _export(by_name[OURS])
        written = writes.measure(by_name[OURS].port, url, folder, 50 if quick else 200)
        memory = {one.name: one.memory() for one in contenders}
    return {
        "rates": rates,
        "beside_writes": beside_writes,
        "workers": workers,
        "export_seconds": export,
        "writes": written,
        "memory": memory,
    }


def measure(contenders: list[Contender], rounds: int, seconds: float) -> report.Rates:
    """Answers a second, by workload, contender and number of connections."""
    taken: dict[tuple[str, str, int], list[float]] = {}
    workloads = list(dict.fromkeys(workload for one in contenders for workload in one.paths))
    for _ in range(rounds):
        for workload in workloads:
            for connections in CONNECTIONS:
                for one in contenders:
                    if workload in one.paths:
                        load = Load(one.port, one.paths[workload], connections, seconds, one.headers.get(workload, {}))
                        taken.setdefault((workload, one.name, connections), []).append(rate(load))
    found: report.Rates = {}
    for (workload, name, connections), rates in taken.items():
        found.setdefault(workload, {}).setdefault(name, {})[str(connections)] = statistics.median(rates)
    return found


def _workers(first: Contender, url: str, folder: Path, seconds: float) -> dict[str, float]:
    """Lists of claims a second by one process and by two, each with its own connections, as behind a proxy."""
    with ours("second", url, folder, **NO_CACHE) as second:
        alone, both = [], []
        for _ in range(3):
            alone.append(_together([first], seconds))
            both.append(_together([first, second], seconds))
    return {"one": statistics.median(alone), "two": statistics.median(both)}


def _together(servers: list[Contender], seconds: float) -> float:
    found: list[float] = []

    def ask(one: Contender) -> None:
        found.append(rate(Load(one.port, one.paths["50 claims"], 4, seconds)))

    threads = [threading.Thread(target=ask, args=(one,)) for one in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(found)


def _export(one: Contender) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{one.port}/v1/export.jsonl", timeout=3600) as answer:
        while answer.read(2**20):
            pass
    return time.perf_counter() - began


def _commit() -> str:
    output = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return output.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
