"""The tables for dashboards, one page at a time: the statements of the SQL views with the filters of the lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, Select, and_, case, func, select

from service.db import views
from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow
from service.db.types import Day, Real
from service.domain.vocabulary import DisagreementKind
from service.schemas.table_queries import (
    ComparisonTableQuery,
    DisagreementTableQuery,
    FigureTableQuery,
    TimeSeriesQuery,
)
from service.store.comparisons import ranking
from service.store.lists.as_of import stood_on
from service.store.lists.filters import AnyOf, Choice, Filter, RefTo, RefToMeasurand, Value
from service.store.lists.pagination import Listing, count_rows, fetch_page, filtered
from service.store.lists.table_sorts import sorts_of
from service.store.records import figures

MOST_GROUPS = 10_000
_COUNTED = 100_000  # rows; for more, the total is not given
Values = dict[str, Any]


class TablePage(NamedTuple):
    """One page of a table. `total` counts all rows that meet the filters; it returns None if there are too many."""

    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None
    total: Callable[[], int | None]


def _listing(statement: Select[Any], filters: Mapping[str, Filter], sorts: Mapping[str, Any], id_: Any) -> Listing:
    return Listing(dict.fromkeys(("sqlite", "postgresql"), statement), filters, sorts, id_)


_IS_RELAY = and_(ClaimRow.derived_from_id.is_not(None), views.NOT_OWN)
_OF_CLAIMS: dict[str, Filter] = {
    "claimant": RefTo(EntityRow, ClaimRow.claimant_id),
    "claim_status": AnyOf(ClaimRow.status),
    "relay": Choice({True: _IS_RELAY, False: ~_IS_RELAY}),
    "as_of": Value(Day(), stood_on),
}
FIGURES = _listing(views.FIGURES, figures.FILTERS | _OF_CLAIMS, sorts_of(views.FIGURES, FigureRow), FigureRow.id)
_SAID: dict[str, Filter] = {
    "subject": RefTo(EntityRow, FigureRow.subject_id),
    "metric": RefTo(MetricRow, FigureRow.metric_id),
    "scope": RefTo(ScopeRow, FigureRow.scope_id),
    "measurand": RefToMeasurand(FigureRow.measurand_id),
    "basis": AnyOf(FigureRow.basis),
    "said_from": Value(Day(), lambda day: day <= views.SAID_ON),
    "said_to": Value(Day(), lambda day: day >= views.SAID_ON),
    **_OF_CLAIMS,
}
_STANDING = views.FIGURES.where(*views.STANDING)
TIME_SERIES = _listing(
    _STANDING.where(views.SAID_ON.is_not(None)),
    _SAID,
    sorts_of(views.FIGURES, FigureRow, said_on=views.SAID_ON),
    FigureRow.id,
)
_UNDATED = _listing(_STANDING.where(views.SAID_ON.is_(None)), _SAID, {}, FigureRow.id)
_PRESENT = views.COMPARISONS.where(views.PRESENT)
COMPARISONS = _listing(
    _PRESENT, ranking.FILTERS, sorts_of(views.COMPARISONS, MeasurandRow, gap=ranking.SORTS["gap"]), MeasurandRow.id
)


def _disagreements(kind: DisagreementKind) -> Listing:
    statement, ranked = views.disagreements(kind), views.RANKING[kind]
    sorts = sorts_of(statement, MeasurandRow, rank=ranked.rank)
    return _listing(statement, ranking.filters(ranked), sorts, MeasurandRow.id)


DISAGREEMENTS = {kind: _disagreements(kind) for kind in views.RANKING}


def figure_page(connection: Connection, query: FigureTableQuery) -> TablePage:
    return table_page(connection, FIGURES, query, query.sort)


def comparison_page(connection: Connection, query: ComparisonTableQuery) -> TablePage:
    return table_page(connection, COMPARISONS, query, query.sort)


def disagreement_page(connection: Connection, query: DisagreementTableQuery) -> TablePage:
    """Returns a page of disagreements, by default widest first."""
    return table_page(connection, DISAGREEMENTS[query.kind], query, query.sort)


def time_series_page(connection: Connection, query: TimeSeriesQuery) -> TablePage:
    """Returns figures, by default by the day on which they were said. Those without a known day are left out."""
    return table_page(connection, TIME_SERIES, query, query.sort)


def undated(connection: Connection, query: TimeSeriesQuery) -> int | None:
    """How many figures a time series leaves out because nobody knows when they were said; None for very many."""
    return count_rows(connection, _UNDATED, query, _COUNTED)


def table_page(connection: Connection, listing: Listing, query: BaseModel, sort: str) -> TablePage:
    found = fetch_page(connection, listing, query, sort)
    page = [row._mapping for row in found.rows]
    if found.next_cursor is None and query.cursor is None:  # type: ignore[attr-defined]
        return TablePage(page, None, lambda: len(page))
    return TablePage(page, found.next_cursor, lambda: count_rows(connection, listing, query, _COUNTED))


def groups(
    connection: Connection, listing: Listing, query: BaseModel, by: Sequence[str]
) -> Sequence[Mapping[str, Any]]:
    """Returns how many rows have the same values in these columns, most first, and the least and the greatest amount
    where the rows are of one metric and have amounts. At most one more than `MOST_GROUPS`.
    """
    rows = filtered(connection, listing, query)
    one = rows.statement.subquery("one")
    columns = [one.c[name] for name in by]
    within_one_metric = func.count(one.c.metric_key.distinct()) == 1
    ends = {"min": "low", "max": "high"} if "low" in one.c else {}
    amounts = []
    for name, end in ends.items():
        # of a figure that allows something, a missing end is one without a bound
        unbounded = func.count(case((and_(one.c.interval.is_not(None), one.c[end].is_(None)), 1)))
        found = getattr(func, name)(one.c[end], type_=Real)
        amounts.append(case((and_(within_one_metric, unbounded == 0), found)).label(name))
    number = func.count().label("count")
    grouped = select(*columns, number, *amounts).group_by(*columns)
    ordered = grouped.order_by(number.desc(), *columns).limit(MOST_GROUPS + 1)
    return [dict(row) for row in connection.execute(ordered, rows.values).mappings()]
