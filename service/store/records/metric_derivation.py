"""What follows from the properties of a metric: the measurands and intervals of its figures, and the summaries."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from service.db.models import EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow
from service.domain.figure import Stated
from service.domain.key import Measurand, measurand_period
from service.domain.period import Period
from service.domain.vocabulary import OverTime, Scale
from service.errors import Conflict, Invalid
from service.store import rows
from service.store.comparisons import summary
from service.store.comparisons.conversions import CONVERSION
from service.store.comparisons.measurands import NamedMeasurand
from service.store.records import record_writes
from service.store.records.bounds import refuse_too_many_of_metric
from service.store.records.figure_intervals import check_figure, interval_columns
from service.store.rows import Values

_DERIVED = (
    "measurand_id",
    *(f"interval_{name}" for name in ("low", "high", "low_open", "high_open", "text", "unit")),
    *CONVERSION,
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
        stated = _checked(row, metric)
        values: Values = {"measurand_id": measurand.id} | dict.fromkeys(CONVERSION)  # converted with the summary
        values |= interval_columns(stated, row["unit"], metric["unit"], Scale(metric["scale"]), signed=metric["signed"])
        if any(row[name] != value for name, value in values.items()):
            named.append(NamedMeasurand(measurand, row["subject_key"], metric["key"], row["scope_key"], metric["unit"]))
            changed.append({"which": row["id"]} | {f"new_{name}": value for name, value in values.items()})
    summary.ensure_measurands(connection, named)
    if changed:
        connection.execute(_CHANGE, changed)


def _checked(row: Any, metric: Any) -> Stated:
    """The numbers of a stored figure. Raises Conflict if they do not fit the metric as it is to be."""
    try:
        return check_figure(row, metric["unit"], Scale(metric["scale"]), signed=metric["signed"])
    except Invalid as error:
        pointer = "/scale" if error.faults[0].pointer == "/unit" else "/signed"
        detail = f"A figure, {row['id']}, does not fit, withdrawn or not: {error.detail} Correct it first."
        raise Conflict.at(pointer, detail) from None


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
