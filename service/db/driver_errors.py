"""Translates driver errors of both databases into service errors, without table names and values."""

import logging
import re
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.db.models import metadata
from service.errors import Conflict, Forbidden, ServiceError, StorageFull, TookTooLong, Unavailable

log = logging.getLogger(__name__)
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (\w+)\.(\w+)")
_COLLISIONS = ("40001", "40P01")  # serialization failure, deadlock
_LOCKED = "55P03"  # waiting for a lock took longer than the limit
_TOO_LONG = ("57014",)  # a statement was cancelled at its time limit
_FULL = ("53100",)
# the connection failed; the server is shutting down or starting, accepts no more connections, ended an idle one,
# is read-only before being replaced by another, or has no memory or no working disk
_AWAY = ("08", "57P", "53", "25P03", "25006", "58")
_SQLITE_STRANGE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
_SQLITE_AWAY = ("SQLITE_IOERR", "SQLITE_NOMEM")
_NO_RIGHTS = "42501"  # the user may not do this


def as_service_error(error: SQLAlchemyError) -> ServiceError:
    """Returns the service error for a database failure. Raises the error again if it indicates a bug in the service."""
    if isinstance(error, IntegrityError):
        # validation prevents nearly all of these; another writer was faster, or a constraint caught the rest
        columns = _columns(error.orig)
        pointer = "/" + columns[0].removesuffix("_id") if columns else ""
        return Conflict.at(
            pointer, "The change contradicts what is stored: another record took this name, or is in use."
        )
    if type(error) is InvalidRequestError and "connection" in str(error):
        return Unavailable("The database does not answer. Try again in a moment.")  # new connections were lost at once
    if isinstance(error, PoolTimeout):
        return Unavailable("All connections to the database are busy. Try again in a moment.")
    state, name = _codes(error)
    if state.startswith(_FULL) or name == "SQLITE_FULL":
        return StorageFull("The database has no room left. Nothing was written; reading goes on.")
    if took_too_long(error):
        return TookTooLong("This took too long. Ask for less at once, or try again later.")
    if is_collision(error) or is_lock_timeout(error):
        return Unavailable("The database is busy. Try again in a moment.")
    if state == _NO_RIGHTS or name.startswith("SQLITE_READONLY"):
        return Forbidden("The database may be read here, but not written.")
    if name.startswith("SQLITE_CANTOPEN"):
        return Unavailable("The database file cannot be opened: it does not exist, or its rights do not allow it.")
    away = state.startswith(_AWAY) or name.startswith(_SQLITE_AWAY)
    if name.startswith(_SQLITE_STRANGE):
        return Unavailable("The file is not a database, or is damaged.")
    if isinstance(error, DBAPIError) and (error.connection_invalidated or away or _no_answer(error)):
        log.warning("the database does not answer: %s %s", type(error.orig).__name__, state or name)
        return Unavailable("The database does not answer. Try again in a moment.")
    raise error


def is_collision(error: SQLAlchemyError) -> bool:
    """Whether the transaction failed only because of another one, so that running it again can succeed."""
    return _codes(error)[0] in _COLLISIONS


def is_lock_timeout(error: SQLAlchemyError) -> bool:
    """Whether another transaction held a lock for longer than the limit. Trying again would wait as long."""
    state, name = _codes(error)
    return state == _LOCKED or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def took_too_long(error: SQLAlchemyError) -> bool:
    """Whether the database cancelled the statement at its time limit. Trying again would take as long."""
    state, name = _codes(error)
    return state in _TOO_LONG or name == "SQLITE_INTERRUPT"


def _codes(error: SQLAlchemyError) -> tuple[str, str]:
    """The SQLSTATE of PostgreSQL and the name of SQLite's error; empty if there is none."""
    original = getattr(error, "orig", None)
    return getattr(original, "sqlstate", None) or "", getattr(original, "sqlite_errorname", None) or ""


def _no_answer(error: DBAPIError) -> bool:
    """Whether a connection could not be made or was cut: such errors have no code."""
    return _codes(error) == ("", "") and type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout")


def _columns(original: Any) -> list[str]:
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:
        constraint = _constraint(diagnosis.table_name, diagnosis.constraint_name)
        if isinstance(constraint, (UniqueConstraint, ForeignKeyConstraint)):
            return [column.name for column in constraint.columns]
        return [constraint.columns[0].name] if isinstance(constraint, CheckConstraint) and constraint.columns else []
    found = _SQLITE_UNIQUE.search(str(original))
    return [found[2]] if found else []


def _constraint(table: str | None, name: str | None) -> object | None:
    if table is None or table not in metadata.tables:
        return None
    return next((c for c in metadata.tables[table].constraints if c.name == name), None)
