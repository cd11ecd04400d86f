"""Versioned writes of records, shared by all kinds of records."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, UpdateBase, select, update
from uuid_utils.compat import uuid7

from service.db import bulk
from service.db.engine import Author
from service.db.models import ChangeRow
from service.db.models.base import Base
from service.domain.access import may_change
from service.domain.vocabulary import Operation
from service.errors import AlreadyStored, Conflict, Fault, Forbidden, PreconditionFailed, Raced, Unavailable
from service.store.records.references import named, rows_named
from service.store.rows import Values, by_ref, no_such, noun

Versions = frozenset[int]  # the versions that a change is based on (If-Match)
Touched = dict[tuple[str, str], Operation]  # by kind and id

# derived columns; they are not compared and not named in errors
_DERIVED = ("_earliest", "_latest")


class Created(NamedTuple):
    id: str
    is_new: bool


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return str(uuid7())


def author(connection: Connection) -> Author:
    """Returns the author of this transaction's changes."""
    found: Author = connection.get_execution_options().get("author", Author())
    return found


def insert_new(connection: Connection, table: type[Base], values: Sequence[Values]) -> int:
    """Inserts the rows that do not conflict with stored ones, and returns their number. All have the same columns."""
    return bulk.write(connection, _insert_new(connection.dialect.name, table, tuple(values[0])), values)


@cache
def _insert_new(dialect: str, table: type[Base], names: tuple[str, ...]) -> UpdateBase:
    return bulk.insertion(dialect, table, names).on_conflict_do_nothing()


def create(connection: Connection, table: Any, values: Values, initial: Values | None = None) -> Created:
    """Inserts a record. If it is stored already, by id or else by key, with the same content, it is left as it is.

    Raises Conflict, with a pointer to each differing field, if the content differs. `initial` holds columns of a new
    record that are not part of its content.
    """
    given = {**values, "id": values.get("id") or new_id()}
    if insert_new(connection, table, [{**given, **heads(connection, 1)[0], **(initial or {})}]):
        note(connection, table, given["id"], Operation.CREATE)
        return Created(given["id"], is_new=True)
    known = stored(connection, table, values)
    if known is None:
        raise Unavailable("The record came and went while it was being created. Try again.")
    refuse_other_content(table, known, values)
    return Created(known["id"], is_new=False)


def create_all(
    connection: Connection,
    table: Any,
    records: Sequence[Values],
    known: Sequence[RowMapping | None],
    initial: Sequence[Values] | None = None,
) -> list[Created]:
    """Creates many records; `known` holds what `stored_of` returned for them. Inserts new ones in one statement.
    `initial` holds, for each, columns of a new record that are not part of its content.
    """
    initial = initial or [{}] * len(records)
    new = [(values, columns) for values, row, columns in zip(records, known, initial, strict=True) if row is None]
    for values, row in zip(records, known, strict=True):
        if row is not None:
            refuse_other_content(table, row, values)
    made = iter(_insert_all(connection, table, new))
    return [next(made) if row is None else Created(row["id"], is_new=False) for row in known]


def _insert_all(connection: Connection, table: Any, records: Sequence[tuple[Values, Values]]) -> list[Created]:
    if len(records) <= 1:
        return [create(connection, table, values, initial) for values, initial in records]
    given = [{**values, "id": values.get("id") or new_id()} for values, _ in records]
    births = heads(connection, len(given))
    rows = [v | birth | initial for v, birth, (_, initial) in zip(given, births, records, strict=True)]
    if insert_new(connection, table, rows) < len(given):
        raise Raced("Another client was creating some of these records at the same time. Try again.")
    for values in given:
        note(connection, table, values["id"], Operation.CREATE)
    return [Created(values["id"], is_new=True) for values in given]


def heads(connection: Connection, number: int) -> list[Values]:
    """Head columns of new records, one microsecond apart, so that lists sorted by time keep the order of input."""
    by = author(connection).id
    return [{"version": 1, "created_at": m, "updated_at": m, "created_by": by} for m in distinct_times(number)]


def distinct_times(number: int) -> list[datetime]:
    """Returns distinct times, starting now."""
    first = now()
    return [first + timedelta(microseconds=index) for index in range(number)]


def refuse_other_content(table: type[Base], known: RowMapping, values: Values) -> None:
    """Raises Conflict, with a pointer to each field that differs."""
    own = [name for name in values if name != "id" and not name.endswith(_DERIVED)]
    differing = [name for name in own if known[name] != values[name]]
    if differing:
        raise already_stored(table, known["id"], differing)


def already_stored(table: type[Base], record_id: str, differing: Iterable[str]) -> AlreadyStored:
    detail = f"This {noun(table)} is stored already, with other content. PATCH it, or choose another id or key."
    faults = [Fault(_pointer(name), "The stored value is another.") for name in differing]
    return AlreadyStored(detail, faults, record_id)


def stored(connection: Connection, table: Any, values: Values) -> RowMapping | None:
    """Returns the record that a create repeats, by id or else by key; None if it is new.

    Raises Conflict if the id is new and the key is not.
    """
    return stored_of(connection, table, [values])[0]


def stored_of(connection: Connection, table: Any, records: Sequence[Values]) -> list[RowMapping | None]:
    """Like `stored`, for many records in one statement."""
    refs = {ref for values in records for ref in (values.get("id"), values.get("key")) if ref is not None}
    if not refs:
        return [None] * len(records)
    found = connection.execute(rows_named(table), named(refs)).mappings().all()
    by_id = {row["id"]: row for row in found}
    by_key = {row["key"]: row for row in found} if hasattr(table, "key") else {}
    return [_known(table, by_id, by_key, values) for values in records]


def _known(table: Any, by_id: Mapping[str, Any], by_key: Mapping[str, Any], values: Values) -> RowMapping | None:
    record_id, key = values.get("id"), values.get("key")
    found: RowMapping | None = by_id.get(record_id or "")
    if found is None and key is not None and key in by_key:
        if record_id is not None:
            raise Conflict.at("/key", f"Another {noun(table)} has this key.")
        found = by_key[key]
    return found


def _pointer(column: str) -> str:
    return "/" + column.removesuffix("_id")


def lock(connection: Connection, table: Any, ref: str, expected: Versions | None) -> RowMapping:
    """Returns the row, locked for this transaction.

    `expected` holds the versions that the author has seen; None is for changes by the system. Raises NotFound;
    Forbidden if the author may not change the record; PreconditionFailed if the stored version is not in `expected`.
    """
    row = (
        connection.execute(select(*table.__table__.columns).where(by_ref(table, ref)).with_for_update())
        .mappings()
        .first()
    )
    if row is None:
        raise no_such(table, ref)
    if expected is not None:
        refuse_foreign(connection, table, row)
        if row["version"] not in expected:
            raise stale(table)
    return row


def refuse_foreign(connection: Connection, table: type[Base], row: RowMapping, pointer: str = "") -> None:
    """Raises Forbidden if the author may change only own records and did not create this one."""
    by = author(connection)
    if by.role is not None and not may_change(by.role, own=row["created_by"] == by.id):
        faults = [Fault(pointer, "It was created with another key.")]
        raise Forbidden(f"This {noun(table)} is not yours to change; that takes a curator.", faults)


def stale(table: type[Base]) -> PreconditionFailed:
    detail = f"The {noun(table)} has changed since you read it. Read it again and repeat your change on that."
    return PreconditionFailed.at("/If-Match", detail, "header")


def save(connection: Connection, table: Any, row: RowMapping, changes: Mapping[str, Any]) -> bool:
    """Writes the values that differ from `row` as its next version. Returns whether any differed."""
    differing = {name: value for name, value in changes.items() if row[name] != value}
    if not differing:
        return False
    bump(connection, table, row, differing)
    return True


def bump(
    connection: Connection,
    table: Any,
    row: RowMapping,
    changes: Mapping[str, Any],
    operation: Operation = Operation.UPDATE,
) -> None:
    """Writes the next version of the row: one for each transaction, since the history records the record as it is at
    the end of one. Raises PreconditionFailed if another writer did so in the meantime.
    """
    touched: Touched = connection.get_execution_options().get("touched", {})
    is_next = (noun(table), row["id"]) not in touched
    statement = (
        update(table)
        .where(table.id == row["id"], table.version == row["version"])
        .values(version=row["version"] + int(is_next), updated_at=now(), **changes)
    )
    if connection.execute(statement).rowcount != 1:
        raise stale(table)
    note(connection, table, row["id"], operation)


def note(connection: Connection, table: type[Base], record_id: str, operation: Operation) -> None:
    """Notes, for the history, that this transaction wrote a version of a record. Its first operation is recorded."""
    touched: Touched | None = connection.get_execution_options().get("touched")
    if touched is not None:
        touched.setdefault((noun(table), record_id), operation)


def amend(connection: Connection, table: Any, row: RowMapping, changes: Values) -> bool:
    """Applies a patch. Raises Conflict for a withdrawn record, a key that is set already, and a key that is in use."""
    refuse_changes(connection, table, row, changes)
    return save(connection, table, row, changes)


def refuse_changes(connection: Connection, table: Any, row: RowMapping, changes: Values) -> None:
    refuse_withdrawn(table, row)
    if "key" in changes and row["key"] is not None and changes["key"] != row["key"]:
        raise Conflict.at("/key", "A key is set once, since others rely on it.")
    if (
        changes.get("key") is not None
        and changes["key"] != row["key"]
        and _key_taken(connection, table, changes["key"])
    ):
        raise Conflict.at("/key", f"Another {noun(table)} has this key.")


def _key_taken(connection: Connection, table: Any, key: str) -> bool:
    return connection.execute(select(table.id).where(table.key == key)).first() is not None


def refuse_withdrawn(table: type[Base], row: RowMapping, pointer: str = "") -> None:
    if row["withdrawn_at"] is not None:
        raise Conflict.at(pointer, f"The {noun(table)} is withdrawn; restore it first.")


def _decides(connection: Connection) -> bool:
    """Whether the author is a curator, who may undo what others have decided, or the command line."""
    role = author(connection).role
    return role is None or may_change(role, own=False)


def _refuse_foreign_withdrawal(connection: Connection, table: type[Base], record_id: str) -> None:
    """Raises Forbidden if the author may not restore the record, because someone else withdrew it."""
    if _decides(connection):
        return
    withdrawals = select(ChangeRow.actor_id).where(
        ChangeRow.kind == noun(table), ChangeRow.record_id == record_id, ChangeRow.operation == str(Operation.WITHDRAW)
    )
    last = connection.execute(withdrawals.order_by(ChangeRow.seq.desc()).limit(1)).scalar()
    if last != author(connection).id:
        raise Forbidden(f"This {noun(table)} was withdrawn by another author; only a curator can restore it.")


def refuse_foreign_decision(connection: Connection, table: type[Base], record_id: str, field: str) -> None:
    """Raises Forbidden if the author may not undo the value of this field, because someone else set it last."""
    if _decides(connection):
        return
    changes = select(ChangeRow.actor_id, ChangeRow.changed).where(
        ChangeRow.kind == noun(table), ChangeRow.record_id == record_id
    )
    newest_first = connection.execute(changes.order_by(ChangeRow.seq.desc()))
    last = next((change.actor_id for change in newest_first if field in change.changed), None)
    newest_first.close()
    if last not in (None, author(connection).id):
        detail = f"Another author decided on the {field} of this {noun(table)}; only a curator can undo that."
        raise Forbidden.at(f"/{field}", detail)


def withdraw(connection: Connection, table: Any, row: RowMapping, reason: str) -> None:
    if row["withdrawn_at"] is not None:
        raise Conflict(f"The {noun(table)} is withdrawn already.")
    bump(connection, table, row, {"withdrawn_at": now(), "withdrawn_reason": reason}, Operation.WITHDRAW)


def restore(connection: Connection, table: Any, row: RowMapping) -> None:
    if row["withdrawn_at"] is None:
        raise Conflict(f"The {noun(table)} is not withdrawn.")
    _refuse_foreign_withdrawal(connection, table, row["id"])
    bump(connection, table, row, {"withdrawn_at": None, "withdrawn_reason": None}, Operation.RESTORE)
