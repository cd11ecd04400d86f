"""What follows from the properties of a metric: the measurands and intervals of its figures, and the summaries."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, cast, literal_column, or_, select, type_coerce, update

from service.db.models import EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow
from service.db.types import Real
from service.domain.key import Measurand, measurand_period
from service.domain.period import Period
from service.domain.vocabulary import OverTime
from service.errors import Conflict
from service.store import rows
from service.store.comparisons import summary
from service.store.comparisons.measurands import NamedMeasurand
from service.store.records import record_writes
from service.store.records.bounds import refuse_too_many_of_metric
from service.store.records.figure_intervals import interval_columns, stated_of
from service.store.rows import Values

_DERIVED = (
    "measurand_id",
    *(f"interval_{name}" for name in ("low", "high", "low_open", "high_open", "text", "unit")),
    "not_computed",
)
_FIGURES = (
    select(
        *FigureRow.__table__.columns,
        EntityRow.key.label("subject_key"),
        ScopeRow.key.label("scope_key"),
    )
    .join(EntityRow, EntityRow.id == FigureRow.subject_id)
    .outerjoin(ScopeRow, ScopeRow.id == FigureRow.scope_id)
)
_CHANGE = (
    update(FigureRow)
    .where(FigureRow.id == bindparam("which", type_=FigureRow.id.type))
    .values({name: bindparam(f"new_{name}", type_=getattr(FigureRow, name).type) for name in _DERIVED})
)


def refuse_negative_amounts(connection: Connection, metric_id: str) -> None:
    """Raises Conflict if a figure of the metric has a negative number, so that it must stay signed."""
    negative = or_(*(_is_negative(number) for number in (FigureRow.value, FigureRow.lower, FigureRow.upper)))
    if connection.execute(select(FigureRow.id).where(FigureRow.metric_id == metric_id, negative).limit(1)).first():
        raise Conflict.at("/signed", "The metric has negative amounts, also of withdrawn figures. Correct these first.")


def _is_negative(number: Any) -> Any:
    return type_coerce(cast(number, Real), Real) < literal_column("0")  # SQLite stores decimals as text


def derive_figures(connection: Connection, metric: Any, most: int | None) -> None:
    """Assigns the figures of a metric to measurands and computes their intervals, by the properties that the metric
    now has. `metric` has the changed columns. Raises Conflict if there are more than `most` figures.
    """
    refuse_too_many_of_metric(connection, metric["id"], most, metric["key"])
    figures = connection.execute(_FIGURES.where(FigureRow.metric_id == metric["id"])).mappings().all()
    for part in rows.chunks(figures, rows.MOST_IDS):
        _derive(connection, part, metric)
    mark_summaries_stale(connection, metric["id"])


def _derive(connection: Connection, figures: Sequence[Any], metric: Any) -> None:
    named, changed = [], []
    for row in figures:
        measurand = _measurand_of(row, metric)
        values: Values = {"measurand_id": measurand.id}
        values |= interval_columns(stated_of(row), row["unit"], metric["unit"], signed=metric["signed"])
        if any(row[name] != value for name, value in values.items()):
            named.append(NamedMeasurand(measurand, row["subject_key"], metric["key"], row["scope_key"], metric["unit"]))
            changed.append({"which": row["id"]} | {f"new_{name}": value for name, value in values.items()})
    summary.ensure_measurands(connection, named)
    if changed:
        connection.execute(_CHANGE, changed)


def _measurand_of(row: Any, metric: Any) -> Measurand:
    earliest, latest = row["period_earliest"], row["period_latest"]
    period = Period(earliest, latest) if earliest is not None else None
    days = measurand_period(period, OverTime(metric["over_time"]))
    return Measurand(row["subject_id"], metric["id"], row["scope_id"], *days)


def mark_summaries_stale(connection: Connection, metric_id: str) -> None:
    """Marks all summaries of the metric stale, and those of copies, whose drift depends on its properties."""
    statement = select(MeasurandRow.id).where(MeasurandRow.metric_id == metric_id)
    summary.mark_stale(connection, connection.execute(statement).scalars())


def infer_periods(connection: Connection, metric_ids: Collection[str], most: int | None) -> None:
    """Makes these metrics `by_period`, unless somebody has set their `over_time`: a figure has a period."""
    for metric in sorted(metric_ids):
        row = record_writes.lock(connection, MetricRow, metric, None)
        change = {"over_time": str(OverTime.BY_PERIOD)}
        record_writes.save(connection, MetricRow, row, change)
        derive_figures(connection, {**row, **change}, most)
