"""Selects whose rows the database writes as JSON, in the shape in which they are served.

Column names define the fields: `subject.id` is `id` of the object `subject`. The object is null if its `id` is null;
without an `id`, if its `text` is null; without both, if all of it is null.
A JSON expression is written once for each database and put into statements as text, because building it for each
request would take longer than running it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Label, Select, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from service.db.types import Document, ExactDecimal, Flag, Real, String, UtcTime

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
}
JsonSql = dict[str, str]  # a JSON expression, by database


class JsonSelect:
    """`statement` has the columns and the joins; `fields` are the outer names in order. `nested` holds JSON expressions
    for fields, or for inner ones such as `comparability.reasons`. Fields without a column are null.
    """

    def __init__(
        self, statement: Select[Any], fields: Sequence[str], nested: Mapping[str, JsonSql] | None = None
    ) -> None:
        self.sql = json_object(list(statement.selected_columns), fields, nested)
        # by database: the same rows, each as JSON text in the single column `item`
        self.rows = {
            dialect: statement.with_only_columns(json_text(self.sql, dialect).label("item"), maintain_column_froms=True)
            for dialect in _DIALECTS
        }

    def document(self, dialect: str) -> Any:
        """An expression that writes each row as a value for a JSON column."""
        sql = self.sql[dialect]
        return literal_column(sql if dialect == "sqlite" else f"CAST(({sql}) AS JSONB)", Document())


def json_object(columns: Sequence[Any], fields: Sequence[str], nested: Mapping[str, JsonSql] | None = None) -> JsonSql:
    """An expression that writes a row of these columns as an object; see `JsonSelect`."""
    by_label = {_label(column): column for column in columns}
    return {
        dialect: _object([(name, _field(name, by_label, nested or {}, dialect)) for name in fields], dialect)
        for dialect in _DIALECTS
    }


def json_text(sql: JsonSql, dialect: str) -> Any:
    """A JSON expression as a column of text."""
    return literal_column(sql[dialect] if dialect == "sqlite" else f"CAST(({sql[dialect]}) AS TEXT)", String())


def json_list(item: JsonSql, joined: Callable[[Any], Any], order: Any, condition: str) -> JsonSql:
    """An expression for a list of objects, used in a row of another table.

    The objects are the rows of the table of `order` that `condition` ties to that row, sorted by `order`. `joined` adds
    the joins that `item` needs.
    """
    made = {}
    for dialect, known in _DIALECTS.items():
        tables = str(joined(select(order)).compile(dialect=known)).partition("FROM ")[2]
        rows = f"FROM {tables} WHERE {condition}"
        by = _sql(order, dialect)
        made[dialect] = (
            f"json((SELECT json_group_array(json(item)) FROM (SELECT {item[dialect]} AS item {rows} ORDER BY {by})))"
            if dialect == "sqlite"
            else f"(SELECT coalesce(json_agg({item[dialect]} ORDER BY {by}), CAST('[]' AS JSON)) {rows})"
        )
    return made


def json_count(table: Any, condition: str) -> JsonSql:
    """An expression for the number of rows of `table` that `condition` ties to a row of another table."""
    return dict.fromkeys(_DIALECTS, f"(SELECT count(*) FROM {table.__tablename__} WHERE {condition})")


def json_words(column: Any) -> JsonSql:
    """An expression that writes a text of words, such as `a, b`, as a list."""
    made = {}
    for dialect in _DIALECTS:
        text = _sql(column, dialect)
        listed = f"""CASE {text} WHEN '' THEN '[]' ELSE '["' || replace({text}, ', ', '","') || '"]' END"""
        made[dialect] = f"json({listed})" if dialect == "sqlite" else f"CAST({listed} AS JSON)"
    return made


def _field(name: str, columns: Mapping[str, Any], nested: Mapping[str, JsonSql], dialect: str) -> str:
    if name in nested:
        return nested[name][dialect]
    if name in columns:
        return _value(columns[name], dialect)
    prefix = f"{name}."
    inner = {label.removeprefix(prefix): column for label, column in columns.items() if label.startswith(prefix)}
    if not inner:
        return "NULL"
    parts = [(label, _value(column, dialect)) for label, column in inner.items()]
    parts += [(label.removeprefix(prefix), sql[dialect]) for label, sql in nested.items() if label.startswith(prefix)]
    decisive = next(([inner[name]] for name in ("id", "text", "first_day") if name in inner), list(inner.values()))
    absent = " AND ".join(f"{_sql(column, dialect)} IS NULL" for column in decisive)
    shown = f"CASE WHEN {absent} THEN NULL ELSE {_object(parts, dialect)} END"
    return f"json({shown})" if dialect == "sqlite" else shown


def _label(column: Any) -> str:
    return str(column.name if isinstance(column, Label) else column.key)


def _object(parts: Sequence[tuple[str, str]], dialect: str) -> str:
    function = "json_object" if dialect == "sqlite" else "json_build_object"
    pairs = ", ".join(f"'{name}', {value}" for name, value in parts)
    return f"{function}({pairs})"


def _sql(column: Any, dialect: str) -> str:
    """The expression of a column, qualified by its table's name or alias."""
    element = column.element if isinstance(column, Label) else column
    return str(element.compile(dialect=_DIALECTS[dialect], compile_kwargs={"literal_binds": True}))


def _value(column: Any, dialect: str) -> str:
    """The expression that writes a value as JSON, in the API's formats."""
    sql, kind = _sql(column, dialect), column.type
    if dialect == "sqlite":
        if isinstance(kind, Flag):
            return f"json(CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
        if kind is Real:  # by default, SQLite before 3.42 writes 15 digits, which changes the number
            return f"json(CASE WHEN {sql} IS NOT NULL THEN printf('%!.17g', {sql}) END)"
        return f"json({sql})" if isinstance(kind, Document) else sql
    if isinstance(kind, UtcTime):
        return f"""to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"CAST(trim_scale({sql}) AS TEXT)" if isinstance(kind, ExactDecimal) else sql
