"""Comparisons in the pages of others: a page for iframes, and oEmbed, by which other sites find it."""

from datetime import date
from html import escape
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse

from service.analysis import forest
from service.analysis.options import ComparisonOptions
from service.api import addresses
from service.api.dependencies import Db
from service.charts import comparison as comparison_chart
from service.domain.figure import DEFAULT_TOLERANCE
from service.errors import Invalid, NotFound
from service.schemas.pages import DayQuery, OEmbedQuery
from service.web.html import page, policy
from service.web.route import FrameRoute, pages

routes = pages(FrameRoute)
WIDTH, HEIGHT = 760, 520
_LEAST_WIDTH, _LEAST_HEIGHT = 240, 160


@routes.get("/embed/comparisons/{ref}")
def show_embedded(ref: str, request: Request, query: Annotated[DayQuery, Query()], db: Db) -> Response:
    """Shows a comparison without navigation and without forms, for iframes of the origins that the settings allow."""
    with db.snapshot() as connection:
        found = forest.of_measurand(connection, ref, ComparisonOptions(DEFAULT_TOLERANCE, query.as_of))
    return page(
        request,
        "embed.html",
        policy=policy(forms="'none'", ancestors=" ".join(request.app.state.embed_origins) or "'none'"),
        forest=found,
        comparison=found.comparison,
        chart=comparison_chart.chart(found),
        address=addresses.of_comparison(request, found.comparison.key, query.as_of),
    )


@routes.get("/oembed")
def read_oembed(request: Request, query: Annotated[OEmbedQuery, Query()], db: Db) -> Response:
    """Says how to embed the comparison at an address of this service (oEmbed 1.0, JSON only)."""
    if query.format != "json":
        return JSONResponse({"detail": "Only format=json is served."}, 501)
    base = addresses.base(request)
    ref, as_of = _asked(query.url, base)
    with db.snapshot() as connection:
        found = forest.of_measurand(connection, ref, ComparisonOptions(DEFAULT_TOLERANCE, as_of)).comparison
    width = max(min(query.maxwidth or WIDTH, WIDTH), _LEAST_WIDTH)
    height = max(min(query.maxheight or HEIGHT, HEIGHT), _LEAST_HEIGHT)
    title = f"{found.subject.name}: {found.metric.name}"
    source = addresses.of_embedded(request, found.key, as_of)
    frame = (
        f'<iframe src="{escape(source)}" width="{width}" height="{height}" title="{escape(title)}" loading="lazy"'
        ' style="border:0" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )
    answer: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": "Counterclaim",
        "provider_url": f"{base}/",
        "width": width,
        "height": height,
        "html": frame,
    }
    return JSONResponse(answer)


def _asked(url: str, base: str) -> tuple[str, date | None]:
    """The comparison and the day of an address. Raises NotFound for any other address than a comparison's here."""
    try:
        given, own = urlsplit(url), urlsplit(base)
    except ValueError:
        raise NotFound("This is not the address of a comparison of this service.") from None
    path = given.path.removeprefix(own.path)
    prefix = "/comparisons/"
    if (
        (given.scheme, given.netloc) != (own.scheme, own.netloc)
        or not path.startswith(prefix)
        or "/" in path[len(prefix) :]
    ):
        raise NotFound("This is not the address of a comparison of this service.")
    days = [text for name, _, text in (part.partition("=") for part in given.query.split("&")) if name == "as_of"]
    try:
        return unquote(path[len(prefix) :]), date.fromisoformat(days[0]) if days and days[0] else None
    except ValueError:
        raise Invalid.at("/url", "The day of the address is written as 2025-09-17.", "query") from None
