"""Engines for Postgres: one that writes, one that only reads."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from service.db.limits import Limits
from service.errors import Unavailable

_MIGRATION_LOCK = 0x4D6967  # an advisory lock of its own: one migration at a time
_MIGRATION_WAITS = "30s"  # for that lock, and for any table's: the service goes on meanwhile, and must not queue behind
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
    reader = _engine(url, limits, settings | {"default_transaction_read_only": "on"}, isolation_level="AUTOCOMMIT")
    return writer, reader


def _engine(url: URL, limits: Limits, settings: dict[str, str], **options: str) -> Engine:
    arguments = {
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        "application_name": "counterclaim",
        "connect_timeout": max(int(limits.connection), 1),
    }
    return create_engine(
        url,
        connect_args=arguments,
        pool_pre_ping=True,  # a connection that the server has dropped is replaced before it is used
        hide_parameters=True,  # logs never hold what was sent
        pool_size=limits.pool_size,
        max_overflow=0,
        pool_timeout=limits.connection,
        **options,
    )


def _assert_durable(connection: Any, _record: Any) -> None:
    """An acknowledged write must survive a crash; a server set to forget writes is refused. Raises Unavailable."""
    with connection.cursor() as cursor:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute(f"SHOW {setting}")
            (found,) = cursor.fetchone()
            if found != "on":
                raise Unavailable(f"This PostgreSQL would lose writes in a crash: {setting} is {found} there.")
    connection.rollback()


def prepare_migration(connection: Connection) -> None:
    """Waits for another migration to end, and bounds how long this one holds others up."""
    for statement in (
        f"SET LOCAL lock_timeout = '{_MIGRATION_WAITS}'",
        f"SET LOCAL statement_timeout = '{_MIGRATION_TAKES}'",
        f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})",
    ):
        connection.exec_driver_sql(statement)
