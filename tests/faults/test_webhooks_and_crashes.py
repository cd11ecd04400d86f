"""kill -9 while events are being delivered: none is lost, none overtakes another, and each has one id."""

import itertools
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from service.db.engine import Database
from tests.faults.served import Amount, Served
from tests.outbound.receiver import Receiver, receiving

_ALLOWED = {"COUNTERCLAIM_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}


def test_no_event_is_lost_or_overtaken(database: Database, database_url: str, tmp_path: Path, amount: Amount) -> None:
    served = Served(database_url, tmp_path, _ALLOWED)
    numbers = itertools.count()

    def write() -> None:
        with served.client(timeout=5) as client:
            while True:
                body = {"kind": "other", "key": f"e-{next(numbers)}", "name": "Entity"}
                try:
                    client.post("/v1/entities", json=body)
                    time.sleep(0.05)  # no faster than they are delivered
                except httpx.TransportError:
                    return

    with receiving() as receiver:
        try:
            served.start()
            with served.client() as client:
                made = client.post("/v1/subscriptions", json={"url": receiver.url, "kinds": ["entity"]})
                assert made.status_code == 201, made.text
            for _ in range(amount(2, 50)):
                before, writers = len(receiver.received), [threading.Thread(target=write) for _ in range(3)]
                for thread in writers:
                    thread.start()
                receiver.wait_for(before + 5, seconds=30)  # the lease of the killed process has to end first
                time.sleep(random.uniform(0, 0.5))
                served.kill()
                for thread in writers:
                    thread.join(20)
                served.start()
            with served.client() as client:
                expected = [f"evt_{seq}" for seq in _entities(client)]
            receiver.wait_for(len(expected), seconds=120)
            _until_all(receiver, expected)
        finally:
            served.kill()
    in_order = [event for event, _ in itertools.groupby(receiver.ids)]  # one sent twice follows itself
    assert in_order == expected


def _entities(client: httpx.Client) -> Iterator[int]:
    """The numbers of the changes of entities, in the order of the feed."""
    after = 0
    while True:
        page = client.get("/v1/changes", params={"kind": "entity", "limit": 200, "after": after}).json()
        if not page["items"]:
            return
        yield from (one["seq"] for one in page["items"])
        after = page["next_after"]


def _until_all(receiver: Receiver, expected: list[str]) -> None:
    ends = time.monotonic() + 60
    while receiver.ids[-1] != expected[-1] and time.monotonic() < ends:
        time.sleep(0.1)
