"""Integrity errors of either database in the service's words. Validation refuses nearly all of this before; what comes
here was overtaken by another writer, or got past validation and was caught by a constraint.
"""

import re
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.exc import IntegrityError, OperationalError

from service.db.tables import metadata
from service.errors import Conflict, ServiceError

_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (\w+)\.(\w+)")


def as_service_error(error: IntegrityError) -> ServiceError:
    """Never the driver's own message: that speaks of tables, and echoes values."""
    columns = _columns(error.orig)
    pointer = "/" + columns[0].removesuffix("_id") if columns else ""
    return Conflict.at(pointer, "The change contradicts what is stored: another record took this name, or is in use.")


_COLLISIONS = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available


def is_collision(error: OperationalError) -> bool:
    """Whether the transaction failed for nothing but another one, so that running it again can succeed."""
    if getattr(error.orig, "sqlstate", None) in _COLLISIONS:
        return True
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


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
