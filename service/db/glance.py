"""The one row of a statement that is run over and over, by the driver itself.

SQLAlchemy opens, begins, adapts and closes around it for longer than it takes.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import CursorResult, Dialect, Engine, Row, Select
from sqlalchemy.exc import DBAPIError

from service.db.faults import took_too_long

Statement = Select[*tuple[Any, ...]]
Found = Row[Any] | tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement as SQLAlchemy has sent it to the driver, with all its values."""

    statement: Statement
    text: str
    values: Any


def sent(statement: Statement, result: CursorResult[Any]) -> Sent:
    context: Any = result.context
    return Sent(statement, context.statement, context.parameters[0])


def again(engine: Engine, known: Sent, seconds: float) -> Found:
    """The first row of what was sent before, as the driver gives it. Raises SQLAlchemyError."""
    return _first_row(engine, known.text, known.values, seconds, known.statement, {})


def first_row(engine: Engine, statement: Statement, values: Mapping[str, Any], seconds: float) -> Found:
    """As the driver gives it, without SQLAlchemy's types; None where there is none. The statement is one that is kept.
    Raises SQLAlchemyError.
    """
    text, given = _written(engine.dialect, statement)
    return _first_row(engine, text, given(values), seconds, statement, values)


@cache
def _written(dialect: Dialect, statement: Statement) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    """The statement as text, and what makes its parameters of named values."""
    compiled = statement.compile(dialect=dialect)
    assert not compiled.post_compile_params, "lists of values are filled in by SQLAlchemy alone; write them out"
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    order = compiled.positiontup
    if order is None:
        return str(compiled), lambda values: fixed | dict(values)
    return str(compiled), lambda values: [values[name] if name in values else fixed[name] for name in order]


def _first_row(
    engine: Engine, text: str, given: Any, seconds: float, statement: Statement, values: Mapping[str, Any]
) -> Found:
    """What fails is run again in SQLAlchemy's way, which replaces a lost connection and tells what it was; but for what
    took too long already.
    """
    try:
        connection = engine.raw_connection()
        try:
            connection.info["deadline"] = time.monotonic() + seconds  # which SQLite looks at (`db/sqlite.py`)
            cursor = connection.cursor()
            cursor.execute(text, given)
            found: Found = cursor.fetchone()
            cursor.close()  # before the next one has the connection: on SQLite an open statement keeps its snapshot
            return found
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()
    except engine.dialect.loaded_dbapi.Error as error:
        told = DBAPIError("", None, error, hide_parameters=True)
        if took_too_long(told):
            raise told from error
        with engine.connect() as plain:
            return plain.execute(statement, values).first()
