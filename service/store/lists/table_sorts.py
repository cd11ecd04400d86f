"""Sorting a table by any of its columns. A missing value comes before all others; with `-`, after them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, literal
from sqlalchemy.sql.elements import Label

from service.db.types import Day, Flag, Id, String, UtcTime


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
        element, kind = cast(element, String), String()
    return func.coalesce(element, literal(_least(kind), kind), type_=kind)


def _least(kind: Any) -> Any:
    """The value by which a missing one of this type is sorted: before all others."""
    if isinstance(kind, Day):
        return date(1, 1, 1)
    if isinstance(kind, UtcTime):
        return datetime(2, 1, 1, tzinfo=UTC)
    if isinstance(kind, Integer):
        return -(2**31) + 1
    return "" if isinstance(kind, String) else -1.7e308


def value_of(column: Any) -> Callable[[Any], Any]:
    """The same order for rows that were computed: the value to sort by, for the value of this column."""
    least = _least(column.type)
    plain = next((kind for kind in (str, int, float) if isinstance(least, kind)), None)
    return lambda value: least if value is None else value if plain is None else plain(value)
