"""Metrics: reading and changing them."""

from typing import Any

from sqlalchemy import Connection, select

from service.db.json_select import JsonSelect, json_count
from service.db.models import FigureRow, MetricRow, ScopeRow
from service.domain.metric import default_additive
from service.errors import Conflict, Fault
from service.schemas.metrics import Metric, MetricCreate, MetricPage, MetricPatch
from service.store import rows
from service.store.comparisons import consistency
from service.store.lists.filters import AnyOf, Filter, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import equations, metric_derivation, names, record_writes, scopes
from service.store.records.bounds import MOST_FIGURES, refuse_too_many_of_metric
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

_FIELDS = [
    "key", "name", "definition", "unit", "scale", "signed", "additive", "over_time", "over_time_inferred",
]  # fmt: skip
_OF_FIGURES = ("signed", "scale", "over_time")  # on which the intervals and measurands of figures depend
_OF_SUMMARIES = ("additive",)
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
    values = body.model_dump(exclude={"scopes"})
    values["additive"] = values["additive"] or default_additive(body.unit)
    if body.over_time_inferred:  # a figure with a period may have changed it since
        known = record_writes.stored(connection, MetricRow, {"id": body.id, "key": body.key})
        if known is not None and known["over_time_inferred"]:
            values["over_time"] = known["over_time"]
    made = record_writes.create(connection, MetricRow, values)
    if made.is_new:
        names.keep(connection, MetricRow, made.id, body.name)
        scopes.create_all(connection, made.id, body.scopes)
    elif not scopes.are_stored(connection, made.id, body.scopes):
        raise record_writes.already_stored(MetricRow, made.id, ["scopes"])
    return made


def amend(
    connection: Connection, ref: str, patch: MetricPatch, expected: Versions | None, most: int | None = MOST_FIGURES
) -> str:
    """Raises Conflict if more than `most` figures would have to be recomputed; None means no bound."""
    row = record_writes.lock(connection, MetricRow, ref, expected)
    changes = patch.model_dump()
    if "over_time" in changes:
        changes["over_time_inferred"] = False
    _refuse_another_unit(connection, row, changes)
    if changes.keys() & {*_OF_FIGURES, *_OF_SUMMARIES}:
        equations.refuse_unfit_metric(connection, {**row, **changes})
    record_writes.amend(connection, MetricRow, row, changes)
    changed = {name for name in (*_OF_FIGURES, *_OF_SUMMARIES) if changes.get(name, row[name]) != row[name]}
    if changed:
        consistency.mark_using(connection, row["id"])
    if changed.intersection(_OF_FIGURES):
        metric_derivation.derive_figures(connection, {**row, **changes}, most)
    elif changed:
        refuse_too_many_of_metric(connection, row["id"], most, row["key"])
        metric_derivation.mark_summaries_stale(connection, row["id"])
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


def _refuse_another_unit(connection: Connection, row: Any, changes: Values) -> None:
    if changes.get("unit", row["unit"]) == row["unit"]:
        return
    in_use = select(FigureRow.id).where(FigureRow.metric_id == row["id"]).limit(1)
    if connection.execute(in_use).first() is not None:
        detail = "The metric has figures, whose meaning would change with the unit. Create another metric."
        raise Conflict(detail, [Fault("/unit", "Cannot change once there are figures.")])
    if (equation := equations.using(connection, row["id"])) is not None:
        raise Conflict.at("/unit", f"The equation {equation} uses the metric. Withdraw it first.")
