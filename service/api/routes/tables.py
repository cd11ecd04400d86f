"""Tables for dashboards: flat rows, as JSON and as CSV."""

import csv
import io
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Query, Request, Response
from pydantic_core import to_json

from service.analysis import tables as as_of
from service.analysis import time_series
from service.api import response_cache, responses
from service.api.dependencies import Db
from service.api.route import router
from service.db.engine import Database
from service.domain.spreadsheet_cells import guard
from service.schemas.base import View
from service.schemas.table_queries import (
    AnnotationJsonQuery,
    AnnotationQuery,
    ComparisonTableJsonQuery,
    ComparisonTableQuery,
    DisagreementTableJsonQuery,
    DisagreementTableQuery,
    FigureTableJsonQuery,
    FigureTableQuery,
    TimeSeriesJsonQuery,
    TimeSeriesQuery,
)
from service.schemas.table_rows import (
    AnnotationRow,
    ComparisonTableRow,
    DisagreementTableRow,
    FigureTableRow,
    TimeSeriesRow,
    WideTimeSeriesRow,
)
from service.schemas.tables import (
    AnnotationTable,
    ComparisonTable,
    DisagreementTable,
    FigureTable,
    TableIndex,
    TableInfo,
    TableName,
    TableSchema,
    TimeSeriesTable,
    WideTimeSeriesTable,
    columns_of,
)
from service.schemas.types import format_time
from service.store.audit import annotations, recorded
from service.store.audit.recorded import snapshot
from service.store.lists import tables
from service.store.lists.tables import TablePage

routes = router("tables", cache_seconds=response_cache.LIVE)
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows, under the names of the columns.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "headers": responses.LINK,
    }
}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")  # an exact number is not a formula, even with a sign
_ROWS: dict[str, type[View]] = {
    "figures": FigureTableRow,
    "comparisons": ComparisonTableRow,
    "disagreements": DisagreementTableRow,
    "timeseries": TimeSeriesRow,
    "annotations": AnnotationRow,
}
_ABOUT = {
    "figures": "One row a figure, as it was stated and what it allows. The columns of the view v_figures.",
    "comparisons": "One row a measurand: reported vs. estimated. The columns of the view v_comparisons.",
    "disagreements": "One row a disagreement, widest first: who says least and most. The view v_disagreements.",
    "timeseries": "One row a figure, at the time when it was said; layout=wide has a column for each basis.",
    "annotations": "One row an event: disputes, withdrawals, restorations, revisions.",
}


@routes.get("/tables", responses=responses.problems())
def list_tables() -> TableIndex:
    """Returns the available tables. Each has the same columns in every row, with null for missing values."""
    return TableIndex(
        items=[
            TableInfo(
                name=name,
                description=about,
                json_url=f"/v1/tables/{name}.json",
                csv_url=f"/v1/tables/{name}.csv",
                schema_url=f"/v1/tables/{name}/schema",
            )
            for name, about in _ABOUT.items()
        ]
    )


@routes.get("/tables/{table}/schema", responses=responses.problems())
def read_table_schema(table: TableName, layout: Literal["wide", "long"] = "long") -> TableSchema:
    """Returns the columns of a table with their types: string, number, integer, boolean, date or date-time."""
    model = WideTimeSeriesRow if table == "timeseries" and layout == "wide" else _ROWS[table]
    return TableSchema(table=table, columns=columns_of(model))


@routes.get("/tables/figures.json", response_model=FigureTable | list[FigureTableRow], responses=responses.LIST)
def table_figures(query: Annotated[FigureTableJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per figure: as stated, and the interval it allows. With `as_of`, only figures that could be read
    by that day.
    """
    return _json(request, FigureTableRow, query, _figures(db, query))


@routes.get("/tables/figures.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_figures_csv(query: Annotated[FigureTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table of figures as CSV."""
    return _csv(request, FigureTableRow, _figures(db, query))


@routes.get(
    "/tables/comparisons.json", response_model=ComparisonTable | list[ComparisonTableRow], responses=responses.LIST
)
def table_comparisons(query: Annotated[ComparisonTableJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per measurand: reported vs. estimated. With `as_of`, at most 1,000 measurands are compared: add a
    subject or a metric to select fewer.
    """
    return _json(request, ComparisonTableRow, query, _comparisons(db, query))


@routes.get("/tables/comparisons.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_comparisons_csv(query: Annotated[ComparisonTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table of comparisons as CSV."""
    return _csv(request, ComparisonTableRow, _comparisons(db, query))


@routes.get(
    "/tables/disagreements.json",
    response_model=DisagreementTable | list[DisagreementTableRow],
    responses=responses.LIST,
)
def table_disagreements(query: Annotated[DisagreementTableJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per disagreement, widest first, with who says least and most. With `as_of`, at most 1,000
    measurands are compared: add a subject or a metric to select fewer.
    """
    return _json(request, DisagreementTableRow, query, _disagreements(db, query))


@routes.get("/tables/disagreements.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_disagreements_csv(query: Annotated[DisagreementTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table of disagreements as CSV."""
    return _csv(request, DisagreementTableRow, _disagreements(db, query))


@routes.get(
    "/tables/timeseries.json",
    response_model=TimeSeriesTable | WideTimeSeriesTable | list[TimeSeriesRow] | list[WideTimeSeriesRow],
    responses=responses.LIST,
)
def table_time_series(query: Annotated[TimeSeriesJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per figure at the time it was said, oldest first, in the metric's unit. `layout=wide` has a
    column for each basis. Figures without a known day are left out.
    """
    return _json(request, _layout(query), query, _time_series(db, query))


@routes.get("/tables/timeseries.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_time_series_csv(query: Annotated[TimeSeriesQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the time series as CSV."""
    return _csv(request, _layout(query), _time_series(db, query))


@routes.get("/tables/annotations.json", response_model=AnnotationTable | list[AnnotationRow], responses=responses.LIST)
def table_annotations(query: Annotated[AnnotationJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per event, newest first: disputes, withdrawals, restorations and revisions."""
    return _json(request, AnnotationRow, query, _annotations(db, query))


@routes.get("/tables/annotations.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_annotations_csv(query: Annotated[AnnotationQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table of annotations as CSV."""
    return _csv(request, AnnotationRow, _annotations(db, query))


class Found(NamedTuple):
    """A page of a table. `moment` is that of the last change in its snapshot, where it can be asked for again."""

    page: TablePage
    moment: datetime | None


# Rows ----------------------------------------------------------------------------------------------------------------


def _figures(db: Database, query: FigureTableQuery) -> Found:
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        return Found(tables.figure_page(found.connection, query), found.moment)


def _comparisons(db: Database, query: ComparisonTableQuery) -> Found:
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        if query.as_of is not None:
            return Found(as_of.comparisons_as_of(found.connection, query, query.as_of), found.moment)
        return Found(tables.comparison_page(found.connection, query), found.moment)


def _disagreements(db: Database, query: DisagreementTableQuery) -> Found:
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        if query.as_of is not None:
            return Found(as_of.disagreements_as_of(found.connection, query, query.as_of), found.moment)
        return Found(tables.disagreement_page(found.connection, query), found.moment)


def _time_series(db: Database, query: TimeSeriesQuery) -> Found:
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        return Found(time_series.page(found.connection, query), found.moment)


def _layout(query: TimeSeriesQuery) -> type[View]:
    return WideTimeSeriesRow if query.layout == "wide" else TimeSeriesRow


def _annotations(db: Database, query: AnnotationQuery) -> Found:
    with db.snapshot() as connection:
        return Found(annotations.page_of_events(connection, query), None)


# Responses -----------------------------------------------------------------------------------------------------------


def _json(request: Request, model: type[View], query: Any, found: Found) -> Response:
    names, page = list(model.model_fields), found.page
    rows = [{name: _plain(row[name]) for name in names} for row in page.rows]
    headers = _links(request, found)
    if query.shape == "array":
        return Response(to_json(rows), headers=headers, media_type="application/json")
    whole = {
        "columns": [{"name": column.name, "type": column.type} for column in columns_of(model)],
        "rows": rows,
        "total": page.total,
        "next_cursor": page.next_cursor,
        "as_of": _plain(getattr(query, "as_of", None)),
        "recorded_as_of": _plain(getattr(query, "recorded_as_of", None)),
    }
    return Response(to_json(whole), headers=headers, media_type="application/json")


def _csv(request: Request, model: type[View], found: Found) -> Response:
    names = list(model.model_fields)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(_plain(row[name])) for name in names] for row in found.page.rows)
    return Response(text.getvalue(), headers=_links(request, found), media_type="text/csv; charset=utf-8")


def _links(request: Request, found: Found) -> dict[str, str]:
    return responses.links(request, next_cursor=found.page.next_cursor, moment=found.moment)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return guard(value) if isinstance(value, str) and not _NUMBER.fullmatch(value) else value
