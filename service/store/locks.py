"""Locks of a subject that is no row, held until the transaction ends."""

from enum import IntEnum

from sqlalchemy import Connection, text


class Lock(IntEnum):
    """Keys of PostgreSQL's advisory locks. No other lock of this database has one of them."""

    FEED = 0x436C68  # transactions take their place in the feed of changes one at a time
    SERIES = 0x436C6B  # one transaction at a time loads a reference series
    LINKS = 0x436C6D  # two changes of links cannot close a cycle together


def acquire(connection: Connection, lock: Lock) -> None:
    """Waits for the lock. SQLite has one writer at a time and needs none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(lock)})
