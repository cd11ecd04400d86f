"""Hours in short: under mixed load neither memory nor descriptors grow."""

import random
import statistics
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.databases import Templates
from tests.faults.served import Served

MINUTES = 10
CLIENTS = 8
READS = [
    "/v1/claims?limit=50",
    "/v1/figures?metric=training-cost",
    "/v1/comparisons/deepseek-r1.training-cost.on-top-of-base",
    "/v1/disagreements",
    "/v1/claims/r1-12",
    "/v1/changes?limit=20",
    "/v1/sources?text=deepseek",
    "/v1/nothing",
    "/v1/claims?cursor=forged",
    "/metrics",
]


@pytest.mark.long
def test_memory_and_descriptors_stay_flat(kind: str, templates: Templates, tmp_path: Path) -> None:
    with Served(templates.clone(kind, demo=True), tmp_path) as served:
        stop = threading.Event()
        wrong: list[str] = []
        clients = [threading.Thread(target=load, args=(served, stop, wrong, number)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        samples: list[tuple[float, int]] = []
        for _ in range(MINUTES * 12):
            time.sleep(5)
            samples.append(usage(served))
        stop.set()
        for client in clients:
            client.join(30)
        assert wrong == []
        # the first minutes fill caches and pools; from then on
        early, late = samples[len(samples) // 4 : len(samples) // 2], samples[-len(samples) // 4 :]
        memory = [statistics.median(m for m, _ in part) for part in (early, late)]
        descriptors = [max(d for _, d in part) for part in (early, late)]
        assert memory[1] < memory[0] * 1.05 + 2, samples
        assert descriptors[1] <= descriptors[0] + 10, samples
        assert memory[1] < 200, samples


def load(served: Served, stop: threading.Event, wrong: list[str], number: int) -> None:
    dice = random.Random(number)
    while not stop.is_set():
        with served.client() as client:  # a new connection now and then
            for _ in range(200):
                if stop.is_set():
                    return
                answer = one_request(client, dice)
                if answer.status_code >= 500:
                    wrong.append(f"{answer.request.url}: {answer.status_code}")


def one_request(client: httpx.Client, dice: random.Random) -> httpx.Response:
    kind = dice.random()
    if kind < 0.8:
        return client.get(dice.choice(READS))
    body = {"kind": "other", "title": f"T {dice.random()}"}
    if kind < 0.9:
        return client.post("/v1/sources", json=body, headers={"Idempotency-Key": str(dice.random())})
    key = f"changing-{dice.randrange(20)}"
    read = client.get(f"/v1/sources/{key}")
    if read.status_code == 404:
        return client.post("/v1/sources", json={**body, "key": key})
    return client.patch(f"/v1/sources/{key}", json=body, headers={"If-Match": read.headers["ETag"]})


def usage(served: Served) -> tuple[float, int]:
    """Resident memory in MB, and open descriptors."""
    return served.count("process_resident_memory_bytes") / 1e6, int(served.count("process_open_fds"))
