"""Opening the database, on either engine, and the three ways to use it.

`read`      one statement, committed on its own: no BEGIN and no ROLLBACK around it
`snapshot`  several statements that see one state
`write`     one transaction; the function's result is handed on only after the commit
"""

import importlib
import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from service.db.faults import as_service_error, is_collision
from service.errors import Invalid, Unavailable

__all__ = ["Author", "Connection", "Database", "sqlite_driver"]

log = logging.getLogger(__name__)
T = TypeVar("T")

# The first SQLite without the WAL-reset bug that can corrupt a database used by several connections.
_SOUND_SQLITE = (3, 51, 3)
_BUSY_MS = 5_000
_ATTEMPTS = 4
_POSTGRES_OPTIONS = "-c TimeZone=UTC"
_POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 10, "pool_timeout": 10}


def sqlite_driver() -> ModuleType:
    """pysqlite3 carries a sound SQLite; where it has no wheel, the standard module serves, with a warning."""
    try:
        driver = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        driver = sqlite3
    if driver.sqlite_version_info < _SOUND_SQLITE:
        log.warning("SQLite %s has a bug that can corrupt a WAL database; 3.51.3 mends it", driver.sqlite_version)
    return driver


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and in which request; nobody in particular for the command line."""

    id: str | None = None
    name: str | None = None
    request_id: str | None = None


BeforeCommit = Callable[[Connection, Author], None]


class Database:
    """An opened database. Safe to share between threads."""

    def __init__(self, url: str, before_commit: BeforeCommit | None = None) -> None:
        self.before_commit = before_commit
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            self.writer, self.reader = _sqlite_engines(parsed)
        elif self.dialect == "postgresql":
            self.writer, self.reader = _postgres_engines(parsed)
        else:
            raise Invalid.at("", "The database URL must begin with sqlite:/// or postgresql://")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with self.reader.connect() as connection:
            connection.exec_driver_sql(
                "BEGIN" if self.dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            )
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def write(self, work: Callable[[Connection], T], by: Author | None = None) -> T:
        """Runs `work` in one transaction and commits. Raises what `work` raises, after rolling back.

        What it touched is noted on the connection (`store/versions.py`) and put on record last, by `before_commit`.

        Where the database made two transactions collide, the whole of it is run again, a few times; then Unavailable.
        """
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
            try:
                with self.writer.begin() as connection:
                    connection.execution_options(touched={})
                    result = work(connection)
                    if self.before_commit is not None:
                        self.before_commit(connection, by or Author())
                    return result
            except IntegrityError as error:
                raise as_service_error(error) from error
            except OperationalError as error:
                if not is_collision(error):
                    raise
        raise Unavailable("Too many writers at once. Try again in a moment.")

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """One transaction for a migration. SQLite rebuilds tables, so references are not enforced meanwhile; the
        pragma has no effect inside a transaction, hence around it.
        """
        with self.writer.connect() as connection:
            if self.dialect == "sqlite":
                _raw(connection).execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                if self.dialect == "sqlite":
                    _raw(connection).execute("PRAGMA foreign_keys=ON")

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def _postgres_engines(url: URL) -> tuple[Engine, Engine]:
    url = url.set(drivername="postgresql+psycopg")
    arguments = {"options": _POSTGRES_OPTIONS, "application_name": "counterclaim"}
    writer = create_engine(url, connect_args=arguments, pool_pre_ping=True, **_POOL)
    reader = create_engine(
        url,
        connect_args={**arguments, "options": f"{_POSTGRES_OPTIONS} -c default_transaction_read_only=on"},
        isolation_level="AUTOCOMMIT",
        pool_pre_ping=True,
        **_POOL,
    )
    return writer, reader


def _sqlite_engines(url: URL) -> tuple[Engine, Engine]:
    if not url.database or url.database == ":memory:":
        raise Invalid.at("", "Name a file for the SQLite database: sqlite:///path/to/file.db")
    url = url.set(drivername="sqlite+pysqlite")
    driver = sqlite_driver()

    def engine(*pragmas: str) -> Engine:
        # The driver's own transaction handling is off (isolation_level None); ours begins below.
        made = create_engine(
            url, module=driver, connect_args={"isolation_level": None, "check_same_thread": False}, **_POOL
        )

        @event.listens_for(made, "connect")
        def prepare(connection: sqlite3.Connection, _record: object) -> None:
            for pragma in ("foreign_keys=ON", f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", *pragmas):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            _assert_durable(connection)

        return made

    writer = engine("synchronous=FULL")
    reader = engine("synchronous=FULL", "query_only=ON")

    @event.listens_for(writer, "begin")
    def begin(connection: Connection) -> None:
        # taking the write lock at once, so that no transaction fails half way for want of it
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return writer, reader.execution_options(isolation_level="AUTOCOMMIT")


def _raw(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, to run a statement without SQLAlchemy opening a transaction for it."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    return raw  # type: ignore[return-value]


def _assert_durable(connection: sqlite3.Connection) -> None:
    """An acknowledged write must survive a crash: WAL with full synchronisation, and references that hold."""
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for pragma, wanted in expected.items():
        (found,) = connection.execute(f"PRAGMA {pragma}").fetchone()
        if found != wanted:
            raise RuntimeError(f"SQLite refuses PRAGMA {pragma}={wanted} here (it says {found})")
