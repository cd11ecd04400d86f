"""Ordinary clients beside attackers: their requests are answered, and not much later than usual."""

import itertools
import json
import random
import socket
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from tests.databases import Templates
from tests.faults.served import AUTHORIZED, Amount, Served
from tests.faults.test_soak import one_request
from tests.support import ADMIN

CLIENTS = 3
PAUSE = 0.05  # seconds between two requests of an ordinary client, as a person's or a dashboard's
BETWEEN = 0.1  # seconds between two attacks: a key may write 600 times a minute (the limit is off in these tests)
FIGURES = 1_500  # of one measurand
MAPPING = '[row]\nsubject = "' + "{a}" * 900 + '"\n' + '[[figure]]\nmetric = "M"\nvalue = "{b}"\nunit = "USD"\n' * 45

Attack = Callable[[Served, int], None]


def write_into_a_crowd(served: Served, number: int) -> None:
    """A figure of a measurand that has thousands."""
    stated = {"metric": "crowd", "basis": "reported", "qualifier": "exact", "value": str(number + 1), "unit": "USD"}
    body = {"source": "crowd", "claimant": "deepseek", "subject": "deepseek-r1", "statement": f"n {number}"}
    with served.client() as client:
        client.post("/v1/claims", json={**body, "figures": [stated]})


def read_a_crowd(served: Served, number: int) -> None:
    with served.client() as client:
        client.get("/v1/comparisons/deepseek-r1.crowd", params={"about_tolerance": f"0.{number % 400 + 10}"})


def import_and_hang_up(served: Served, number: int) -> None:
    """Small files that take long to read, whose clients do not wait for the end."""
    contents = [
        ({"format": "csv", "mapping": MAPPING, "mode": "partial"}, "a,b\n" + "x,1\n" * 1_000),
        ({"format": "csv", "mode": "partial"}, "\n" * 2_000_000),
        ({"format": "csv", "mapping": ".".join("a" * 9_000) + " = 1"}, "a\n"),
        ({"format": "jsonl"}, '{"type":"x"}\n' * 100_000),
    ]
    params, content = contents[number % len(contents)]
    try:
        with served.client(timeout=0.5) as client:
            client.post("/v1/imports", params=params, content=content)
    except httpx.TransportError:
        pass


def send_odd_requests(served: Served, number: int) -> None:
    names = json.dumps({f"n-{n}": n for n in range(70_000)}).encode()
    head = b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    authorized = b"Authorization: Bearer " + str(ADMIN).encode() + b"\r\n"
    sent = [
        head + authorized + b"Content-Length: %d\r\n\r\n" % len(names) + names,
        head + authorized + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + authorized + b"\r\n",
        head + b"Host: y\r\n\r\n",
    ][number % 4]
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        connection.sendall(sent)
        connection.recv(1_000)


ATTACKS: list[Attack] = [write_into_a_crowd, read_a_crowd, import_and_hang_up, send_odd_requests]


def repeat(attack: Attack, served: Served, stop: threading.Event) -> None:
    for number in itertools.count():
        if stop.is_set():
            return
        with suppress(OSError):
            attack(served, number)
        time.sleep(BETWEEN)


def measure(served: Served, seconds: float, wrong: list[str]) -> float:
    """Lets ordinary clients work, and returns the 95th percentile of their times."""
    times: list[float] = []
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        dice = random.Random(number)
        with served.client() as client:
            while time.monotonic() < end:
                began = time.monotonic()
                answer = one_request(client, dice)
                times.append(time.monotonic() - began)
                if answer.status_code >= 500:
                    wrong.append(f"{answer.request.method} {answer.request.url}: {answer.status_code}")
                time.sleep(PAUSE)

    clients = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return statistics.quantiles(times, n=20)[-1]


def prepare(served: Served) -> None:
    source = {"type": "source", "key": "crowd", "kind": "other", "title": "Crowd"}
    metric = {"type": "metric", "key": "crowd", "name": "Crowd", "unit": "USD"}
    stated = {"metric": "crowd", "basis": "estimated", "qualifier": "exact", "unit": "USD"}
    plain = {"type": "claim", "source": "crowd", "claimant": "deepseek", "subject": "deepseek-r1"}
    claims = [
        {**plain, "statement": f"c {number}", "figures": [{**stated, "value": str(number + 1)}]}
        for number in range(FIGURES)
    ]
    content = "".join(json.dumps(line) + "\n" for line in [source, metric, *claims])
    with served.client(timeout=120) as client:
        params = {"format": "jsonl", "mode": "partial"}
        result = client.post("/v1/imports", params=params, content=content, headers=AUTHORIZED).json()
    assert result["rejected_total"] == 0, result["rejected"][:3]


def test_ordinary_clients_are_served_beside_attackers(
    kind: str,
    templates: Templates,
    tmp_path: Path,
    amount: Amount,
    record_property: Callable[[str, object], None],
) -> None:
    """No server error, and at most three times their usual 95th percentile and a second; in the short form, with the
    time that a loaded machine takes.
    """
    seconds = amount(6, 600)
    with Served(templates.clone(kind, demo=True), tmp_path) as served:
        prepare(served)
        wrong: list[str] = []
        usual = measure(served, min(seconds, 30), wrong)
        stop = threading.Event()
        attackers = [threading.Thread(target=repeat, args=(attack, served, stop)) for attack in ATTACKS]
        for attacker in attackers:
            attacker.start()
        try:
            attacked = measure(served, seconds, wrong)
        finally:
            stop.set()
            for attacker in attackers:
                attacker.join(60)
        assert wrong == []
        record_property("95th percentile, usual and attacked, in seconds", (usual, attacked))
        assert attacked < 3 * usual + amount(5, 1), (usual, attacked)
