"""Sorting a table by any of its columns. A missing value comes before all others; with `-`, after them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, literal
from sqlalchemy.sql.elements import Label

from service.db.types import Day, Flag, Id, Real, String, UtcTime

_LEAST_NUMBER = -1.7e308
_LEAST_DAY = date(1, 1, 1)
_LEAST_MOMENT = datetime(2, 1, 1, tzinfo=UTC)


def sorts_of(statement: Select[Any], main: Any, **others: Any) -> dict[str, Any]:
    """A never-null expression for each column of the statement. `main` is the table of its rows, which is never joined
    from outside; `others` replace some expressions, or add to them.
    """
    own = {column.key: _never_null(column, main.__table__) for column in statement.selected_columns}
    return {str(name): column for name, column in (own | others).items()}


def _never_null(column: Any, main: Any) -> Any:
    element = column.element if isinstance(column, Label) else column
    kind = column.type
    if isinstance(kind, Flag):
        yes = literal(value=True, type_=Flag())
        return case((element.is_(None), -1), (element == yes, 1), else_=0)
    if getattr(element, "table", None) is main and not element.nullable:
        return cast(element, String) if isinstance(kind, Id) else element
    if isinstance(kind, Id):
        return func.coalesce(cast(element, String), literal("", String()), type_=String())
    if isinstance(kind, Day):
        return func.coalesce(element, literal(_LEAST_DAY, Day()), type_=Day())
    if isinstance(kind, UtcTime):
        return func.coalesce(element, literal(_LEAST_MOMENT, UtcTime()), type_=UtcTime())
    if isinstance(kind, Integer):
        return func.coalesce(element, literal(-(2**31) + 1, Integer()), type_=Integer())
    if isinstance(kind, String):
        return func.coalesce(element, literal("", String()), type_=String())
    return func.coalesce(element, literal(_LEAST_NUMBER, Real), type_=Real)


def value_of(column: Any) -> Callable[[Any], Any]:
    """The same order for rows that were computed: the value to sort by, for the value of this column."""
    kind = column.type
    if isinstance(kind, Day):
        return lambda value: _LEAST_DAY if value is None else value
    if isinstance(kind, UtcTime):
        return lambda value: _LEAST_MOMENT if value is None else value
    if isinstance(kind, String):
        return lambda value: "" if value is None else str(value)
    if isinstance(kind, Integer):
        return lambda value: -(2**31) + 1 if value is None else int(value)
    return lambda value: _LEAST_NUMBER if value is None else float(value)
