"""Opens the database, on either engine, and provides the ways to use it.

`read`      one statement, committed on its own: no BEGIN and no ROLLBACK around it
`snapshot`  several statements that see one state
`write`     one transaction; the function's result is returned only after the commit
`rehearse`  the same, rolled back
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, Connection, QueuePool, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from service.db.dialects import postgres, sqlite
from service.db.driver_errors import as_service_error, is_collision
from service.db.limits import LIMITS, MAX_IMPORT_ROWS, WRITE_LOCK_PAUSE, Limits
from service.db.models import metadata
from service.domain.vocabulary import Role
from service.errors import Forbidden, Invalid, ServiceError, TookTooLong, Unavailable

__all__ = ["Author", "Connection", "Database"]

T = TypeVar("T")
READ_ONLY = "This service is read-only: nothing can be changed here."
_ATTEMPTS = 4
_KNOWN_CLAIMS = "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'claim'::regclass"
# not the history, which is only read by its keys, and not the server's catalogs
_PLANNED_BY = [table.name for table in metadata.sorted_tables if table.name != "change"]
_WORTH_A_LOOK = 10  # if more than one claim in this many is new


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and in which request. The command line has no id and no role: it may do everything."""

    id: str | None = None
    name: str | None = None
    request_id: str | None = None
    role: Role | None = None


BeforeCommit = Callable[[Connection, Author], None]


class Database:
    """An opened database. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        before_commit: BeforeCommit | None = None,
        limits: Limits = LIMITS,
        *,
        read_only: bool = False,
    ) -> None:
        self.before_commit = before_commit
        self.read_only = read_only
        self.limits = limits
        self.turn = threading.Lock()  # SQLite's writers queue here instead of polling its lock
        parsed = _parse(url)
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            self.writer, self.reader = sqlite.engines(parsed, limits, read_only=read_only)
        elif self.dialect == "postgresql":
            self.writer, self.reader = postgres.engines(parsed, limits)
        else:
            raise Invalid.at("", "The database URL must begin with sqlite:/// or postgresql://")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with translate_errors(), self.reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with translate_errors(), self.reader.connect() as connection:
            connection.exec_driver_sql(
                "BEGIN" if self.dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            )
            try:
                yield connection
            finally:
                if not connection.invalidated:
                    connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def unhurried(self) -> Iterator[Connection]:
        """A snapshot without time limits, for work outside requests."""
        with self.snapshot() as connection:
            connection.execution_options(unlimited=True)
            if self.dialect == "postgresql":
                postgres.lift_limits(connection)
            yield connection

    def write(self, work: Callable[[Connection], T], by: Author | None = None) -> T:
        """Runs `work` in one transaction and commits. Raises what `work` raises, after rolling back.

        Its changes are noted on the connection (`store/records/record_writes.py`) and recorded last, by
        `before_commit`. If the database made two transactions collide, all of it is run again, a few times; then
        Unavailable is raised.
        """
        if self.read_only:
            raise Forbidden(READ_ONLY)
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
            try:
                return self._write_once(work, by or Author())
            except SQLAlchemyError as error:
                if not is_collision(error):
                    raise as_service_error(error) from error
        raise Unavailable("Too many writers at once. Try again in a moment.")

    def rehearse(self, work: Callable[[Connection], T], by: Author, seconds: float) -> T:
        """Runs `work` as `write` would, rolls back, and returns the result: what would be. Nothing is recorded.

        Raises what `work` raises, and TookTooLong after `seconds`: meanwhile others may not be able to write.
        """
        if self.read_only:
            raise Forbidden(READ_ONLY)
        with translate_errors(), self._taking_turns() as patience, self.writer.connect() as connection:
            if self.dialect == "sqlite":
                sqlite.set_patience(connection, patience)
            with connection.begin() as transaction:
                ends = time.monotonic() + seconds
                connection.execution_options(**noted(by), ends=ends)
                event.listen(connection, "before_cursor_execute", _refuse_late)
                result = work(connection)
                event.remove(connection, "before_cursor_execute", _refuse_late)
                transaction.rollback()
                return result

    def _write_once(self, work: Callable[[Connection], T], by: Author) -> T:
        with self._taking_turns() as patience, self.writer.connect() as connection, self._begun(connection, patience):
            connection.execution_options(**noted(by))
            result = work(connection)
            if self.before_commit is not None:
                self.before_commit(connection, by)
            return result

    @contextmanager
    def _begun(self, connection: Connection, patience: float) -> Iterator[None]:
        """A transaction. It waits for the lock of another process no longer than is left of the time limit."""
        if self.dialect == "sqlite":
            sqlite.set_patience(connection, patience)
        with connection.begin():
            yield

    @contextmanager
    def _taking_turns(self) -> Iterator[float]:
        """Waits for the writers of this process. Yields how many seconds are left to wait for those of others."""
        if self.dialect != "sqlite":
            yield 0
            return
        began = time.monotonic()
        if not self.turn.acquire(timeout=self.limits.lock):
            raise Unavailable("Too many writers at once. Try again in a moment.")
        try:
            yield self.limits.lock - (time.monotonic() - began)
        finally:
            self.turn.release()

    @property
    def max_import_rows(self) -> int:
        """The number of rows that one transaction may import."""
        return MAX_IMPORT_ROWS

    def yield_write_lock(self) -> None:
        """Pauses between two transactions of a long job, so that others can take SQLite's only lock."""
        if self.dialect == "sqlite":
            time.sleep(WRITE_LOCK_PAUSE)

    def analyze_tables(self, claims: int) -> None:
        """Updates PostgreSQL's table statistics after many rows at once; it would do so itself only later.

        SQLite plans without them. If few of the claims are new, plans do not change, and analyzing all tables would
        take longer than the import. Errors are ignored, because the import has succeeded.
        """
        if self.dialect == "postgresql":
            with (
                suppress(ServiceError),
                translate_errors(),
                self.writer.execution_options(isolation_level="AUTOCOMMIT").connect() as connection,
            ):
                known = connection.exec_driver_sql(_KNOWN_CLAIMS).scalar_one()
                if claims > known / _WORTH_A_LOOK:
                    connection.exec_driver_sql(f"ANALYZE {', '.join(_PLANNED_BY)}")

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """One transaction for a migration, and one migration at a time.

        SQLite rebuilds tables, so foreign keys are not enforced meanwhile. The pragma has no effect inside a
        transaction, so it is set around it.
        """
        with translate_errors(), self.writer.connect() as connection:
            connection.execution_options(unlimited=True)
            if self.dialect == "sqlite":
                sqlite.raw(connection).execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    if self.dialect == "postgresql":
                        postgres.prepare_migration(connection)
                    yield connection
            finally:
                if self.dialect == "sqlite":
                    sqlite.raw(connection).execute("PRAGMA foreign_keys=ON")

    def connections_in_use(self, engine: Literal["writer", "reader"]) -> int:
        pool = getattr(self, engine).pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout()

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def sqlite_file(url: str) -> Path | None:
    """Returns the file of an SQLite URL; None for another kind of database. Raises Invalid if `url` is not a URL."""
    parsed = _parse(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise Invalid.at("", "This is not a database URL. Write sqlite:///path/to/file.db or postgresql://…") from None


def noted(by: Author) -> dict[str, Any]:
    """Where a transaction notes what it touches, what it makes stale, and what its comparisons were before."""
    return {
        "touched": {},
        "assessed": {},
        "stale": set(),
        "stale_parts": set(),
        "equations": set(),
        "propositions": set(),
        "author": by,
    }


def _refuse_late(connection: Connection, *_rest: Any) -> None:
    """Before each statement of a rehearsal: it may take what is left of the time."""
    left = connection.get_execution_options()["ends"] - time.monotonic()
    if left <= 0:
        raise TookTooLong("This takes too long to be shown before it is saved.")
    if connection.dialect.name == "postgresql":
        postgres.limit_statement(connection, left)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raises database errors as service errors."""
    try:
        yield
    except SQLAlchemyError as error:
        raise as_service_error(error) from error
