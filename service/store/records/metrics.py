"""Metrics: reading and changing them."""

from typing import Any

from sqlalchemy import Connection, select

from service.db.json_select import JsonSelect, json_count
from service.db.models import FigureRow, MetricRow, ScopeRow
from service.errors import Conflict, Fault
from service.schemas.metrics import Metric, MetricCreate, MetricPage, MetricPatch
from service.store import rows
from service.store.lists.filters import AnyOf, Filter, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import names, record_writes, scopes
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

_FIELDS = ["key", "name", "definition", "unit", "periodic", "signed"]
_FIXED = ("unit", "periodic", "signed")
ROWS = JsonSelect(
    select(*rows.head(MetricRow), *(getattr(MetricRow, name) for name in _FIELDS)),
    list(Metric.model_fields),
    {"scope_count": json_count(ScopeRow, "scope.metric_id = metric.id AND scope.withdrawn_at IS NULL")},
)
PROJECTION = Projection(MetricRow, Metric, ROWS)
FILTERS: dict[str, Filter] = {"id": AnyOf(MetricRow.id), "withdrawn": withdrawn(MetricRow)}
SORTS = {name: getattr(MetricRow, name) for name in ("created_at", "updated_at", "key", "name")}
LIST = record_list(MetricPage, ROWS, FILTERS, SORTS, MetricRow.id)


def create(connection: Connection, body: MetricCreate) -> Created:
    scopes.check_tree(body.scopes)
    made = record_writes.create(connection, MetricRow, body.model_dump(exclude={"scopes"}))
    if made.is_new:
        names.keep(connection, MetricRow, made.id, body.name)
        scopes.create_all(connection, made.id, body.scopes)
    elif not scopes.are_stored(connection, made.id, body.scopes):
        raise record_writes.already_stored(MetricRow, made.id, ["scopes"])
    return made


def amend(connection: Connection, ref: str, patch: MetricPatch, expected: Versions) -> str:
    row = record_writes.lock(connection, MetricRow, ref, expected)
    changes = patch.model_dump()
    _refuse_to_redefine(connection, row, changes)
    record_writes.amend(connection, MetricRow, row, changes)
    if "name" in changes:
        names.keep(connection, MetricRow, row["id"], changes["name"])
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
