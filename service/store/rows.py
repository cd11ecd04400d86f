"""The few generic functions that every noun's SQL is written with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Label, RowMapping, Select, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from service.db.base import Base
from service.db.tables import EntityRow, MetricRow, SourceRow
from service.domain.key import is_key, is_uuid
from service.errors import Conflict, Fault, Invalid, NotFound, Place, PreconditionFailed
from service.schemas.base import Body
from service.schemas.queries import ListQuery

Versions = frozenset[int]  # those that a change was written against (If-Match)
Values = dict[str, Any]

# columns that follow from others; they are never compared nor named in an error
_DERIVED = ("_earliest", "_latest")


HEAD = ("id", "version", "created_at", "updated_at", "created_by", "withdrawn")


class Created(NamedTuple):
    id: str
    is_new: bool


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return str(uuid7())


def noun(table: type[Base]) -> str:
    return str(table.__tablename__)


# Reading ------------------------------------------------------------------------------------------------------------


def embed(name: str, table: Any, *fields: str) -> list[Label[Any]]:
    """Columns that `nest` puts into the object `name` of the answer."""
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


def nest(row: RowMapping) -> Values:
    """`{"a.b": 1}` becomes `{"a": {"b": 1}}`; an embedded object of nulls only becomes null."""
    flat: Values = {}
    nested: dict[str, Values] = {}
    for label, value in row.items():
        outer, dot, inner = label.partition(".")
        if dot:
            nested.setdefault(outer, {})[inner] = value
        else:
            flat[label] = value
    for name, inner_values in nested.items():
        flat[name] = inner_values if any(value is not None for value in inner_values.values()) else None
    return flat


def fetch(connection: Connection, statement: Select[Any]) -> list[Values]:
    return [nest(row) for row in connection.execute(statement).mappings()]


def no_such(table: type[Base], ref: str, pointer: str = "/ref", place: Place = "path") -> NotFound:
    shown = f" {ref!r}" if is_key(ref) or is_uuid(ref) else ""
    return NotFound.at(pointer, f"There is no {noun(table)}{shown or ' of this id or key'}.", place)


def by_ref(table: Any, ref: str) -> Any:
    """The condition that picks the record. Raises NotFound for what can be neither an id nor a key."""
    if is_uuid(ref):
        return table.id == ref.lower()
    if not is_key(ref) or not hasattr(table, "key"):
        raise no_such(table, ref)
    return table.key == ref


def one(connection: Connection, table: type[Base], statement: Select[Any], ref: str) -> Values:
    found = fetch(connection, statement.where(by_ref(table, ref)))
    if not found:
        raise no_such(table, ref)
    return found[0]


# Refs in bodies and filters -----------------------------------------------------------------------------------------


def resolve(connection: Connection, table: Any, ref: str, pointer: str, current: str | None = None) -> str:
    """The id of a record that a body refers to. Raises Invalid when there is none.

    Raises Conflict when it is withdrawn, unless it is what the changed record refers to already (`current`).
    """
    row = connection.execute(select(table.id, table.withdrawn_at).where(by_ref(table, ref))).one_or_none()
    if row is None:
        raise Invalid.at(pointer, f"There is no {noun(table)} {ref!r}.")
    if row.withdrawn_at is not None and row.id != current:
        raise Conflict.at(pointer, f"The {noun(table)} {ref!r} is withdrawn; restore it first.")
    return str(row.id)


def resolve_refs(
    connection: Connection, body: Body, tables: Mapping[str, Any], current: RowMapping | None = None
) -> Values:
    """For every ref that the body sets (null included), its column and the id it stands for."""
    given = body.model_dump(include=set(tables))  # leaves out what is MISSING
    values: Values = {}
    for name, table in tables.items():
        if name in given:
            column = f"{name}_id"
            before = current[column] if current is not None else None
            ref = given[name]
            values[column] = None if ref is None else resolve(connection, table, ref, f"/{name}", before)
    return values


def filter_ids(connection: Connection, table: Any, refs: Sequence[str], name: str) -> list[str]:
    """The ids that a filter's refs stand for: several for one key, where scopes of several metrics have it.

    Raises Invalid for a ref that no record has.
    """
    named = or_(table.id.in_([ref for ref in refs if is_uuid(ref)]), table.key.in_(refs))
    found = connection.execute(select(table.id, table.key).where(named)).all()
    for ref in refs:
        if all(ref not in (row.id, row.key) for row in found):
            raise Invalid.at(f"/{name}", f"There is no {noun(table)} {ref!r}.", "query")
    return [row.id for row in found]


def any_of(column: Any, values: Sequence[Any]) -> Any:
    """An equality where one will do: it keeps an index in order."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def is_false(column: Any) -> Any:
    """Compares with a bound value: `IS false` is not written alike on both databases."""
    return column == literal(value=False, type_=column.type)


def withdrawn_is(table: Any, wanted: Literal["false", "true", "all"]) -> list[Any]:
    if wanted == "all":
        return []
    return [table.withdrawn_at.is_(None) if wanted == "false" else table.withdrawn_at.is_not(None)]


def basic_conditions(table: Any, query: ListQuery) -> list[Any]:
    """What every list filters by."""
    found = withdrawn_is(table, query.withdrawn)
    if query.id:
        found.append(any_of(table.id, query.id))
    return found


def content(row: RowMapping, fields: Iterable[str]) -> Values:
    """Those columns of a row that clients set."""
    return {name: row[name] for name in fields if name not in HEAD}


def is_empty(connection: Connection) -> bool:
    """Whether no source, entity or metric is stored: nothing else exists without one."""
    first = (select(table.id).limit(1) for table in (SourceRow, EntityRow, MetricRow))
    return all(connection.execute(statement).first() is None for statement in first)


# Writing ------------------------------------------------------------------------------------------------------------


def insert_new(connection: Connection, table: type[Base], values: Sequence[Values]) -> int:
    """Inserts those rows that no stored row contradicts, in one statement; says how many."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(list(values)).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def create(connection: Connection, table: Any, values: Values, initial: Values | None = None) -> Created:
    """Inserts a record. One that is stored already, by id or else by key, is left as it is if its content is the same.

    Raises Conflict, with a pointer to each field that differs, if it is not. `initial` are columns that a new record
    begins with and that its content does not hold.
    """
    moment = now()
    given = {**values, "id": values.get("id") or new_id()}
    life = {"version": 1, "created_at": moment, "updated_at": moment, **(initial or {})}
    if insert_new(connection, table, [{**given, **life}]):
        return Created(given["id"], is_new=True)
    stored = _stored(connection, table, values)
    own = [name for name in values if name != "id" and not name.endswith(_DERIVED)]
    differing = [name for name in own if stored[name] != values[name]]
    if differing:
        raise already_stored(table, differing)
    return Created(stored["id"], is_new=False)


def already_stored(table: type[Base], differing: Iterable[str]) -> Conflict:
    detail = f"This {noun(table)} is stored already, with other content. PATCH it, or choose another id or key."
    return Conflict(detail, [Fault(_pointer(name), "The stored value is another.") for name in differing])


def _stored(connection: Connection, table: Any, values: Values) -> RowMapping:
    if values.get("id"):
        found = connection.execute(select(*table.__table__.columns).where(table.id == values["id"])).mappings().first()
        if found is not None:
            return found
    key = values.get("key")
    found = connection.execute(select(*table.__table__.columns).where(table.key == key)).mappings().first()
    if found is None or values.get("id"):
        raise Conflict.at("/key", f"Another {noun(table)} has this key.")
    return found


def _pointer(column: str) -> str:
    return "/" + column.removesuffix("_id")


def lock(connection: Connection, table: Any, ref: str, versions: Versions | None) -> RowMapping:
    """The row, locked for this transaction. Raises PreconditionFailed when none of `versions` is the stored one."""
    row = (
        connection.execute(select(*table.__table__.columns).where(by_ref(table, ref)).with_for_update())
        .mappings()
        .first()
    )
    if row is None:
        raise no_such(table, ref)
    if versions is not None and row["version"] not in versions:
        raise stale(table)
    return row


def stale(table: type[Base]) -> PreconditionFailed:
    detail = f"The {noun(table)} has changed since you read it. Read it again and repeat your change on that."
    return PreconditionFailed.at("/If-Match", detail, "header")


def save(connection: Connection, table: Any, row: RowMapping, changes: Mapping[str, Any]) -> bool:
    """Writes what differs from `row` as its next version; says whether anything did."""
    differing = {name: value for name, value in changes.items() if row[name] != value}
    if not differing:
        return False
    bump(connection, table, row, differing)
    return True


def bump(connection: Connection, table: Any, row: RowMapping, changes: Mapping[str, Any]) -> None:
    """The next version of the row. Raises PreconditionFailed if somebody else made it meanwhile."""
    statement = (
        update(table)
        .where(table.id == row["id"], table.version == row["version"])
        .values(version=row["version"] + 1, updated_at=now(), **changes)
    )
    if connection.execute(statement).rowcount != 1:
        raise stale(table)


def amend(connection: Connection, table: Any, row: RowMapping, changes: Values) -> bool:
    """Writes a patch. Raises Conflict for a withdrawn record and for a key that is set already."""
    refuse_withdrawn(table, row)
    if "key" in changes and row["key"] is not None and changes["key"] != row["key"]:
        raise Conflict.at("/key", "A key is set once, since others rely on it.")
    if (
        changes.get("key") is not None
        and changes["key"] != row["key"]
        and _key_taken(connection, table, changes["key"])
    ):
        raise Conflict.at("/key", f"Another {noun(table)} has this key.")
    return save(connection, table, row, changes)


def _key_taken(connection: Connection, table: Any, key: str) -> bool:
    return connection.execute(select(table.id).where(table.key == key)).first() is not None


def refuse_withdrawn(table: type[Base], row: RowMapping, pointer: str = "") -> None:
    if row["withdrawn_at"] is not None:
        raise Conflict.at(pointer, f"The {noun(table)} is withdrawn; restore it first.")


def withdraw(connection: Connection, table: Any, row: RowMapping, reason: str) -> None:
    if row["withdrawn_at"] is not None:
        raise Conflict(f"The {noun(table)} is withdrawn already.")
    bump(connection, table, row, {"withdrawn_at": now(), "withdrawn_reason": reason})


def restore(connection: Connection, table: Any, row: RowMapping) -> None:
    if row["withdrawn_at"] is None:
        raise Conflict(f"The {noun(table)} is not withdrawn.")
    bump(connection, table, row, {"withdrawn_at": None, "withdrawn_reason": None})
