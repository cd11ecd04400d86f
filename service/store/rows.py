"""Generic helpers for reading records of any kind."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Label, RowMapping, bindparam, literal, select

from service.db.models import EntityRow, IdentifierRow, MetricRow, SourceRow
from service.db.models.base import Base
from service.domain.key import is_key, is_uuid, split_identifier
from service.errors import NotFound, Place

Values = dict[str, Any]
T = TypeVar("T")
IDS: Any = bindparam("ids", expanding=True)  # for statements that are built once
MOST_IDS = 5_000  # in one statement: both drivers limit its parameters
HEAD = ("id", "version", "created_at", "updated_at", "created_by", "withdrawn")


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def noun(table: type[Base]) -> str:
    return str(table.__tablename__)


def embed(name: str, table: Any, *fields: str) -> list[Label[Any]]:
    """The columns of the nested object `name` (`db/json_select.py`)."""
    return [getattr(table, field).label(f"{name}.{field}") for field in fields]


def head(table: Any) -> list[Any]:
    return [
        table.id,
        table.version,
        table.created_at,
        table.updated_at,
        table.created_by,
        table.withdrawn_at.label("withdrawn.at"),
        table.withdrawn_reason.label("withdrawn.reason"),
    ]


def no_such(table: type[Base], ref: str, pointer: str = "/ref", place: Place = "path") -> NotFound:
    shown = f" {ref!r}" if is_key(ref) or is_uuid(ref) else ""
    return NotFound.at(pointer, f"There is no {noun(table)}{shown or ' of this id or key'}.", place)


def by_ref(table: Any, ref: str) -> Any:
    """The condition that selects the record. Raises NotFound if `ref` can be neither an id nor a key."""
    identifier = split_identifier(ref) if table is EntityRow else None
    if identifier is not None:
        named = (IdentifierRow.scheme == identifier[0], IdentifierRow.value == identifier[1])
        return table.id == select(IdentifierRow.entity_id).where(*named).scalar_subquery()
    column, value = _named_by(table, ref)
    return column == value


def _named_by(table: Any, ref: str) -> tuple[Any, str]:
    """The column that holds the ref (id or key) and the value as stored. Raises NotFound if it can be neither."""
    if is_uuid(ref):
        return table.id, ref.lower()
    if not is_key(ref) or not hasattr(table, "key"):
        raise no_such(table, ref)
    return table.key, ref


def any_of(column: Any, values: Sequence[Any]) -> Any:
    """Uses an equality for a single value, because that keeps the order of an index."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def is_false(column: Any) -> Any:
    """Compares with a bound value, because the databases write `IS false` differently."""
    return column == literal(value=False, type_=column.type)


def content(row: RowMapping, fields: Iterable[str]) -> Values:
    """The columns of a row that clients set."""
    return {name: row[name] for name in fields if name not in HEAD}


def is_empty(connection: Connection) -> bool:
    """Whether no source, entity or metric is stored. Nothing else exists without one."""
    first = (select(table.id).limit(1) for table in (SourceRow, EntityRow, MetricRow))
    return all(connection.execute(statement).first() is None for statement in first)
