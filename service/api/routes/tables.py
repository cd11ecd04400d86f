"""Tables for data frames and dashboards: flat rows, as JSON page by page, as CSV and as Parquet whole."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from fastapi.responses import FileResponse
from pydantic_core import to_json
from starlette.background import BackgroundTask

from service.analysis import tables as as_of
from service.analysis import time_series
from service.api import response_cache, responses
from service.api.dependencies import Db
from service.api.route import router
from service.api.streaming import streamed
from service.db.engine import Connection, Database
from service.domain.spreadsheet_cells import guard
from service.errors import Invalid
from service.schemas.base import View
from service.schemas.table_queries import (
    TABLE_ROWS,
    AnnotationJsonQuery,
    AnnotationQuery,
    ComparisonTableJsonQuery,
    ComparisonTableQuery,
    ConsistencyTableJsonQuery,
    ConsistencyTableQuery,
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
    ConsistencyTableRow,
    DisagreementTableRow,
    FigureTableRow,
    TimeSeriesRow,
    WideTimeSeriesRow,
)
from service.schemas.tables import (
    AnnotationTable,
    Column,
    ComparisonTable,
    ConsistencyTable,
    DisagreementTable,
    FigureTable,
    SelectedRow,
    SelectedTable,
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
from service.store.audit.recorded import Snapshot, snapshot
from service.store.lists import consistency, tables
from service.store.lists.pagination import Listing
from service.store.lists.tables import TablePage
from service.transfer import parquet

routes = router("tables", cache_seconds=response_cache.LIVE)
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows, under the names of the columns.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "headers": responses.LINK,
    }
}
_PARQUET: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {"application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}}},
        "headers": responses.LINK,
    }
}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")  # an exact number is not a formula, even with a sign
_GROUP_COLUMNS = [
    Column(name="count", type="integer", nullable=False, description="How many rows the group has."),
    Column(name="min", type="number", nullable=True, description="The least amount, of groups within one metric."),
    Column(name="max", type="number", nullable=True, description="The greatest amount, of groups within one metric."),
]


@dataclass(frozen=True)
class _Table:
    """How a table is read: the type of its rows, one page of them, and the list of which groups are made."""

    name: TableName
    about: str
    rows: Callable[[Any], type[View]]
    page: Callable[[Connection, Any], TablePage]
    listing: Callable[[Any], Listing] | None = None


def _comparison_page(connection: Connection, query: ComparisonTableQuery) -> TablePage:
    if query.as_of is not None:
        return as_of.comparisons_as_of(connection, query, query.as_of)
    return tables.comparison_page(connection, query)


def _disagreement_page(connection: Connection, query: DisagreementTableQuery) -> TablePage:
    if query.as_of is not None:
        return as_of.disagreements_as_of(connection, query, query.as_of)
    return tables.disagreement_page(connection, query)


_FIGURES = _Table(
    "figures",
    "One row a figure, as it was stated and what it allows. The columns of the view v_figures.",
    lambda _: FigureTableRow,
    tables.figure_page,
    lambda _: tables.FIGURES,
)
_COMPARISONS = _Table(
    "comparisons",
    "One row a measurand: reported vs. estimated. The columns of the view v_comparisons.",
    lambda _: ComparisonTableRow,
    _comparison_page,
    lambda _: tables.COMPARISONS,
)
_DISAGREEMENTS = _Table(
    "disagreements",
    "One row a disagreement, widest first: who says least and most. The view v_disagreements.",
    lambda _: DisagreementTableRow,
    _disagreement_page,
    lambda query: tables.DISAGREEMENTS[query.kind],
)
_CONSISTENCY = _Table(
    "consistency",
    "One row a check of an equation, widest first: what is stated and what follows.",
    lambda _: ConsistencyTableRow,
    lambda connection, query: tables.table_page(connection, consistency.TABLE, query, query.sort),
    lambda _: consistency.TABLE,
)
_TIME_SERIES = _Table(
    "timeseries",
    "One row a figure, at the time when it was said; layout=wide has a column for each basis.",
    lambda query: WideTimeSeriesRow if query is not None and query.layout == "wide" else TimeSeriesRow,
    time_series.page,
    lambda _: tables.TIME_SERIES,
)
_ANNOTATIONS = _Table(
    "annotations",
    "One row an event: disputes, withdrawals, restorations, revisions.",
    lambda _: AnnotationRow,
    annotations.page_of_events,
)
_TABLES = {one.name: one for one in (_FIGURES, _COMPARISONS, _DISAGREEMENTS, _CONSISTENCY, _TIME_SERIES, _ANNOTATIONS)}
Rows = Sequence[Mapping[str, Any]]


@routes.get("/tables", responses=responses.problems())
def list_tables() -> TableIndex:
    """Returns the available tables. Each has the same columns in every row, with null for missing values."""
    return TableIndex(
        items=[
            TableInfo(
                name=name,
                description=table.about,
                json_url=f"/v1/tables/{name}.json",
                csv_url=f"/v1/tables/{name}.csv",
                parquet_url=f"/v1/tables/{name}.parquet",
                schema_url=f"/v1/tables/{name}/schema",
            )
            for name, table in _TABLES.items()
        ]
    )


@routes.get("/tables/{table}/schema", responses=responses.problems())
def read_table_schema(table: TableName, layout: Literal["wide", "long"] = "long") -> TableSchema:
    """Returns the columns of a table with their types: string, number, integer, boolean, date or date-time."""
    model = WideTimeSeriesRow if table == "timeseries" and layout == "wide" else _TABLES[table].rows(None)
    return TableSchema(table=table, columns=columns_of(model))


@routes.get(
    "/tables/figures.json",
    response_model=FigureTable | list[FigureTableRow] | SelectedTable | list[SelectedRow],
    responses=responses.LIST,
)
def table_figures(query: Annotated[FigureTableJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per figure: as stated, and the interval it allows. With `as_of`, only figures that could be read
    by that day.
    """
    return _json(request, db, _FIGURES, query)


@routes.get("/tables/figures.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_figures_csv(query: Annotated[FigureTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table as CSV: all rows, or with `limit` a page of them."""
    return _csv(request, db, _FIGURES, query)


@routes.get("/tables/figures.parquet", response_class=Response, responses=responses.problems(501) | _PARQUET)
def table_figures_parquet(query: Annotated[FigureTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns all rows as a Parquet file. Each number stands twice: as a decimal with 18 decimals, null where it does
    not fit, and as text with all its digits. Needs the extra `parquet`.
    """
    return _parquet(request, db, _FIGURES, query)


@routes.get(
    "/tables/comparisons.json",
    response_model=ComparisonTable | list[ComparisonTableRow] | SelectedTable | list[SelectedRow],
    responses=responses.LIST,
)
def table_comparisons(query: Annotated[ComparisonTableJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per measurand: reported vs. estimated. With `as_of`, at most 1,000 measurands are compared: add a
    subject or a metric to select fewer.
    """
    return _json(request, db, _COMPARISONS, query)


@routes.get("/tables/comparisons.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_comparisons_csv(query: Annotated[ComparisonTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table as CSV: all rows, or with `limit` a page of them."""
    return _csv(request, db, _COMPARISONS, query)


@routes.get("/tables/comparisons.parquet", response_class=Response, responses=responses.problems(501) | _PARQUET)
def table_comparisons_parquet(query: Annotated[ComparisonTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns all rows as a Parquet file. Each number stands twice: as a decimal with 18 decimals, null where it does
    not fit, and as text with all its digits. Needs the extra `parquet`.
    """
    return _parquet(request, db, _COMPARISONS, query)


@routes.get(
    "/tables/disagreements.json",
    response_model=DisagreementTable | list[DisagreementTableRow] | SelectedTable | list[SelectedRow],
    responses=responses.LIST,
)
def table_disagreements(query: Annotated[DisagreementTableJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per disagreement, widest first, with who says least and most. With `as_of`, at most 1,000
    measurands are compared: add a subject or a metric to select fewer.
    """
    return _json(request, db, _DISAGREEMENTS, query)


@routes.get("/tables/disagreements.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_disagreements_csv(query: Annotated[DisagreementTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table as CSV: all rows, or with `limit` a page of them."""
    return _csv(request, db, _DISAGREEMENTS, query)


@routes.get("/tables/disagreements.parquet", response_class=Response, responses=responses.problems(501) | _PARQUET)
def table_disagreements_parquet(
    query: Annotated[DisagreementTableQuery, Query()], request: Request, db: Db
) -> Response:
    """Returns all rows as a Parquet file. Each number stands twice: as a decimal with 18 decimals, null where it does
    not fit, and as text with all its digits. Needs the extra `parquet`.
    """
    return _parquet(request, db, _DISAGREEMENTS, query)


@routes.get(
    "/tables/consistency.json",
    response_model=ConsistencyTable | list[ConsistencyTableRow] | SelectedTable | list[SelectedRow],
    responses=responses.LIST,
)
def table_consistency(query: Annotated[ConsistencyTableJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per equation, subject, scope and period with figures: the check that says most, widest first."""
    return _json(request, db, _CONSISTENCY, query)


@routes.get("/tables/consistency.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_consistency_csv(query: Annotated[ConsistencyTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table as CSV: all rows, or with `limit` a page of them."""
    return _csv(request, db, _CONSISTENCY, query)


@routes.get("/tables/consistency.parquet", response_class=Response, responses=responses.problems(501) | _PARQUET)
def table_consistency_parquet(query: Annotated[ConsistencyTableQuery, Query()], request: Request, db: Db) -> Response:
    """Returns all rows as a Parquet file. Each number stands twice: as a decimal with 18 decimals, null where it does
    not fit, and as text with all its digits. Needs the extra `parquet`.
    """
    return _parquet(request, db, _CONSISTENCY, query)


@routes.get(
    "/tables/timeseries.json",
    response_model=TimeSeriesTable
    | WideTimeSeriesTable
    | list[TimeSeriesRow]
    | list[WideTimeSeriesRow]
    | SelectedTable
    | list[SelectedRow],
    responses=responses.LIST,
)
def table_time_series(query: Annotated[TimeSeriesJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per figure at the time it was said, oldest first, in the metric's unit. `layout=wide` has a
    column for each basis. Figures without a known day are left out; `left_out` counts them.
    """
    return _json(request, db, _TIME_SERIES, query)


@routes.get("/tables/timeseries.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_time_series_csv(query: Annotated[TimeSeriesQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table as CSV: all rows, or with `limit` a page of them."""
    return _csv(request, db, _TIME_SERIES, query)


@routes.get("/tables/timeseries.parquet", response_class=Response, responses=responses.problems(501) | _PARQUET)
def table_time_series_parquet(query: Annotated[TimeSeriesQuery, Query()], request: Request, db: Db) -> Response:
    """Returns all rows as a Parquet file. Each number stands twice: as a decimal with 18 decimals, null where it does
    not fit, and as text with all its digits. Needs the extra `parquet`.
    """
    return _parquet(request, db, _TIME_SERIES, query)


@routes.get(
    "/tables/annotations.json",
    response_model=AnnotationTable | list[AnnotationRow] | SelectedTable | list[SelectedRow],
    responses=responses.LIST,
)
def table_annotations(query: Annotated[AnnotationJsonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns one row per event, newest first: disputes, withdrawals, restorations and revisions."""
    return _json(request, db, _ANNOTATIONS, query)


@routes.get("/tables/annotations.csv", response_class=Response, responses=responses.LIST | _CSV)
def table_annotations_csv(query: Annotated[AnnotationQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the table as CSV: all rows, or with `limit` a page of them."""
    return _csv(request, db, _ANNOTATIONS, query)


@routes.get("/tables/annotations.parquet", response_class=Response, responses=responses.problems(501) | _PARQUET)
def table_annotations_parquet(query: Annotated[AnnotationQuery, Query()], request: Request, db: Db) -> Response:
    """Returns all rows as a Parquet file. Each number stands twice: as a decimal with 18 decimals, null where it does
    not fit, and as text with all its digits. Needs the extra `parquet`.
    """
    return _parquet(request, db, _ANNOTATIONS, query)


# Rows ----------------------------------------------------------------------------------------------------------------


def _snapshot(db: Database, query: Any, *, unhurried: bool = False) -> AbstractContextManager[Snapshot]:
    moment = getattr(query, "recorded_as_of", None)
    return snapshot(db, moment, recorded.filtered(query), unhurried=unhurried)


def _columns(table: _Table, query: Any) -> list[Column]:
    """The columns that are asked for. Raises Invalid for one that the table does not have."""
    every = {column.name: column for column in columns_of(table.rows(query))}
    by = getattr(query, "group_by", [])
    if by and query.columns:
        raise Invalid.at("/columns", "With `group_by`, the columns are those of the groups. Leave this out.", "query")
    for name in ("sort", "cursor"):
        if by and name in query.model_fields_set:
            detail = "With `group_by`, the most numerous groups come first, on one page. Leave this out."
            raise Invalid.at(f"/{name}", detail, "query")
    if by and getattr(query, "as_of", None) is not None and table in (_COMPARISONS, _DISAGREEMENTS):
        raise Invalid.at("/group_by", "This does not go with `as_of` here. Take the rows, and group them.", "query")
    for name, chosen in (("columns", query.columns), ("group_by", by)):
        for one in chosen:
            if one not in every:
                detail = f"The table has no such column. Its columns are listed at /v1/tables/{table.name}/schema."
                raise Invalid.at(f"/{name}", detail, "query")
    if by:
        return [*(every[name] for name in dict.fromkeys(by)), *_GROUP_COLUMNS[: 3 if _has_amounts(table) else 1]]
    return [every[name] for name in dict.fromkeys(query.columns)] or list(every.values())


def _has_amounts(table: _Table) -> bool:
    return table in (_FIGURES, _TIME_SERIES)


def _groups(connection: Connection, table: _Table, query: Any) -> Rows:
    if table.listing is None:
        raise Invalid.at("/group_by", "Events are not grouped.", "query")
    listing = table.listing(query)
    known = listing.rows[connection.dialect.name].selected_columns.keys()
    for name in query.group_by:
        if name not in known:
            raise Invalid.at("/group_by", "This column is computed row by row; group by another one.", "query")
    return tables.groups(connection, listing, query, list(dict.fromkeys(query.group_by)))


def _page(connection: Connection, table: _Table, query: Any) -> TablePage:
    if getattr(query, "group_by", []):
        rows = _groups(connection, table, query)
        total = len(rows) if len(rows) <= tables.MOST_GROUPS else None
        return TablePage(rows[: query.limit or tables.MOST_GROUPS], None, lambda: total)
    return table.page(connection, query)


def _every_row(connection: Connection, table: _Table, query: Any) -> Iterator[Mapping[str, Any]]:
    """All rows of the snapshot, page by page."""
    asked = query.model_copy(update={"limit": TABLE_ROWS})
    while True:
        page = _page(connection, table, asked)
        yield from page.rows
        if page.next_cursor is None:
            return
        asked = asked.model_copy(update={"cursor": page.next_cursor})


# Responses -----------------------------------------------------------------------------------------------------------


def _json(request: Request, db: Database, table: _Table, query: Any) -> Response:
    columns = _columns(table, query)
    with _snapshot(db, query) as found:
        page = _page(found.connection, table, query)
        total = page.total()
        left_out = tables.undated(found.connection, query) if table is _TIME_SERIES else None
    rows = [{column.name: _plain(row[column.name]) for column in columns} for row in page.rows]
    headers = responses.links(request, next_cursor=page.next_cursor, moment=_moment(table, found))
    if query.shape == "array":
        return Response(to_json(rows), headers=headers, media_type="application/json")
    whole = {
        "columns": [{"name": column.name, "type": column.type} for column in columns],
        "rows": rows,
        "total": total,
        "next_cursor": page.next_cursor,
        "is_complete": len(rows) == total,
        "left_out": left_out,
        "as_of": _plain(getattr(query, "as_of", None)),
        "recorded_as_of": _plain(getattr(query, "recorded_as_of", None)),
    }
    return Response(to_json(whole), headers=headers, media_type="application/json")


def _csv(request: Request, db: Database, table: _Table, query: Any) -> Response:
    columns = _columns(table, query)
    names = [column.name for column in columns]
    if query.limit is not None:
        with _snapshot(db, query) as found:
            page = _page(found.connection, table, query)
        headers = responses.links(request, next_cursor=page.next_cursor, moment=_moment(table, found))
        text = _lines([names]) + _lines(_cells(page.rows, names))
        return Response(text, headers=headers, media_type="text/csv; charset=utf-8")
    opened: list[Snapshot] = []

    def pieces() -> Iterator[str]:
        with _snapshot(db, query, unhurried=True) as found:
            opened.append(found)
            rows = _every_row(found.connection, table, query)
            first = next(rows, None)  # before anything is sent, so that what is refused is reported
            yield _lines([names]) + ("" if first is None else _lines(_cells([first], names)))
            for part in iter(lambda: list(islice(rows, _LINES_AT_ONCE)), []):
                yield _lines(_cells(part, names))

    def headers_then() -> dict[str, str]:
        return responses.links(request, moment=_moment(table, opened[0]))

    return streamed(request, pieces, "text/csv; charset=utf-8", headers_then)


def _parquet(request: Request, db: Database, table: _Table, query: Any) -> Response:
    parquet.require()
    columns = _columns(table, query)
    with tempfile.NamedTemporaryFile(suffix=".parquet", delete=False) as file:
        path = Path(file.name)
    try:
        with _snapshot(db, query, unhurried=True) as found:
            parquet.write(path, columns, _every_row(found.connection, table, query))
    except BaseException:
        path.unlink()
        raise
    return FileResponse(
        path,
        headers=responses.links(request, moment=_moment(table, found)),
        media_type="application/vnd.apache.parquet",
        filename=f"{table.name}.parquet",
        background=BackgroundTask(path.unlink),
    )


def _moment(table: _Table, found: Snapshot) -> datetime | None:
    return None if table in (_ANNOTATIONS, _CONSISTENCY) else found.moment


_LINES_AT_ONCE = 500


def _cells(rows: Rows, names: Sequence[str]) -> Iterator[list[Any]]:
    return ([_cell(_plain(row[name])) for name in names] for row in rows)


def _lines(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return guard(value) if isinstance(value, str) and not _NUMBER.fullmatch(value) else value
