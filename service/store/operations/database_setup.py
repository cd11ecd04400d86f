"""Opens a database so that every transaction updates summaries and records its changes in the history."""

from sqlalchemy import Connection

from service.db.engine import Author, Database
from service.db.limits import LIMITS, Limits
from service.store.audit import history
from service.store.comparisons.summary import refresh_summaries


def open_database(url: str, limits: Limits = LIMITS, *, read_only: bool = False) -> Database:
    return Database(url, before_commit=_end, limits=limits, read_only=read_only)


def _end(connection: Connection, author: Author) -> None:
    refresh_summaries(connection)
    history.record(connection, author)
