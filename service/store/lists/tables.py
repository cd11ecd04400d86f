"""The tables for dashboards, one page at a time: the statements of the SQL views with the filters of the lists."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, Select, and_

from service.db import views
from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow
from service.db.types import Day
from service.schemas.table_queries import (
    ComparisonTableQuery,
    DisagreementTableQuery,
    FigureTableQuery,
    TimeSeriesQuery,
)
from service.store.comparisons import ranking
from service.store.lists.as_of import stood_on
from service.store.lists.filters import AnyOf, Choice, Filter, RefTo, RefToMeasurand, Value
from service.store.lists.pagination import Listing, count_rows, fetch_page
from service.store.records import figures

_COUNTED = 100_000  # rows; for more, the total is not given
Values = dict[str, Any]


class TablePage(NamedTuple):
    """One page of a table. `total` counts all rows that meet the filters; None if there are too many to count."""

    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None
    total: int | None


def _listing(statement: Select[Any], filters: Mapping[str, Filter], sorts: Mapping[str, Any], id_: Any) -> Listing:
    return Listing(dict.fromkeys(("sqlite", "postgresql"), statement), filters, sorts, id_)


_IS_RELAY = and_(ClaimRow.derived_from_id.is_not(None), views.NOT_OWN)
_OF_CLAIMS: dict[str, Filter] = {
    "claimant": RefTo(EntityRow, ClaimRow.claimant_id),
    "claim_status": AnyOf(ClaimRow.status),
    "relay": Choice({True: _IS_RELAY, False: ~_IS_RELAY}),
    "as_of": Value(Day(), stood_on),
}
_FIGURES = _listing(views.FIGURES, figures.FILTERS | _OF_CLAIMS, figures.SORTS, FigureRow.id)
_TIME_SERIES = _listing(
    views.FIGURES.where(*views.STANDING, views.SAID_ON.is_not(None)),
    {
        "subject": RefTo(EntityRow, FigureRow.subject_id),
        "metric": RefTo(MetricRow, FigureRow.metric_id),
        "scope": RefTo(ScopeRow, FigureRow.scope_id),
        "measurand": RefToMeasurand(FigureRow.measurand_id),
        "basis": AnyOf(FigureRow.basis),
        "said_from": Value(Day(), lambda day: day <= views.SAID_ON),
        "said_to": Value(Day(), lambda day: day >= views.SAID_ON),
        **_OF_CLAIMS,
    },
    {"said_on": views.SAID_ON},
    FigureRow.id,
)
_COMPARISONS = _listing(views.COMPARISONS.where(views.PRESENT), ranking.FILTERS, ranking.SORTS, MeasurandRow.id)
_DISAGREEMENTS = {
    kind: _listing(views.disagreements(kind), ranking.filters(ranked), {"rank": ranked.rank}, MeasurandRow.id)
    for kind, ranked in views.RANKING.items()
}


def figure_page(connection: Connection, query: FigureTableQuery) -> TablePage:
    return table_page(connection, _FIGURES, query, query.sort)


def comparison_page(connection: Connection, query: ComparisonTableQuery) -> TablePage:
    return table_page(connection, _COMPARISONS, query, query.sort)


def disagreement_page(connection: Connection, query: DisagreementTableQuery) -> TablePage:
    """Returns a page of disagreements, widest first."""
    return table_page(connection, _DISAGREEMENTS[query.kind], query, ranking.WIDEST_FIRST)


def time_series_page(connection: Connection, query: TimeSeriesQuery) -> TablePage:
    """Returns figures by the day on which they were said, oldest first. Those without a known day are left out."""
    return table_page(connection, _TIME_SERIES, query, "said_on")


def table_page(connection: Connection, listing: Listing, query: BaseModel, sort: str) -> TablePage:
    found = fetch_page(connection, listing, query, sort)
    page = [row._mapping for row in found.rows]
    if found.next_cursor is None and query.cursor is None:  # type: ignore[attr-defined]
        return TablePage(page, None, len(page))
    return TablePage(page, found.next_cursor, count_rows(connection, listing, query, _COUNTED))
