"""Databases and servers for the tests: both kinds of database are real, and so are the commits and the HTTP."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Dialect

from service.app import create_app
from service.cli.main import DEMO_COMPARISON
from service.config import AppSettings
from service.db.engine import Database
from service.server import server_for
from service.store.operations.database_setup import open_database
from tests.databases import Templates
from tests.support import ADMIN, Api, WriterAuth

REQUEST_SECONDS = 20.0
_LONGEST = "test_random_requests"  # begun first, so that nothing is left waiting for it at the end


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run also what takes longer than CI should")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if "long" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes longer than CI should; run with --long"))
    items.sort(key=lambda item: _LONGEST not in item.nodeid)


_compiled: dict[tuple[str, str], tuple[Dialect, dict[Any, Any]]] = {}


def _share_compiled(opened: Database) -> Database:
    """To compile statements anew for each test takes longer than to run them: as text they are the same for all."""
    for name, engine in (("writer", opened.writer), ("reader", opened.reader)):
        if (opened.dialect, name) not in _compiled:
            engine.connect().close()  # with the first connection a dialect learns what it talks to
        engine.dialect, cache = _compiled.setdefault((opened.dialect, name), (engine.dialect, {}))
        engine.update_execution_options(compiled_cache=cache)
    return opened


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return Templates(own, shared)


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(kind: str, templates: Templates) -> Iterator[str]:
    url = templates.clone(kind)
    yield url
    templates.give_back(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = _share_compiled(open_database(database_url))
    yield opened
    opened.close()


@pytest.fixture
def demo_database(kind: str, templates: Templates) -> Iterator[Database]:
    url = templates.clone(kind, demo=True)
    opened = _share_compiled(open_database(url))
    yield opened
    opened.close()
    templates.give_back(url, demo=True)


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
    url = templates.clone("sqlite")
    settings = AppSettings(database_url=url, access_log=False, rate_limits=False, home_comparison=DEMO_COMPARISON)
    app = create_app(settings)
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
