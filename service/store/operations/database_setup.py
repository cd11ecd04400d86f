"""Opens a database so that every transaction updates summaries and the index of words, and records its changes."""

from sqlalchemy import Connection

from service.db.engine import Author, Database
from service.db.limits import LIMITS, Limits
from service.store.audit import history
from service.store.comparisons.summary import refresh_summaries
from service.store.lists import search_index


def open_database(url: str, limits: Limits = LIMITS, *, read_only: bool = False) -> Database:
    return Database(url, before_commit=_end, limits=limits, read_only=read_only)


def _end(connection: Connection, author: Author) -> None:
    refresh_summaries(connection)
    search_index.refresh(connection)
    history.record(connection, author)
