"""Rows as JSON, written by the database itself: what a read model's select asks for, in the shape that it is served in.

The columns and their names are those of the select that fills the model (`subject.id` is `id` of the object `subject`),
so the two cannot say different things. A fragment is written once for each database, and put into statements as it is:
to build it anew for each request would cost more than to run it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Label, Select, Subquery, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from service.db.types import Document, ExactDecimal, Flag, String, UtcTime

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
}
Written = dict[str, str]  # by database
SEPARATOR = "\x1e"


class JsonRows:
    """How to write the rows of a select. `fields` are the outer names in their order; those in `given` are expressions
    of ours that are JSON already. Those of `rest`, a column with an object as text, come after them as they are.
    """

    def __init__(
        self,
        columns: Sequence[Any],
        fields: Sequence[str],
        given: Mapping[str, Written] | None = None,
        rest: str | None = None,
    ) -> None:
        self._columns = {_label(column): column for column in columns}
        self._given = given or {}
        self._rest = rest
        self.written: Written = {
            dialect: _object([(name, self._value(name, dialect)) for name in fields], dialect) for dialect in _DIALECTS
        }

    def instead_of_columns(self, statement: Select[Any], dialect: str) -> Select[Any]:
        """The select with one column, `item`: each row as JSON text. Its tables and joins stay as they are."""
        return statement.with_only_columns(literal_column(self.as_text(dialect), String()).label("item"))

    def as_text(self, dialect: str) -> str:
        """An expression: each row as JSON text."""
        written = self.written[dialect]
        text = written if dialect == "sqlite" else f"CAST(({written}) AS TEXT)"
        # the last field of its own is no object, so that one brace is taken off and no more
        return text if self._rest is None else f"rtrim({text}, '}}') || ',' || substr({self._rest}, 2)"

    def as_document(self, dialect: str) -> Any:
        """Each row as the value of a column of JSON."""
        written = self.written[dialect]
        return literal_column(written if dialect == "sqlite" else f"CAST(({written}) AS JSONB)", Document())

    @staticmethod
    def in_one_row(page: Subquery, place: Sequence[str], dialect: str) -> Select[Any]:
        """The rows of a page as one text: after each `item` a list of what is in the columns `place`, all of them
        parted by SEPARATOR, which no JSON holds as it is. Drivers take one long text faster than many short ones, and
        on SQLite threads hand each other Python's lock once instead of once a row.
        """
        on_sqlite = dialect == "sqlite"
        columns = ", ".join(_plain(page.c[name], dialect) for name in place)
        placed = f"json_array({columns})" if on_sqlite else f"CAST(json_build_array({columns}) AS TEXT)"
        separator = literal_column("char(30)" if on_sqlite else "chr(30)", String())
        text = page.c.item.op("||")(separator).op("||")(literal_column(placed, String()))
        return select(func.aggregate_strings(text, separator))  # type: ignore[arg-type]

    def gathered(self, joined: Callable[[Any], Any], position: Any, condition: str) -> Written:
        """A list of these rows, as an expression in a row of another table: those that `condition` ties to it, without
        withdrawn ones, in the order of a column.
        """
        table = position.class_
        made = {}
        for dialect, known in _DIALECTS.items():
            tables = str(joined(select(table.id)).compile(dialect=known)).partition("FROM ")[2]
            rows = f"FROM {tables} WHERE {condition} AND {table.__tablename__}.withdrawn_at IS NULL"
            item, order = self.written[dialect], _sql(position, dialect)
            made[dialect] = (
                f"json((SELECT json_group_array(json(item)) FROM (SELECT {item} AS item {rows} ORDER BY {order})))"
                if dialect == "sqlite"
                else f"(SELECT coalesce(json_agg({item} ORDER BY {order}), CAST('[]' AS JSON)) {rows})"
            )
        return made

    def _value(self, name: str, dialect: str) -> str:
        if name in self._given:
            return self._given[name][dialect]
        if name in self._columns:
            return _plain(self._columns[name], dialect)
        prefix = f"{name}."
        inner = {label.removeprefix(prefix): c for label, c in self._columns.items() if label.startswith(prefix)}
        if not inner:
            return "NULL"
        made = _object([(label, _plain(column, dialect)) for label, column in inner.items()], dialect)
        told = [inner["id"]] if "id" in inner else list(inner.values())
        absent = " AND ".join(f"{_sql(column, dialect)} IS NULL" for column in told)
        shown = f"CASE WHEN {absent} THEN NULL ELSE {made} END"
        return f"json({shown})" if dialect == "sqlite" else shown


def _label(column: Any) -> str:
    return str(column.name if isinstance(column, Label) else column.key)


def _object(parts: Sequence[tuple[str, str]], dialect: str) -> str:
    function = "json_object" if dialect == "sqlite" else "json_build_object"
    pairs = ", ".join(f"'{name}', {value}" for name, value in parts)
    return f"{function}({pairs})"


def _sql(column: Any, dialect: str) -> str:
    """The expression of a column, under the table's own name or the alias that it was given."""
    element = column.element if isinstance(column, Label) else column
    return str(element.compile(dialect=_DIALECTS[dialect], compile_kwargs={"literal_binds": True}))


def _plain(column: Any, dialect: str) -> str:
    """A value as JSON has it, as answers tell it."""
    written, kind = _sql(column, dialect), column.type
    if dialect == "sqlite":
        if isinstance(kind, Flag):
            return f"json(CASE {written} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
        return f"json({written})" if isinstance(kind, Document) else written
    if isinstance(kind, UtcTime):
        return f"""to_char({written} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"CAST(trim_scale({written}) AS TEXT)" if isinstance(kind, ExactDecimal) else written
