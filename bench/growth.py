"""What requests cost on much data beside what they cost on less: two processes of the service, each on its database."""

import json
import statistics
import urllib.request
from pathlib import Path
from typing import Any

from bench import writes
from bench.contenders import NO_CACHE, WORKLOADS, Contender, ours
from bench.driver import Load, rate

_PAGE = 200
_WRITTEN = 3  # times: what is written once may meet a checkpoint
_LISTS = {
    "50 claims, least selective filter": "/v1/claims?claimant_role=unknown&limit=50",
    "50 figures, least selective filter": "/v1/figures?basis=reported&basis=estimated&limit=50",
    "50 figures of a scope": "/v1/figures?scope=full&limit=50",
    "50 comparisons": "/v1/comparisons?limit=50",
    "50 comparisons of a scope": "/v1/comparisons?scope=part&limit=50",
    "50 comparisons, filtered": "/v1/comparisons?agreement=conflict&limit=50",
}


def measure(
    urls: tuple[str, str], figures: tuple[int, int], folder: Path, rounds: int, seconds: float
) -> dict[str, Any]:
    (small, large), (smaller, larger) = urls, figures
    with ours("small", small, folder, **NO_CACHE) as few, ours("large", large, folder, **NO_CACHE) as many:
        costs: dict[str, dict[str, float] | None] = {}
        paths = {name: (path, path) for name, path in (WORKLOADS | _LISTS).items()}
        paths["50 claims, deep in the list"] = (_deep(few, smaller), _deep(many, larger))
        for workload, pair in paths.items():
            costs[workload] = _cost((few, many), pair, rounds, seconds)
        written: list[dict[str, list[float]]] = [{}, {}]
        for _ in range(_WRITTEN):
            for found, one, url in zip(written, (few, many), urls, strict=True):
                for name, took in writes.measure(one.port, url, folder, 100).items():
                    found.setdefault(name, []).append(took)
        memory = {"small": few.memory(), "large": many.memory()}
    for name in ("create", "import"):
        fast, slow = (statistics.median(found[name]) for found in written)
        shown = {"create": "create a claim with three figures", "import": "import 2,000 claims"}[name]
        costs[shown] = {"small": fast, "large": slow, "ratio": slow / fast}
    return {"against": smaller, "costs": costs, "memory": memory}


def _cost(
    servers: tuple[Contender, Contender], paths: tuple[str, str], rounds: int, seconds: float
) -> dict[str, float] | None:
    """None where the larger one does not answer within a round, or answers that it would take too long."""
    rates: list[list[float]] = [[], []]
    try:
        for one, path in zip(servers, paths, strict=True):  # pages of the file come into memory first
            rate(Load(one.port, path, 1, 1))
        for _ in range(rounds):
            for one, path, found in zip(servers, paths, rates, strict=True):
                found.append(rate(Load(one.port, path, 1, seconds)))
    except RuntimeError:
        return None
    fast, slow = statistics.median(rates[0]), statistics.median(rates[1])
    if slow == 0:
        return None
    return {"small": 1 / fast, "large": 1 / slow, "ratio": fast / slow}


def _deep(one: Contender, figures: int) -> str:
    """The address of a page half way down the list of claims."""
    path = f"/v1/claims?limit={_PAGE}"
    for _ in range(max(figures // 2 // _PAGE, 1)):
        path = f"/v1/claims?limit={_PAGE}&cursor={_get(one, path)['next_cursor']}"
    return path.replace(f"limit={_PAGE}", "limit=50")


def _get(one: Contender, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{one.port}{path}", timeout=600) as answer:
        return json.load(answer)
