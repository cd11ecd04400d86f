"""Who is measured: each a process of its own on the same data, asked at addresses of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COUNTERCLAIM = str(Path(sys.executable).with_name("counterclaim"))
OURS, UNCACHED, LIMIT, PLAIN, DATASETTE = (
    "counterclaim",
    "counterclaim, no cache",
    "the limit",
    "plain FastAPI and ORM",
    "Datasette, bare rows",
)
KEY = "ccl_" + "0b" * 16 + "_" + "5a" * 32  # of a database that is thrown away
NO_CACHE = {"COUNTERCLAIM_RESPONSE_CACHE_BYTES": "0"}
_QUIET = {"COUNTERCLAIM_RATE_LIMITS": "false", "COUNTERCLAIM_ACCESS_LOG": "false"}

WORKLOADS = {
    "one claim": "/v1/claims/claim-7",
    "50 claims": "/v1/claims?limit=50",
    "50 figures, filtered": "/v1/figures?metric=cost&basis=reported&limit=50",
    "comparison of 20 figures": "/v1/comparisons/model-0.cost",
    "disagreements, top 50": "/v1/disagreements?limit=50",
    "facet counts": "/v1/facets?field=basis",
    "search for a name": "/v1/search?q=model+777",
}
CONDITIONAL = {f"{name}, if changed": WORKLOADS[name] for name in ("50 claims", "comparison of 20 figures")}
_BARE = ("one claim", "50 claims", "50 figures, filtered", "comparison of 20 figures")
_OF_LIMIT = (*_BARE, "disagreements, top 50", "facet counts")


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    port: int
    pid: int
    paths: dict[str, str]  # by workload
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def memory(self) -> int:
        """The most that the process has held, in MiB; 0 if the system does not report it."""
        status = Path(f"/proc/{self.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


@contextmanager
def all_of(url: str, folder: Path, *, quick: bool = False, uncached: bool = True) -> Iterator[list[Contender]]:
    """All contenders on one database, ready; if quick, without Datasette."""
    with ExitStack() as stack:
        found = [stack.enter_context(ours(OURS, url, folder))]
        if uncached:
            found.append(stack.enter_context(ours(UNCACHED, url, folder, **NO_CACHE)))
        module = {"BENCH_DATABASE": url}
        limit = [sys.executable, "-m", "bench.limit"]
        found.append(stack.enter_context(_served(LIMIT, limit, module, {name: WORKLOADS[name] for name in _OF_LIMIT})))
        plain = [sys.executable, "-m", "bench.plain"]
        found.append(stack.enter_context(_served(PLAIN, plain, module, {name: WORKLOADS[name] for name in _BARE})))
        if url.startswith("sqlite") and not quick:
            found.append(stack.enter_context(_datasette(url.removeprefix("sqlite:///"), folder)))
        yield found


@contextmanager
def ours(name: str, url: str, folder: Path, **settings: str) -> Iterator[Contender]:
    key = folder / "key"
    key.write_text(KEY)
    settings |= {"COUNTERCLAIM_DATABASE_URL": url, "COUNTERCLAIM_BOOTSTRAP_KEY_FILE": str(key), **_QUIET}
    with _served(name, [COUNTERCLAIM, "serve"], settings, WORKLOADS | CONDITIONAL) as served:
        for workload, path in CONDITIONAL.items():
            with urllib.request.urlopen(f"http://127.0.0.1:{served.port}{path}") as answer:
                served.headers[workload] = {"If-None-Match": answer.headers["ETag"]}
        yield served


@contextmanager
def _served(name: str, command: list[str], settings: dict[str, str], paths: dict[str, str]) -> Iterator[Contender]:
    port = _free_port()
    environment = {**os.environ, **settings, "COUNTERCLAIM_PORT": str(port), "BENCH_PORT": str(port)}
    with _running(command, environment) as process:
        _wait(process, port, next(iter(paths.values())))
        yield Contender(name, port, process.pid, paths)


@contextmanager
def _datasette(file: str, folder: Path) -> Iterator[Contender]:
    """In an environment of its own. It shows bare rows, without figures and references."""
    place = folder / "datasette"
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "datasette"]
    subprocess.run(pip, check=True)
    port = _free_port()
    path = f"/{Path(file).stem}/claim.json?_size=50&_shape=array&_nocount=1"
    with _running([str(place / "bin" / "datasette"), "serve", file, "--port", str(port)], dict(os.environ)) as process:
        _wait(process, port, path)
        yield Contender(DATASETTE, port, process.pid, {"50 claims": path})


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60):
                return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read()[:500]!r}") from None
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
