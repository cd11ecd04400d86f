"""Downloads of a comparison under the address of its page, where a session counts. The answers are those of the API."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api.dependencies import Db
from service.api.routes import charts, comparisons, tables
from service.schemas.pages import DayQuery
from service.schemas.queries import PictureQuery, RecordedSettingsQuery
from service.schemas.table_queries import FigureTableQuery
from service.web.route import pages

routes = pages()
Asked = Annotated[RecordedSettingsQuery, Query()]
Pictured = Annotated[PictureQuery, Query()]


@routes.get("/comparisons/{ref}/chart.svg")
def download_chart(ref: str, query: Pictured, request: Request, db: Db) -> Response:
    return charts.chart_comparison(ref, query, request, db)


@routes.get("/comparisons/{ref}/chart.png")
def download_picture(ref: str, query: Pictured, request: Request, db: Db) -> Response:
    return charts.chart_comparison_png(ref, query, request, db)


@routes.get("/comparisons/{ref}/timeline.svg")
def download_timeline(ref: str, query: Pictured, request: Request, db: Db) -> Response:
    return charts.chart_timeline(ref, query, request, db)


@routes.get("/comparisons/{ref}/chart.vl.json")
def download_vega(ref: str, query: Asked, request: Request, db: Db) -> Response:
    return charts.chart_comparison_vega(ref, query, request, db)


@routes.get("/comparisons/{ref}/comparison.json")
def download_comparison(ref: str, query: Asked, request: Request, db: Db) -> Response:
    return comparisons.read_comparison(ref, query, request, db)


@routes.get("/comparisons/{ref}/figures.csv")
def download_figures(ref: str, request: Request, query: Annotated[DayQuery, Query()], db: Db) -> Response:
    return tables.table_figures_csv(FigureTableQuery(measurand=[ref], as_of=query.as_of), request, db)
