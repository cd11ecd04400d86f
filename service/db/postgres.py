"""Engines for Postgres: one that writes, one that only reads."""

from sqlalchemy import URL, Engine, create_engine

from service.db.limits import Limits


def engines(url: URL, limits: Limits) -> tuple[Engine, Engine]:
    url = url.set(drivername="postgresql+psycopg")
    settings = {
        "TimeZone": "UTC",
        "statement_timeout": f"{limits.statement * 1000:.0f}",
        "lock_timeout": f"{limits.lock * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{limits.idle * 1000:.0f}",
    }
    writer = _engine(url, limits, settings)
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
        pool_size=limits.pool_size,
        max_overflow=0,
        pool_timeout=limits.connection,
        **options,
    )
