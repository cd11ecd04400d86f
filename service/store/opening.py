"""Opening a database so that every change to it is put on record."""

from service.db.engine import Database
from service.store import history


def open_database(url: str) -> Database:
    return Database(url, before_commit=history.record)
