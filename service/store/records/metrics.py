"""Metrics and their scopes: reading and changing them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect, json_list, json_object
from service.db.models import FigureRow, MeasurandRow, MetricRow, ScopeRow
from service.errors import Conflict, Fault, Invalid
from service.schemas.metrics import Metric, MetricCreate, MetricPage, MetricPatch, Scope, ScopeFields
from service.store import rows
from service.store.comparisons.summary import mark_scopes_stale
from service.store.lists.filters import AnyOf, Filter, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import names, record_writes
from service.store.records.chains import MAX_CHAIN
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

_FIELDS = ["key", "name", "definition", "unit", "periodic", "signed"]
_FIXED = ("unit", "periodic", "signed")
_WHOLE = aliased(ScopeRow, name="whole")
_SCOPE = json_object(
    [
        *(getattr(ScopeRow, name) for name in ("id", "key", "name", "definition")),
        *rows.embed("part_of", _WHOLE, "id", "key", "name"),
    ],
    list(Scope.model_fields),
)


def _with_wholes(statement: Select[Any]) -> Select[Any]:
    return statement.outerjoin(_WHOLE, _WHOLE.id == ScopeRow.part_of_id)


ROWS = JsonSelect(
    select(*rows.head(MetricRow), *(getattr(MetricRow, name) for name in _FIELDS)),
    list(Metric.model_fields),
    {"scopes": json_list(_SCOPE, _with_wholes, ScopeRow.position, "scope.metric_id = metric.id")},
)
PROJECTION = Projection(MetricRow, Metric, ROWS)
FILTERS: dict[str, Filter] = {"id": AnyOf(MetricRow.id), "withdrawn": withdrawn(MetricRow)}
SORTS = {name: getattr(MetricRow, name) for name in ("created_at", "updated_at", "key", "name")}
LIST = record_list(MetricPage, ROWS, FILTERS, SORTS, MetricRow.id)


def create(connection: Connection, body: MetricCreate) -> Created:
    _check_tree(body.scopes)
    made = record_writes.create(connection, MetricRow, body.model_dump(exclude={"scopes"}))
    if made.is_new:
        names.keep(connection, MetricRow, made.id, body.name)
        _write_scopes(connection, made.id, body.scopes)
    else:
        stored = _stored(connection, made.id)
        _scope_ids(connection, stored, body.scopes)
        if [_content(scope) for scope in body.scopes] != [_stored_content(row) for row in stored.values()]:
            raise record_writes.already_stored(MetricRow, made.id, ["scopes"])
    return made


def amend(connection: Connection, ref: str, patch: MetricPatch, expected: Versions) -> str:
    row = record_writes.lock(connection, MetricRow, ref, expected)
    changes = patch.model_dump(exclude={"scopes"})
    _refuse_to_redefine(connection, row, changes)
    changed = record_writes.amend(connection, MetricRow, row, changes)
    if "name" in changes:
        names.keep(connection, MetricRow, row["id"], changes["name"])
    if isinstance(patch.scopes, list):
        _check_tree(patch.scopes)
        if _write_scopes(connection, row["id"], patch.scopes) and not changed:
            record_writes.bump(connection, MetricRow, row, {})
    return str(row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    row = record_writes.lock(connection, MetricRow, ref, expected)
    record_writes.withdraw(connection, MetricRow, row, reason)
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    row = record_writes.lock(connection, MetricRow, ref, expected)
    record_writes.restore(connection, MetricRow, row)
    return str(row["id"])


def _refuse_to_redefine(connection: Connection, row: Any, changes: Values) -> None:
    changed = [name for name in _FIXED if name in changes and changes[name] != row[name]]
    in_use = select(FigureRow.id).where(FigureRow.metric_id == row["id"]).limit(1)
    if changed and connection.execute(in_use).first() is not None:
        detail = "The metric has figures, whose meaning would change with it. Create another metric."
        raise Conflict(detail, [Fault(f"/{name}", "Cannot change once there are figures.") for name in changed])


# Scopes --------------------------------------------------------------------------------------------------------------


def _check_tree(scopes: Sequence[ScopeFields]) -> None:
    """Raises Invalid for a duplicate key, for a `part_of` that is not listed, and for a cycle of parts."""
    parents = {scope.key: scope.part_of for scope in scopes}
    if len(parents) < len(scopes):
        raise Invalid.at("/scopes", "Two scopes have the same key.")
    for index, scope in enumerate(scopes):
        pointer = f"/scopes/{index}/part_of"
        if scope.part_of is not None and scope.part_of not in parents:
            raise Invalid.at(pointer, f"The metric has no scope {scope.part_of!r}.")
        steps, whole = 0, scope.part_of
        while whole is not None:
            steps, whole = steps + 1, parents[whole]
            if steps > min(len(parents), MAX_CHAIN):
                raise Invalid.at(pointer, "The parts close a circle, or their chain is too long.")


def _stored(connection: Connection, metric_id: str) -> dict[str, Any]:
    statement = (
        select(*ScopeRow.__table__.columns, _WHOLE.key.label("part_of"))
        .outerjoin(_WHOLE, _WHOLE.id == ScopeRow.part_of_id)
        .where(ScopeRow.metric_id == metric_id)
        .order_by(ScopeRow.position)
    )
    return {row["key"]: row for row in connection.execute(statement).mappings()}


def _content(scope: ScopeFields) -> tuple[Any, ...]:
    return (scope.key, scope.name, scope.definition, scope.part_of)


def _stored_content(row: Any) -> tuple[Any, ...]:
    return (row["key"], row["name"], row["definition"], row["part_of"])


def _write_scopes(connection: Connection, metric_id: str, scopes: Sequence[ScopeFields]) -> bool:
    """Replaces the metric's scopes by those given, matched by key. Returns whether anything changed."""
    stored = _stored(connection, metric_id)
    ids = _scope_ids(connection, stored, scopes)
    if [_content(scope) for scope in scopes] == [_stored_content(row) for row in stored.values()]:
        return False
    dropped = [row["id"] for key, row in stored.items() if key not in ids]
    _refuse_used(connection, dropped)
    # links are removed first and set last, so that no order of writing breaks a reference
    connection.execute(update(ScopeRow).where(ScopeRow.metric_id == metric_id).values(part_of_id=None))
    connection.execute(delete(ScopeRow).where(ScopeRow.id.in_(dropped)))
    for position, scope in enumerate(scopes):
        fields = {"name": scope.name, "definition": scope.definition, "position": position}
        if scope.key in stored:
            connection.execute(update(ScopeRow).where(ScopeRow.id == ids[scope.key]).values(fields))
        else:
            values = {**fields, "id": ids[scope.key], "metric_id": metric_id, "key": scope.key, "part_of_id": None}
            connection.execute(insert(ScopeRow).values(values))
    for scope in scopes:
        if scope.part_of is not None:
            link = update(ScopeRow).where(ScopeRow.id == ids[scope.key]).values(part_of_id=ids[scope.part_of])
            connection.execute(link)
    if {key: row["part_of"] for key, row in stored.items()} != {scope.key: scope.part_of for scope in scopes}:
        mark_scopes_stale(connection, metric_id)
    return True


def _scope_ids(connection: Connection, stored: dict[str, Any], scopes: Sequence[ScopeFields]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for index, scope in enumerate(scopes):
        known = stored[scope.key]["id"] if scope.key in stored else None
        if known is not None and scope.id not in (None, known):
            raise Conflict.at(f"/scopes/{index}/id", "The scope with this key has another id.")
        if known is None and scope.id is not None:
            taken = select(ScopeRow.id).where(ScopeRow.id == scope.id)
            if scope.id in ids.values() or connection.execute(taken).first() is not None:
                raise Conflict.at(f"/scopes/{index}/id", "Another scope has this id. A scope's key is set once.")
        ids[scope.key] = known or scope.id or record_writes.new_id()
    return ids


def _refuse_used(connection: Connection, scope_ids: Sequence[str]) -> None:
    used = select(MeasurandRow.id).where(MeasurandRow.scope_id.in_(scope_ids)).limit(1)
    if scope_ids and connection.execute(used).first() is not None:
        raise Conflict.at("/scopes", "A scope that figures use cannot be removed.")
