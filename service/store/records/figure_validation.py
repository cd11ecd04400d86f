"""Validates the fields of a figure and computes its columns, measurand and interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, or_, select

from service.db.models import EntityRow, MetricRow, ScopeRow
from service.domain.key import Measurand, measurand_period
from service.domain.period import parse_period
from service.domain.vocabulary import OverTime, Scale
from service.errors import Conflict, Fault, Invalid
from service.store.comparisons.measurands import NamedMeasurand
from service.store.records import metric_derivation, references
from service.store.records.bounds import MOST_FIGURES
from service.store.records.figure_intervals import STATED, check_figure, interval_columns
from service.store.rows import Values


@dataclass(frozen=True, slots=True)
class ClaimContext:
    """What a figure's checks need of its claim: the subject, and whether the claim repeats another one."""

    subject_id: str
    subject_key: str
    is_relay: bool


_MOST_FAULTS = 100
_SUBJECT = select(EntityRow.id, EntityRow.key).where(EntityRow.id == bindparam("id"))
# metrics with their named scopes; the lock keeps a metric's unit unchanged until the transaction ends
_NAMED_SCOPE = and_(
    ScopeRow.metric_id == MetricRow.id,
    or_(
        ScopeRow.id.in_(bindparam("scope_ids", expanding=True)),
        ScopeRow.key.in_(bindparam("scope_keys", expanding=True)),
    ),
)
_IN_USE = (
    references.rows_named(MetricRow)
    .add_columns(
        ScopeRow.id.label("scope_id"),
        ScopeRow.key.label("scope_key"),
        ScopeRow.withdrawn_at.is_not(None).label("scope_withdrawn"),
    )
    .select_from(MetricRow)
    .outerjoin(ScopeRow, _NAMED_SCOPE)
    .order_by(MetricRow.id)
    .with_for_update(read=True, key_share=True, of=MetricRow)
)


def context_of(connection: Connection, claim: Any) -> ClaimContext:
    """`claim` has the columns of a claim, after a change of it."""
    found = connection.execute(_SUBJECT, {"id": claim["subject_id"]}).one()
    return ClaimContext(found.id, found.key, claim["derived_from_id"] is not None)


@dataclass(frozen=True, slots=True)
class CheckedFigure:
    """A validated figure: its id, if given; its columns, except those that place it in its claim; and its measurand."""

    id: str | None
    columns: Values
    measurand: NamedMeasurand
    metric_withdrawn: bool
    scope_withdrawn: bool

    def refuse_withdrawn(self, at: str) -> None:
        """Raises Conflict if the metric or the scope is withdrawn. `at` is the figure's pointer."""
        for name, is_withdrawn in (("metric", self.metric_withdrawn), ("scope", self.scope_withdrawn)):
            if is_withdrawn:
                raise Conflict.at(f"{at}/{name}", f"The {name} is withdrawn; restore it first.")

    def differing(self, row: RowMapping) -> list[str]:
        """Returns the names of the columns in which a stored figure differs."""
        return [name for name in (*STATED, "metric_id", "scope_id") if row[name] != self.columns[name]]


def check_figures(
    connection: Connection,
    claims: Sequence[ClaimContext],
    figures: Sequence[Mapping[str, Any]],
    pointers: Sequence[str],
) -> list[CheckedFigure]:
    """Validates figures, each of its claim, and computes their columns.

    Fields are as in FigureFields, with refs in `metric` and `scope`. Runs one statement for any number of figures, and
    more if a period is the first of a metric whose `over_time` is inferred. Raises Invalid with pointers under each
    figure's own.
    """
    if not figures:
        return []
    metrics, scopes = _metrics(connection, figures)
    first_periods = {
        metric["id"]
        for figure in figures
        if figure["period"] and (metric := metrics.get(figure["metric"])) is not None and _is_inferred(metric)
    }
    if first_periods:
        metric_derivation.infer_periods(connection, first_periods, MOST_FIGURES)
        metrics, scopes = _metrics(connection, figures)
    checked = []
    faults: list[Fault] = []
    for claim, figure, pointer in zip(claims, figures, pointers, strict=True):
        try:
            checked.append(_check(claim, figure, metrics, scopes))
        except Invalid as error:
            faults += error.under(pointer).faults
    if faults:
        raise Invalid(faults[0].detail, faults[:_MOST_FAULTS])
    return checked


Metrics = dict[str, RowMapping]  # by id and by key
Scopes = dict[tuple[str, str], RowMapping]  # by metric id and scope ref


def _metrics(connection: Connection, figures: Sequence[Mapping[str, Any]]) -> tuple[Metrics, Scopes]:
    scope_refs = references.named({figure["scope"] for figure in figures if figure["scope"]})
    values = references.named({figure["metric"] for figure in figures}) | {
        f"scope_{name}": refs for name, refs in scope_refs.items()
    }
    metrics: Metrics = {}
    scopes: Scopes = {}
    for row in connection.execute(_IN_USE, values).mappings():
        metrics |= dict.fromkeys((row["id"], row["key"]), row)
        if row["scope_id"] is not None:
            scopes |= {(row["id"], ref): row for ref in (row["scope_id"], row["scope_key"])}
    return metrics, scopes


def _is_inferred(metric: RowMapping) -> bool:
    return bool(metric["over_time_inferred"]) and metric["over_time"] == OverTime.FIXED


def _check(claim: ClaimContext, figure: Mapping[str, Any], metrics: Metrics, scopes: Scopes) -> CheckedFigure:
    metric = metrics.get(figure["metric"])
    if metric is None:
        raise Invalid.at("/metric", f"Unknown metric {figure['metric']!r}.")
    scope = scopes.get((metric["id"], figure["scope"])) if figure["scope"] else None
    if figure["scope"] and scope is None:
        raise Invalid.at("/scope", f"The metric {metric['key']!r} has no scope {figure['scope']!r}.")
    if figure["relayed"] and not claim.is_relay:
        raise Invalid.at("/relayed", "The claim repeats no other one. Set its derived_from first, or leave this out.")
    stated = check_figure(figure, metric["unit"], Scale(metric["scale"]), signed=metric["signed"])
    period = parse_period(figure["period"]) if figure["period"] else None
    scope_id = scope["scope_id"] if scope else None
    days = measurand_period(period, OverTime(metric["over_time"]))
    measurand = Measurand(claim.subject_id, metric["id"], scope_id, *days)
    columns = {name: figure[name] for name in STATED} | {
        "measurand_id": measurand.id,
        "subject_id": claim.subject_id,
        "metric_id": metric["id"],
        "scope_id": scope_id,
        "period_earliest": period.earliest if period else None,
        "period_latest": period.latest if period else None,
        **interval_columns(stated, figure["unit"], metric["unit"], Scale(metric["scale"]), signed=metric["signed"]),
    }
    named = NamedMeasurand(
        measurand, claim.subject_key, metric["key"], scope["scope_key"] if scope else None, metric["unit"]
    )
    return CheckedFigure(
        figure.get("id"),
        columns,
        named,
        metric_withdrawn=metric["withdrawn_at"] is not None,
        scope_withdrawn=bool(scope and scope["scope_withdrawn"]),
    )
