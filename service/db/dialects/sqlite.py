"""Engines for an SQLite file: one that writes, one that only reads."""

import importlib
import logging
import os
import sqlite3
import time
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from service.db.limits import Limits
from service.errors import Invalid, Unavailable

log = logging.getLogger(__name__)

# The first SQLite without the WAL-reset bug that can corrupt a database used by several connections.
_SOUND = (3, 51, 3)
_STEPS = 200_000  # of SQLite's virtual machine between two checks of the clock


def sqlite_driver() -> ModuleType:
    """pysqlite3 has an SQLite without this bug. Without a wheel for it, the standard module is used, with a warning."""
    try:
        driver = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        driver = sqlite3
    if driver.sqlite_version_info < _SOUND:
        log.warning("SQLite %s has a bug that can corrupt a WAL database; 3.51.3 mends it", driver.sqlite_version)
    return driver


def engines(url: URL, limits: Limits, *, read_only: bool = False) -> tuple[Engine, Engine]:
    """Raises Invalid unless the URL names a file."""
    if not url.database or url.database == ":memory:":
        raise Invalid.at("", "Name a file for the SQLite database: sqlite:///path/to/file.db")
    url = url.set(drivername="sqlite+pysqlite")
    if read_only:
        only = _engine(_published(url), limits, "query_only=ON", isolation_level="AUTOCOMMIT", published=True)
        return only, only
    writer = _engine(url, limits)
    reader = _engine(url, limits, "query_only=ON", isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)

    @event.listens_for(writer, "begin")
    def begin(connection: Connection) -> None:
        # take the write lock at once, so that no transaction fails halfway for lack of it
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return writer, reader


def _published(url: URL) -> URL:
    """The same file, opened without the right to write.

    SQLite needs a writable folder for the files beside a WAL database. Where the folder is not writable and no such
    file is left, nobody can be writing, so the file is read as one that never changes.
    """
    file = Path(str(url.database)).resolve()
    is_still = not os.access(file.parent, os.W_OK) and not file.with_name(file.name + "-wal").exists()
    query = {"uri": "true", "mode": "ro", **({"immutable": "1"} if is_still else {})}
    return url.set(database=f"file:{quote(str(file))}", query=query)


def _engine(url: URL, limits: Limits, *pragmas: str, published: bool = False, **options: Any) -> Engine:
    # The driver's own transaction handling is off (isolation_level None); ours begins above.
    made = create_engine(
        url,
        module=sqlite_driver(),
        connect_args={"isolation_level": None, "check_same_thread": False},
        hide_parameters=True,  # keeps request values out of logs
        pool_size=limits.pool_size,
        max_overflow=0,
        pool_timeout=limits.connection,
        pool_use_lifo=True,  # reuses what the last use has cached: plans and pages of the file
        **options,
    )
    busy = f"busy_timeout={limits.lock * 1000:.0f}"

    @event.listens_for(made, "connect")
    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        durable = () if published else ("journal_mode=WAL", "synchronous=FULL")
        for pragma in ("foreign_keys=ON", busy, *durable, *pragmas):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if not published:
            _assert_durable(connection)
        info = record.info
        # a number other than 0 interrupts the statement
        connection.set_progress_handler(lambda: int(time.monotonic() > info.get("deadline", float("inf"))), _STEPS)

    @event.listens_for(made, "before_cursor_execute")
    def start_clock(connection: Connection, *_rest: Any) -> None:
        if connection.get_execution_options().get("unlimited"):
            connection.info.pop("deadline", None)
        else:
            ends = connection.get_execution_options().get("ends", float("inf"))  # of a whole transaction
            connection.info["deadline"] = min(time.monotonic() + limits.statement, ends)

    @event.listens_for(made, "checkin")
    def stop_clock(_connection: Any, record: Any) -> None:
        record.info.pop("deadline", None)

    return made


def raw(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, to run a statement without SQLAlchemy opening a transaction for it."""
    found = connection.connection.dbapi_connection
    assert found is not None
    return found  # type: ignore[return-value]


def _assert_durable(connection: sqlite3.Connection) -> None:
    """Requires WAL with full synchronisation, so that acknowledged writes survive a crash, and foreign keys."""
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for pragma, wanted in expected.items():
        (found,) = connection.execute(f"PRAGMA {pragma}").fetchone()
        if found != wanted:
            raise Unavailable(f"SQLite would lose writes in a crash: it keeps {pragma}={found} here.")


def copy(connection: Connection, file: Path) -> None:
    """Copies the open snapshot to a new file (SQLite's online backup), while others go on writing. Raises the driver's
    errors as SQLAlchemy does.
    """
    driver = sqlite_driver()
    try:
        target = driver.connect(str(file))
        try:
            raw(connection).backup(target)
        finally:
            target.close()
    except driver.Error as error:
        raise DBAPIError("", None, error, hide_parameters=True) from error


def set_patience(connection: Connection, seconds: float) -> None:
    """Sets how long this connection waits for another process's lock."""
    raw(connection).execute(f"PRAGMA busy_timeout={max(seconds, 0.001) * 1000:.0f}").fetchall()


def damage(connection: Connection) -> str | None:
    """Returns what SQLite finds wrong with the file or with references in it; None if nothing."""
    found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        return str(found[0])
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return f"{len(broken)} rows refer to nothing" if broken else None
