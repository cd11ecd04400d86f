"""What dashboards read, a page at a time: the views' statements with the lists' filters."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import aliased

from service.db import views
from service.db.tables import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SourceRow
from service.schemas.table_queries import (
    ComparisonTableQuery,
    DisagreementTableQuery,
    FigureTableQuery,
    TimeSeriesQuery,
)
from service.store import comparisons, figures, readable, rows
from service.store.pages import fetch_page
from service.store.rows import Values

_COUNTED = 100_000  # rows; beyond, the total is not told
_SUCCESSOR, _SUCCESSOR_SOURCE = aliased(ClaimRow), aliased(SourceRow)
_FIGURE_SORTS = {name: getattr(FigureRow, name) for name in ("created_at", "updated_at")}


class Rows(NamedTuple):
    """One page of a table. `total` counts all that the filters let through; None where that are too many to count."""

    rows: list[Values]
    next_cursor: str | None
    total: int | None


def page_of_figures(connection: Connection, query: FigureTableQuery) -> Rows:
    conditions = [*figures.conditions(connection, query), *_of_measurands(connection, query.measurand)]
    conditions += _claimed(connection, query)
    statement = _as_of(views.FIGURES.where(*conditions), query.as_of)
    return page(connection, statement, _FIGURE_SORTS, FigureRow.id, query, query.sort)


def page_of_comparisons(connection: Connection, query: ComparisonTableQuery) -> Rows:
    statement = views.COMPARISONS.where(views.PRESENT, *comparisons.conditions(connection, query))
    return page(connection, statement, comparisons.SORTS, MeasurandRow.id, query, query.sort)


def page_of_disagreements(connection: Connection, query: DisagreementTableQuery) -> Rows:
    """Widest first."""
    statement, rank = views.disagreements(query.kind)
    statement = statement.where(*comparisons.conditions(connection, query, rank))
    return page(connection, statement, {"rank": rank}, MeasurandRow.id, query, "-rank")


def page_of_said(connection: Connection, query: TimeSeriesQuery) -> Rows:
    """Figures by the day on which they were said, oldest first; those of which no day is known are left out."""
    refs = (
        (query.subject, EntityRow, FigureRow.subject_id, "subject"),
        (query.metric, MetricRow, FigureRow.metric_id, "metric"),
        (query.scope, ScopeRow, FigureRow.scope_id, "scope"),
    )
    found = [rows.any_of(c, rows.filter_ids(connection, t, given, name)) for given, t, c, name in refs if given]
    found += [*_of_measurands(connection, query.measurand), *_claimed(connection, query)]
    if query.basis:
        found.append(rows.any_of(FigureRow.basis, query.basis))
    if query.said_from is not None:
        found.append(query.said_from <= views.SAID_ON)
    if query.said_to is not None:
        found.append(query.said_to >= views.SAID_ON)
    statement = views.FIGURES.where(*views.STANDING, views.SAID_ON.is_not(None), *found)
    statement = _as_of(statement, query.as_of)
    return page(connection, statement, {"said_on": views.SAID_ON}, FigureRow.id, query, "said_on")


def page(
    connection: Connection, statement: Select[Any], sorts: dict[str, Any], id_column: Any, query: Any, sort: str
) -> Rows:
    found, cursor = fetch_page(connection, statement, sorts, id_column, query, sort)
    if cursor is None and query.cursor is None:
        return Rows(found, None, len(found))
    return Rows(found, cursor, _total(connection, statement.with_only_columns(id_column)))


def _total(connection: Connection, statement: Select[Any]) -> int | None:
    few = statement.limit(_COUNTED + 1).subquery()
    count = connection.execute(select(func.count()).select_from(few)).scalar_one()
    return count if count <= _COUNTED else None


def _claimed(connection: Connection, query: FigureTableQuery | TimeSeriesQuery) -> list[Any]:
    found = []
    if query.claimant:
        claimants = rows.filter_ids(connection, EntityRow, query.claimant, "claimant")
        found.append(rows.any_of(ClaimRow.claimant_id, claimants))
    if query.claim_status:
        found.append(rows.any_of(ClaimRow.status, query.claim_status))
    if query.relay is not None:
        derived = ClaimRow.derived_from_id
        found.append(derived.is_not(None) if query.relay else derived.is_(None))
    return found


def _of_measurands(connection: Connection, refs: Sequence[str]) -> list[Any]:
    if not refs:
        return []
    return [rows.any_of(FigureRow.measurand_id, comparisons.filter_ids(connection, refs))]


def _as_of(statement: Select[Any], day: date | None) -> Select[Any]:
    """Figures whose claims could be read by that day, and had not been replaced by then by one that could."""
    if day is None:
        return statement
    return (
        statement.outerjoin(_SUCCESSOR, _SUCCESSOR.id == ClaimRow.superseded_by_id)
        .outerjoin(_SUCCESSOR_SOURCE, _SUCCESSOR_SOURCE.id == _SUCCESSOR.source_id)
        .where(*readable.by_day(day, _SUCCESSOR, _SUCCESSOR_SOURCE))
    )
