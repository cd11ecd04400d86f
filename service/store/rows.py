"""The few generic functions that every noun is read with."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Label, RowMapping, Select, bindparam, literal, or_, select

from service.db.base import Base
from service.db.tables import EntityRow, MetricRow, SourceRow
from service.domain.key import is_key, is_uuid
from service.errors import Conflict, Invalid, NotFound, Place
from service.schemas.base import Body

Values = dict[str, Any]
T = TypeVar("T")
Referred = dict[Any, dict[str, Any]]  # by table, the rows by each ref that names them

IDS: Any = bindparam("ids", expanding=True)  # in statements that are built once
_KEYS: Any = bindparam("keys", expanding=True)
HEAD = ("id", "version", "created_at", "updated_at", "created_by", "withdrawn")


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def noun(table: type[Base]) -> str:
    return str(table.__tablename__)


def embed(name: str, table: Any, *fields: str) -> list[Label[Any]]:
    """Columns of the object `name` of the answer (`db/json_select.py`)."""
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
    """The condition that picks the record. Raises NotFound for what can be neither an id nor a key."""
    column, value = _named_by(table, ref)
    return column == value


def _named_by(table: Any, ref: str) -> tuple[Any, str]:
    """The column that has the ref, id or key, as it stands there. Raises NotFound for what can be neither."""
    if is_uuid(ref):
        return table.id, ref.lower()
    if not is_key(ref) or not hasattr(table, "key"):
        raise no_such(table, ref)
    return table.key, ref


# Refs in bodies and filters -----------------------------------------------------------------------------------------


def named(table: Any, refs: Collection[str]) -> Any:
    """The condition that picks all records named by these refs."""
    ids, keys = _split(refs)
    return or_(table.id.in_(ids), table.key.in_(keys)) if keys else table.id.in_(ids)


def _split(refs: Collection[str]) -> tuple[list[str], list[str]]:
    """Ids and keys."""
    return [ref for ref in refs if is_uuid(ref)], [ref for ref in refs if not is_uuid(ref)]


def all_named(
    connection: Connection, table: Any, refs: Collection[str], statement: Select[Any] | None = None
) -> Sequence[RowMapping]:
    """The whole rows of all records named by these refs; the statement is one made of `naming`."""
    ids, keys = _split(refs)
    found = statement if statement is not None else naming(table)
    return connection.execute(found, {"ids": ids, "keys": keys}).mappings().all()


@cache
def naming(table: Any) -> Select[Any]:
    """For `all_named`. Built once for each table."""
    by_id = table.id.in_(IDS)
    return select(*table.__table__.columns).where(or_(by_id, table.key.in_(_KEYS)) if hasattr(table, "key") else by_id)


def resolve_refs(
    connection: Connection, body: Body, tables: Mapping[str, Any], current: RowMapping | None = None
) -> Values:
    """For every ref that the body sets (null included), its column and the id it stands for.

    Raises Invalid for a record that there is not. Raises Conflict for a withdrawn one, unless it is what the changed
    record (`current`) refers to already.
    """
    return resolve_all_refs(connection, [body], tables, [current])[0]


def resolve_all_refs(
    connection: Connection, bodies: Sequence[Body], tables: Mapping[str, Any], current: Sequence[RowMapping | None]
) -> list[Values]:
    """The same for many bodies, in one statement for each kind of record that they refer to."""
    return links(bodies, tables, current, referred(connection, bodies, tables))


def referred(connection: Connection, bodies: Sequence[Body], tables: Mapping[str, Any]) -> Referred:
    """The records that bodies refer to, in one statement for each kind of them."""
    wanted: dict[Any, set[str]] = {}
    for body in bodies:
        for name, table in tables.items():
            if isinstance(ref := getattr(body, name, None), str):  # neither null nor MISSING
                wanted.setdefault(table, set()).add(ref)
    return {table: _targets(connection, table, refs) for table, refs in wanted.items()}


def links(
    bodies: Sequence[Body], tables: Mapping[str, Any], current: Sequence[RowMapping | None], found: Referred
) -> list[Values]:
    """What `resolve_refs` says of each body."""
    given = [body.model_dump(include=set(tables)) for body in bodies]  # leaves out what is MISSING
    return [
        {
            f"{name}_id": _target(found[tables[name]], name, refs[name], tables[name], before) if refs[name] else None
            for name in tables
            if name in refs
        }
        for refs, before in zip(given, current, strict=True)
    ]


def _targets(connection: Connection, table: Any, refs: set[str]) -> dict[str, Any]:
    found = all_named(connection, table, refs)
    return {ref: row for row in found for ref in (row["id"], row.get("key")) if ref is not None}


def _target(found: Mapping[str, Any], name: str, ref: str, table: Any, before: RowMapping | None) -> str:
    row = found.get(ref)
    if row is None:
        raise Invalid.at(f"/{name}", f"There is no {noun(table)} {ref!r}.")
    if row["withdrawn_at"] is not None and (before is None or row["id"] != before[f"{name}_id"]):
        raise Conflict.at(f"/{name}", f"The {noun(table)} {ref!r} is withdrawn; restore it first.")
    return str(row["id"])


def filter_ids(connection: Connection, table: Any, refs: Sequence[str], name: str) -> list[str]:
    """The ids that a filter's refs stand for: several for one key, where scopes of several metrics have it.

    Raises Invalid for a ref that no record has.
    """
    found = connection.execute(select(table.id, table.key).where(named(table, refs))).all()
    for ref in refs:
        if all(ref not in (row.id, row.key) for row in found):
            raise Invalid.at(f"/{name}", f"There is no {noun(table)} {ref!r}.", "query")
    return [row.id for row in found]


def ids(connection: Connection, table: Any, refs: Collection[str]) -> dict[str, str]:
    """The ids that refs stand for, of those that there are."""
    found = connection.execute(select(table.id, table.key).where(named(table, refs))).all()
    return {ref: row.id for row in found for ref in (row.id, row.key) if ref in refs}


def any_of(column: Any, values: Sequence[Any]) -> Any:
    """An equality where one will do: it keeps an index in order."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def is_false(column: Any) -> Any:
    """Compares with a bound value: `IS false` is not written alike on both databases."""
    return column == literal(value=False, type_=column.type)


def content(row: RowMapping, fields: Iterable[str]) -> Values:
    """Those columns of a row that clients set."""
    return {name: row[name] for name in fields if name not in HEAD}


def is_empty(connection: Connection) -> bool:
    """Whether no source, entity or metric is stored: nothing else exists without one."""
    first = (select(table.id).limit(1) for table in (SourceRow, EntityRow, MetricRow))
    return all(connection.execute(statement).first() is None for statement in first)
