"""Facets: the values to filter by, and how many records have each."""

from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, func, literal, select, true, union_all
from sqlalchemy.orm import aliased

from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SourceRow
from service.db.views import LISTED
from service.schemas.facets import Facet, FacetQuery, Facets
from service.store import rows
from service.store.records import references

_COUNTED = 100_000  # figures that are counted by a property of their claims
_SUBJECT, _CLAIMANT, _GONE = aliased(EntityRow), aliased(EntityRow), aliased(ClaimRow)


class _Counted(NamedTuple):
    """The value to group by and its label. If they are in a joined table: that table, the column that refers to it, and
    the column referred to.
    """

    value: Any
    label: Any
    table: Any = None
    by: Any = None
    ref: Any = None


_OF_FIGURES = {
    "subject": _Counted(_SUBJECT.key, _SUBJECT.name, _SUBJECT, FigureRow.subject_id, _SUBJECT.id),
    "subject_kind": _Counted(_SUBJECT.kind, _SUBJECT.kind, _SUBJECT, FigureRow.subject_id, _SUBJECT.id),
    "metric": _Counted(MetricRow.key, MetricRow.name, MetricRow, FigureRow.metric_id, MetricRow.id),
    "scope": _Counted(ScopeRow.key, ScopeRow.name, ScopeRow, FigureRow.scope_id, ScopeRow.id),
    "measurand": _Counted(MeasurandRow.key, MeasurandRow.key, MeasurandRow, FigureRow.measurand_id, MeasurandRow.id),
    "claimant": _Counted(_CLAIMANT.key, _CLAIMANT.name, _CLAIMANT, ClaimRow.claimant_id, _CLAIMANT.id),
    "source": _Counted(SourceRow.id, SourceRow.title, SourceRow, ClaimRow.source_id, SourceRow.id),
    "source_kind": _Counted(SourceRow.kind, SourceRow.kind, SourceRow, ClaimRow.source_id, SourceRow.id),
    "publisher": _Counted(SourceRow.publisher, SourceRow.publisher, SourceRow, ClaimRow.source_id, SourceRow.id),
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
    """Returns the most frequent values first."""
    table: Any = MeasurandRow if query.field in _OF_MEASURANDS else FigureRow
    counted = (_OF_MEASURANDS | _OF_FIGURES)[query.field]
    conditions = []
    for given, kind, column, name in (
        (query.subject, EntityRow, table.subject_id, "subject"),
        (query.metric, MetricRow, table.metric_id, "metric"),
    ):
        if given:
            conditions.append(rows.any_of(column, references.filter_ids(connection, kind, given, name)))
    by = counted.value if counted.by is None else counted.by
    counted_all: Any = true()
    if table is MeasurandRow:
        tally = _of_measurands(by, conditions)
    elif by.class_ is ClaimRow:
        tally, counted_all = _of_claims(by, conditions)
    else:
        tally = _of_figures(by, conditions)
    if counted.table is None:
        value, label, source = tally.c.by, tally.c.by, tally
    else:
        value, label = counted.value, counted.label
        source = tally.join(counted.table, counted.ref == tally.c.by)
    number = func.sum(tally.c.number)
    statement = select(
        value.label("value"), label.label("label"), number.label("count"), counted_all.label("counted_all")
    ).select_from(source)
    statement = statement.where(value.is_not(None)).group_by(value, label).having(number > 0)
    found = connection.execute(statement.order_by(number.desc(), value, label).limit(query.limit)).mappings().all()
    values = [Facet(value=row["value"], label=row["label"], count=row["count"]) for row in found]
    is_exact = all(row["counted_all"] for row in found)
    of: Literal["comparisons", "figures"] = "comparisons" if table is MeasurandRow else "figures"
    return Facets(field=query.field, of=of, values=values, is_exact=is_exact)


def _of_measurands(by: Any, conditions: list[Any]) -> Any:
    statement = select(by.label("by"), func.count().label("number")).where(LISTED, *conditions)
    return statement.group_by(by).subquery("tally")


def _of_claims(by: Any, conditions: list[Any]) -> tuple[Any, Any]:
    """Counts figures by a column of their claims, and says whether all were counted: no index covers both, and reading
    the claims of a million figures takes seconds.
    """
    figures = select(FigureRow.claim_id).where(FigureRow.withdrawn_at.is_(None), *conditions)
    some = figures.limit(_COUNTED).subquery("some")
    statement = select(by.label("by"), func.count().label("number")).select_from(some)
    statement = statement.join(ClaimRow, ClaimRow.id == some.c.claim_id).where(ClaimRow.withdrawn_at.is_(None))
    counted = select(func.count()).select_from(figures.limit(_COUNTED + 1).subquery("counted")).scalar_subquery()
    return statement.group_by(by).subquery("tally"), counted <= _COUNTED


def _of_figures(by: Any, conditions: list[Any]) -> Any:
    """Counts all figures from a covering index, less the few that are withdrawn or whose claim is: reading each of a
    million figures and its claim takes seconds.
    """

    def tally(number: Any, *where: Any) -> Select[Any]:
        statement = select(by.label("by"), number.label("number")).select_from(FigureRow)
        return statement.where(*where, *conditions)

    every = tally(func.count()).group_by(by)
    # not grouped here: SQLite would then scan all of them in the order of the group
    withdrawn = tally(literal(-1), FigureRow.withdrawn_at.is_not(None))
    gone = select(_GONE.id).where(_GONE.withdrawn_at.is_not(None))
    of_withdrawn = tally(literal(-1), FigureRow.claim_id.in_(gone), FigureRow.withdrawn_at.is_(None))
    return union_all(every, withdrawn, of_withdrawn).subquery("tally")
