"""Charts as SVG and Vega-Lite: a comparison, its figures over time, and the ranking of disagreements."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypeAliasType

from service.analysis import forest
from service.analysis.options import from_query
from service.api import addresses, response_cache, responses
from service.api.dependencies import Db
from service.api.route import router
from service.charts import comparison, timeline
from service.charts import ranking as ranking_chart
from service.charts.model import Chart
from service.charts.png import NOTE, is_drawn, png
from service.charts.svg import THEMES, WIDTH, style, svg, text_of
from service.charts.vega import vega_lite
from service.db.engine import Database
from service.schemas.queries import PictureQuery, RankingQuery, RecordedSettingsQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.comparisons.ranking import DISAGREEMENTS, WIDEST_FIRST

routes = router("charts", cache_seconds=response_cache.LIVE)
VegaLite = TypeAliasType("VegaLite", dict[str, Any])
Options = Annotated[RecordedSettingsQuery, Query()]
Pictured = Annotated[PictureQuery, Query()]
_SVG: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The chart.",
        "content": {"image/svg+xml": {"schema": {"type": "string"}}},
        "headers": responses.LINK,
    }
}
_STYLES = " ".join(
    f"'sha256-{base64.b64encode(hashlib.sha256(style(theme).encode()).digest()).decode()}'" for theme in (None, *THEMES)
)
_POLICY = {"Content-Security-Policy": f"default-src 'none'; style-src {_STYLES}; frame-ancestors *"}
_PNG: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        "headers": responses.LINK,
    }
}


@routes.get("/comparisons/{ref}/chart.svg", response_class=Response, responses=responses.problems(404) | _SVG)
def chart_comparison(ref: str, query: Pictured, request: Request, db: Db) -> Response:
    """Returns a forest plot as SVG: one row per figure, grouped by scope, reported figures first. Circles are reported
    figures and diamonds are estimates; copies are small and grey. At a hollow shape the number itself is not included,
    a line with caps is a stated range, and an arrow has no bound.
    """
    return _pictured(db, ref, query, request, comparison.chart)


@routes.get("/comparisons/{ref}/chart.png", response_class=Response, responses=responses.problems(404) | _PNG)
def chart_comparison_png(ref: str, query: Pictured, request: Request, db: Db) -> Response:
    """Returns the same chart as PNG, in the light theme unless `theme` says otherwise. A very tall one is less wide."""
    made = _chart(db, ref, query, request, comparison.chart)
    drawn = svg(made.chart, query.theme or "light", query.width, made.origin)
    if not is_drawn(drawn):
        drawn = drawn.replace(text_of(made.origin), f"{text_of(made.origin)}. {NOTE}")
    height = round(query.width * _height_of(drawn))
    return Response(png(drawn, query.width, height), headers=made.links, media_type="image/png")


@routes.get("/comparisons/{ref}/chart.vl.json", response_model=VegaLite, responses=responses.LINKED)
def chart_comparison_vega(ref: str, query: Options, request: Request, db: Db) -> Response:
    """Returns the chart of a comparison as a Vega-Lite specification with its data."""
    found, moment = _forest(db, ref, query)
    return _vega(request, comparison.chart(found), moment)


@routes.get("/comparisons/{ref}/timeline.svg", response_class=Response, responses=responses.problems(404) | _SVG)
def chart_timeline(ref: str, query: Pictured, request: Request, db: Db) -> Response:
    """Returns a timeline as SVG: steps for reported figures, diamonds for estimates, ticks for disputes. It shows no
    averages.
    """
    return _pictured(db, ref, query, request, timeline.chart)


@routes.get("/comparisons/{ref}/timeline.vl.json", response_model=VegaLite, responses=responses.LINKED)
def chart_timeline_vega(ref: str, query: Options, request: Request, db: Db) -> Response:
    """Returns the timeline as a Vega-Lite specification with its data."""
    found, moment = _forest(db, ref, query)
    return _vega(request, timeline.chart(found), moment)


@routes.get("/disagreements/chart.svg", response_class=Response, responses=responses.LIST | _SVG)
def chart_disagreements(query: Annotated[RankingQuery, Query()], request: Request, db: Db) -> Response:
    """Returns a page of the ranking as SVG, widest first: one row per measurand, in multiples of its lowest amount."""
    chart, moment = _ranking(db, query)
    headers = _POLICY | responses.links(request, moment=moment)
    return Response(svg(chart), headers=headers, media_type="image/svg+xml")


@routes.get("/disagreements/chart.vl.json", response_model=VegaLite, responses=responses.LIST)
def chart_disagreements_vega(query: Annotated[RankingQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the chart of disagreements as a Vega-Lite specification with its data."""
    return _vega(request, *_ranking(db, query))


Draw = Callable[[forest.Forest], Chart]


class _Picture(NamedTuple):
    """A chart, where it comes from (the day of its data, its address and the licence), and its lasting address."""

    chart: Chart
    origin: str
    links: dict[str, str]


def _chart(db: Database, ref: str, query: PictureQuery, request: Request, draw: Draw) -> _Picture:
    options, (found, moment) = from_query(query), _forest(db, ref, query)
    day = (options.recorded_as_of or found.comparison.updated_at).date()
    address = addresses.of_comparison(request, found.comparison.key, options.as_of, options.recorded_as_of)
    origin = ", ".join(filter(None, (f"Data of {day}", address, request.app.state.licence)))
    return _Picture(draw(found), origin, responses.links(request, moment=moment))


def _pictured(db: Database, ref: str, query: PictureQuery, request: Request, draw: Draw) -> Response:
    made = _chart(db, ref, query, request, draw)
    drawn = svg(made.chart, query.theme, query.width, made.origin)
    return Response(drawn, headers=_POLICY | made.links, media_type="image/svg+xml")


def _height_of(drawn: str) -> float:
    """The height of a drawing as a share of its width."""
    box = drawn.partition('viewBox="')[2].partition('"')[0].split()
    return float(box[3]) / WIDTH


def _forest(db: Database, ref: str, query: RecordedSettingsQuery) -> tuple[forest.Forest, datetime | None]:
    options = from_query(query)
    with snapshot(db, query.recorded_as_of, recorded.measurand(ref)) as found:
        return forest.of_measurand(found.connection, ref, options), found.moment


def _ranking(db: Database, query: RankingQuery) -> tuple[Chart, datetime | None]:
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        items = DISAGREEMENTS[query.kind].page(found.connection, query, WIDEST_FIRST).items
        return ranking_chart.chart(items, query.kind), found.moment


def _vega(request: Request, chart: Chart, moment: datetime | None) -> Response:
    return JSONResponse(vega_lite(chart), headers=responses.links(request, moment=moment))
