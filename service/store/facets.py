"""Which values there are to filter by, and of how many each is."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from service.db.tables import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SourceRow
from service.db.views import PRESENT, STANDING
from service.schemas.facets import Facet, FacetQuery, Facets
from service.store import rows

_SUBJECT, _CLAIMANT = aliased(EntityRow), aliased(EntityRow)


class _Counted(NamedTuple):
    """What is grouped by, how it is shown, and the table that both stand in where it is not the counted one."""

    value: Any
    label: Any
    table: Any = None
    on: Any = None


_OF_FIGURES = {
    "subject": _Counted(_SUBJECT.key, _SUBJECT.name, _SUBJECT, _SUBJECT.id == FigureRow.subject_id),
    "subject_kind": _Counted(_SUBJECT.kind, _SUBJECT.kind, _SUBJECT, _SUBJECT.id == FigureRow.subject_id),
    "metric": _Counted(MetricRow.key, MetricRow.name, MetricRow, MetricRow.id == FigureRow.metric_id),
    "scope": _Counted(ScopeRow.key, ScopeRow.name, ScopeRow, ScopeRow.id == FigureRow.scope_id),
    "measurand": _Counted(MeasurandRow.key, MeasurandRow.key, MeasurandRow, MeasurandRow.id == FigureRow.measurand_id),
    "claimant": _Counted(_CLAIMANT.key, _CLAIMANT.name, _CLAIMANT, _CLAIMANT.id == ClaimRow.claimant_id),
    "source": _Counted(SourceRow.id, SourceRow.title, SourceRow, SourceRow.id == ClaimRow.source_id),
    "source_kind": _Counted(SourceRow.kind, SourceRow.kind, SourceRow, SourceRow.id == ClaimRow.source_id),
    "publisher": _Counted(SourceRow.publisher, SourceRow.publisher, SourceRow, SourceRow.id == ClaimRow.source_id),
    "basis": _Counted(FigureRow.basis, FigureRow.basis),
    "qualifier": _Counted(FigureRow.qualifier, FigureRow.qualifier),
    "unit": _Counted(FigureRow.unit, FigureRow.unit),
    "claimant_role": _Counted(ClaimRow.claimant_role, ClaimRow.claimant_role),
    "claim_status": _Counted(ClaimRow.status, ClaimRow.status),
}
_OF_MEASURANDS = {
    "agreement": _Counted(MeasurandRow.agreement, MeasurandRow.agreement),
    "verdict": _Counted(MeasurandRow.verdict, MeasurandRow.verdict),
    "comparability": _Counted(MeasurandRow.comparability, MeasurandRow.comparability),
}


def count(connection: Connection, query: FacetQuery) -> Facets:
    """The most frequent values first."""
    table: Any = MeasurandRow if query.field in _OF_MEASURANDS else FigureRow
    counted = (_OF_MEASURANDS | _OF_FIGURES)[query.field]
    number = func.count().label("count")
    statement = select(counted.value.label("value"), counted.label.label("label"), number).select_from(table)
    if table is FigureRow:
        statement = statement.join(ClaimRow, ClaimRow.id == FigureRow.claim_id).where(*STANDING)
    else:
        statement = statement.where(PRESENT)
    if counted.table is not None:
        statement = statement.join(counted.table, counted.on)
    for given, kind, column, name in (
        (query.subject, EntityRow, table.subject_id, "subject"),
        (query.metric, MetricRow, table.metric_id, "metric"),
    ):
        if given:
            statement = statement.where(rows.any_of(column, rows.filter_ids(connection, kind, given, name)))
    statement = statement.where(counted.value.is_not(None)).group_by(counted.value, counted.label)
    found = connection.execute(
        statement.order_by(number.desc(), counted.value, counted.label).limit(query.limit)
    ).mappings()
    values = [Facet(value=row["value"], label=row["label"], count=row["count"]) for row in found]
    return Facets(field=query.field, of="comparisons" if table is MeasurandRow else "figures", values=values)
