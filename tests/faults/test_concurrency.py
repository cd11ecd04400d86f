"""Many writers at once: nothing is lost, nothing is done twice, and no reader of the feed misses anything."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.served import Amount, Served

RECORD = {"key": "counter", "kind": "other", "name": "Counter", "description": "0"}


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Any:
    with Served(database_url, tmp_path) as running:
        yield running


def at_once(times: int, work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work, range(times)))


def test_conditional_increments_lose_nothing(served: Served, amount: Amount) -> None:
    writers, each = amount(8, 16), amount(20, 200)
    seen: Counter[int] = Counter()

    def increment(_: int) -> None:
        with served.client() as client:
            done = 0
            while done < each:
                read = client.get("/v1/entities/counter")
                value = int(read.json()["description"]) + 1
                answer = client.patch(
                    "/v1/entities/counter", json={"description": str(value)}, headers={"If-Match": read.headers["ETag"]}
                )
                seen[answer.status_code] += 1
                done += answer.status_code == 200

    with served.client() as client:
        assert client.post("/v1/entities", json=RECORD).status_code == 201
        at_once(writers, increment)
        assert set(seen) == {200, 412}, seen
        final = client.get("/v1/entities/counter").json()
        assert int(final["description"]) == seen[200] == writers * each
        versions = [change["version"] for change in served.every("/v1/entities/counter/history")]
        assert versions == list(range(final["version"], 0, -1))
        assert final["version"] == writers * each + 1


def test_one_key_many_times_at_once_makes_one_record(served: Served, amount: Amount) -> None:
    keys, times = amount(20, 200), 20
    body = {"kind": "paper", "title": "The same paper"}
    with ThreadPoolExecutor(times) as pool, served.client(limits=httpx.Limits(max_connections=times)) as client:
        for number in range(keys):
            headers = {"Idempotency-Key": f"key-{number}"}

            def send(_: int, headers: dict[str, str] = headers) -> httpx.Response:
                return client.post("/v1/sources", json=body, headers=headers)

            answers = list(pool.map(send, range(times)))
            assert {answer.status_code for answer in answers} <= {201, 409}
            made = [answer for answer in answers if answer.status_code == 201]
            assert len({answer.json()["id"] for answer in made}) == 1
            assert sum("Idempotency-Replayed" not in answer.headers for answer in made) == 1
        assert len(served.every("/v1/sources")) == keys


def test_a_reader_of_the_feed_beside_writers_misses_nothing_and_sees_nothing_twice(
    served: Served, amount: Amount
) -> None:
    writers, each = 8, amount(25, 250)
    acknowledged: list[str] = []
    seen: list[tuple[int, str]] = []
    done = threading.Event()

    def write(number: int) -> None:
        with served.client() as client:
            for index in range(each):
                body = {"key": f"s-{number}-{index}", "kind": "paper", "title": "T"}
                answer = client.post("/v1/sources", json=body)
                assert answer.status_code == 201, answer.text
                acknowledged.append(answer.json()["id"])

    def follow() -> None:
        after = 0
        with served.client() as client:
            while True:
                finished = done.is_set()
                page = client.get("/v1/changes", params={"after": after, "limit": 7}).json()
                seen.extend((change["seq"], change["record_id"]) for change in page["items"])
                after = page["next_after"]
                if finished and not page["items"]:
                    return

    reader = threading.Thread(target=follow)
    reader.start()
    at_once(writers, write)
    done.set()
    reader.join(60)
    assert [seq for seq, _ in seen] == sorted({seq for seq, _ in seen})
    assert sorted(record_id for _, record_id in seen) == sorted(acknowledged)


def test_a_part_and_its_whole_that_are_written_at_once_know_of_each_other(served: Served, amount: Amount) -> None:
    rounds = amount(10, 100)
    scopes = [{"key": "full", "name": "Full"}, {"key": "part", "name": "Part", "part_of": "full"}]
    with served.client() as client:
        client.post("/v1/metrics", json={"key": "cost", "name": "Cost", "unit": "USD", "scopes": scopes})
        client.post("/v1/sources", json={"key": "paper", "kind": "paper", "title": "A paper"})
        for number in range(rounds):
            client.post("/v1/entities", json={"key": f"model-{number}", "kind": "model", "name": f"Model {number}"})
            both_ready = threading.Barrier(2)

            def claim(place: int, subject: str = f"model-{number}", ready: threading.Barrier = both_ready) -> int:
                scope, value = (("full", "1"), ("part", "2"))[place]
                stated = {"metric": "cost", "unit": "USD", "basis": "reported", "qualifier": "exact"}
                body = {"source": "paper", "claimant": subject, "subject": subject, "statement": scope}
                ready.wait(5)
                figures = [stated | {"scope": scope, "value": value}]
                return client.post("/v1/claims", json=body | {"figures": figures}).status_code

            assert at_once(2, claim) == [201, 201]
        found = {item["subject"]["key"] for item in served.every("/v1/disagreements", kind="part_exceeds_whole")}
        assert found == {f"model-{number}" for number in range(rounds)}
