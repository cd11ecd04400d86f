"""Engines for PostgreSQL: one that writes, one that only reads."""

import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from service.db.limits import Limits
from service.errors import Unavailable

_MIGRATION_LOCK = 0x4D6967  # advisory lock: one migration at a time
_MIGRATION_WAITS = "60s"  # for that lock
_TABLE_WAITS = "2s"  # for a table lock: as long as a request waits, since all requests for the table queue behind
_PLACE_OF_PROGRAMS = (
    "({}). COUNTERCLAIM_POSTGRES_BIN names the folder of PostgreSQL's programs of the server's version."
)
_IDLE = 30.0  # seconds after which an idle connection may have been lost without notice
_MIGRATION_TAKES = "30min"  # at most, for one statement


def engines(url: URL, limits: Limits) -> tuple[Engine, Engine]:
    url = url.set(drivername="postgresql+psycopg")
    settings = {
        "TimeZone": "UTC",
        "statement_timeout": f"{limits.statement * 1000:.0f}",
        "lock_timeout": f"{limits.lock * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{limits.idle * 1000:.0f}",
    }
    writer = _engine(url, limits, settings | {"synchronous_commit": "on"})
    event.listen(writer, "connect", _assert_durable)
    reader = _engine(
        _for_reading(url),
        limits,
        # read statements are built for one plan for all values: planning takes longer than running them
        settings | {"default_transaction_read_only": "on", "plan_cache_mode": "force_generic_plan"},
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    return writer, reader


def _for_reading(url: URL) -> URL:
    """With several servers, selects the primary: a session that only reads would not match `read-write`."""
    if url.query.get("target_session_attrs") == "read-write":
        return url.update_query_dict({"target_session_attrs": "primary"})
    return url


def _engine(url: URL, limits: Limits, settings: dict[str, str], **options: Any) -> Engine:
    arguments = {
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        "application_name": "counterclaim",
        "connect_timeout": max(int(limits.connection), 1),
        "tcp_user_timeout": int(limits.statement * 1000),  # a host that is gone sends nothing, not even an error
    }
    made = create_engine(
        url,
        connect_args=arguments,
        hide_parameters=True,  # keeps request values out of logs
        pool_size=limits.pool_size,
        max_overflow=0,
        pool_timeout=limits.connection,
        pool_use_lifo=True,  # reuses what the last use has cached: plans and pages of the file
        **options,
    )

    @event.listens_for(made, "checkin")
    def note_use(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(made, "checkout")
    def replace_dropped(connection: Any, record: Any, _proxy: Any) -> None:
        """Replaces a connection that the server has dropped before it is used: the pool does so for this error."""
        idle = time.monotonic() - record.info.get("used", time.monotonic())
        if (idle > _IDLE or _has_news(made, connection)) and not _answers(made, connection):
            raise DisconnectionError

    return made


def _has_news(engine: Engine, connection: Any) -> bool:
    """Whether the server has sent something unasked, such as a disconnect. A ping each time would cost a round trip, as
    much as a small read.
    """
    try:
        watch = select.poll()  # not select, which supports no descriptors beyond 1,023
        watch.register(connection.pgconn.socket, select.POLLIN)
        return bool(watch.poll(0))
    except (engine.dialect.loaded_dbapi.Error, OSError, ValueError):
        return True


def _answers(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def _assert_durable(connection: Any, _record: Any) -> None:
    """Refuses a server that could lose acknowledged writes in a crash. Raises Unavailable."""
    try:
        with connection.cursor() as cursor:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                cursor.execute(f"SHOW {setting}")
                (found,) = cursor.fetchone()
                if found != "on":
                    raise Unavailable(f"This PostgreSQL would lose writes in a crash: {setting} is {found} there.")
        connection.rollback()
    except BaseException:
        connection.close()  # the pool never had it, so no one else would
        raise


def prepare_migration(connection: Connection) -> None:
    """Waits for another migration to end, and limits how long this one blocks others."""
    for statement in (
        f"SET LOCAL statement_timeout = '{_MIGRATION_TAKES}'",
        f"SET LOCAL lock_timeout = '{_MIGRATION_WAITS}'",
        f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})",
        f"SET LOCAL lock_timeout = '{_TABLE_WAITS}'",
    ):
        connection.exec_driver_sql(statement)


def limit_statement(connection: Connection, seconds: float) -> None:
    """Limits the next statements of the open transaction. Runs beside SQLAlchemy, which is about to run one."""
    cursor = connection.connection.cursor()
    cursor.execute(f"SET LOCAL statement_timeout = {max(seconds * 1000, 1):.0f}")
    cursor.close()


def lift_limits(connection: Connection) -> None:
    """Removes the time limits of the open transaction."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


# Copies --------------------------------------------------------------------------------------------------------------


def dump(connection: Connection, file: Path, folder: Path | None) -> None:
    """Writes the open snapshot to a file in pg_dump's custom format, and reads it back. Raises Unavailable."""
    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}"]
    _run("pg_dump", [_place(connection.engine.url), *options], connection.engine.url, folder)
    _run("pg_restore", ["--file=/dev/null", str(file)], connection.engine.url, folder)


def restore(url: URL, file: Path, folder: Path | None) -> None:
    """Restores such a file into an empty database, all or nothing. Raises Unavailable."""
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(file)]
    _run("pg_restore", [_place(url), *options], url, folder)


def _place(url: URL) -> str:
    """The location of the database, without the password: process arguments are visible."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return f"--dbname={bare.render_as_string()}"


def _password(url: URL) -> str | None:
    given = url.password or url.query.get("password")
    return str(given) if given else None


def _run(program: str, options: list[str], url: URL, folder: Path | None) -> None:
    """Runs a program of PostgreSQL, from `folder` or the PATH. Raises Unavailable."""
    found = shutil.which(program, path=str(folder) if folder else None)
    if found is None:
        raise Unavailable(f"There is no {program} {_PLACE_OF_PROGRAMS.format(folder or 'on the PATH')}")
    password = _password(url)
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run([found, *options], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        hint = _PLACE_OF_PROGRAMS.format(f"used: {found}") if "version mismatch" in done.stderr else ""
        raise Unavailable(f"{program} failed: {done.stderr.strip()[-500:]} {hint}".strip())
