"""The explorer, for people: a page is a few queries and a template, and its address is its state."""

from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from service.analysis import disagreements, forest
from service.analysis import tables as as_of_day
from service.analysis.settings import Settings
from service.api.deps import Db
from service.charts import comparison as comparison_chart
from service.charts import ranking, timeline
from service.charts.svg import fragment
from service.db.engine import Connection
from service.domain.figure import MAX_TOLERANCE
from service.errors import Invalid
from service.schemas.claims import Claim
from service.schemas.pages import (
    ChangesPageQuery,
    ComparisonPageQuery,
    EntityPageQuery,
    HomeQuery,
    RecordPageQuery,
)
from service.schemas.queries import ClaimQuery, ComparisonQuery, DisagreementQuery, DisputeQuery, MetricQuery
from service.schemas.search import SearchQuery
from service.schemas.sources import Source
from service.schemas.table_queries import DisagreementTableQuery
from service.store import claims, comparisons, disputes, entities, history, metrics, search, sources
from service.web.html import BUILD, ICON, STYLESHEET, page
from service.web.route import pages

routes = pages()
assets = APIRouter(include_in_schema=False)
_SHOWN = 20  # of each list on a page


@routes.get("/")
def show_home(request: Request, query: Annotated[HomeQuery, Query()], db: Db) -> Response:
    """Search, and where sources disagree most."""
    with db.snapshot() as connection:
        context = _found(connection, query.q) if query.q else _ranking(connection, query)
        known = metrics.page(connection, MetricQuery(sort="name", limit=100)).items
    return page(request, "home.html", query=query, metrics=known, **context)


def _found(connection: Connection, words: str) -> dict[str, Any]:
    return {"found": search.search(connection, SearchQuery(q=words, limit=_SHOWN)).items}


def _ranking(connection: Connection, query: HomeQuery) -> dict[str, Any]:
    filters: dict[str, Any] = {
        "kind": query.kind,
        "metric": [query.metric] if query.metric else [],
        "entity_kind": [query.entity_kind] if query.entity_kind else [],
    }
    if query.as_of is not None:
        asked = DisagreementTableQuery(limit=_SHOWN, **filters)
        items, cursor = as_of_day.ranking_as_of(connection, asked, query.as_of), None
        recent = []
    else:
        live = disagreements.page(connection, DisagreementQuery(limit=_SHOWN, cursor=query.cursor, **filters))
        items, cursor = live.items, live.next_cursor
        recent = comparisons.page(connection, ComparisonQuery(sort="-updated_at", limit=8)).items
    chart = ranking.chart(items, query.kind)
    return {"found": None, "items": items, "chart": chart, "next_cursor": cursor, "recent": recent}


@routes.get("/entities/{ref}")
def show_entity(ref: str, request: Request, query: Annotated[EntityPageQuery, Query()], db: Db) -> Response:
    """What is said about an entity, and what it says itself."""
    with db.snapshot() as connection:
        entity = entities.read(connection, ref)
        if query.as_of is not None:
            compared = as_of_day.summaries_as_of(connection, entity.id, query.as_of)
        else:
            asked = ComparisonQuery(subject=[entity.id], sort="-figure_count", limit=200)
            compared = comparisons.page(connection, asked).items
        about = claims.page(connection, ClaimQuery(subject=[entity.id], limit=_SHOWN, cursor=query.cursor))
        said = claims.page(connection, ClaimQuery(claimant=[entity.id], limit=_SHOWN)) if not query.cursor else None
        raised = disputes.page(connection, DisputeQuery(raised_by=[entity.id], limit=_SHOWN)).items
    by_metric: dict[str, list[Any]] = {}
    for one in sorted(compared, key=lambda c: (c.metric.name, c.scope.name if c.scope else "", c.period or "")):
        by_metric.setdefault(one.metric.name, []).append(one)
    context: dict[str, Any] = {"entity": entity, "by_metric": by_metric, "about": about, "said": said, "raised": raised}
    return page(request, "entity.html", query=query, **context)


@routes.get("/comparisons/{ref}")
def show_comparison(ref: str, request: Request, query: Annotated[ComparisonPageQuery, Query()], db: Db) -> Response:
    """The figures of one measurand, held against each other."""
    tolerance = Fraction(query.about_tolerance)
    if not 0 <= tolerance <= MAX_TOLERANCE:
        raise Invalid.at("/about_tolerance", "The tolerance of “about” is from 0 to 0.5.", "query")
    settings = Settings(tolerance, query.as_of, query.by)
    with db.snapshot() as connection:
        found = forest.of_measurand(connection, ref, settings)
        shown = {row.figure.claim.id for group in found.groups[:1] for row in group.rows}
        stated = sorted(claims.by_ids(connection, shown), key=lambda claim: claim.created_at)
    return page(
        request,
        "comparison.html",
        query=query,
        forest=found,
        comparison=found.comparison,
        chart=comparison_chart.chart(found),
        timeline=Markup(fragment(timeline.chart(found))),
        claims=stated,
    )


@routes.get("/claims/{ref}")
def show_claim(ref: str, request: Request, query: Annotated[RecordPageQuery, Query()], db: Db) -> Response:
    """One claim: its words, where they come from, its figures, who disputes it, and how the record came about."""
    with db.snapshot() as connection:
        claim = claims.read(connection, ref)
        if query.recorded_as_of is not None:
            claim = Claim.model_validate(history.as_recorded(connection, "claim", claim.id, query.recorded_as_of))
        context: dict[str, Any] = {
            "claim": claim,
            "source": sources.read(connection, claim.source.id),
            "origins": claims.origins(connection, claim),
            "relays": claims.page(connection, ClaimQuery(derived_from=[claim.id], status=["all"], limit=_SHOWN)).items,
            "against": disputes.page(connection, DisputeQuery(claim=[claim.id], limit=_SHOWN)).items,
            "raised": disputes.raised_in(connection, claim.id),
            "changes": history.with_differences(connection, "claim", claim.id, _SHOWN),
        }
    return page(request, "claim.html", query=query, **context)


@routes.get("/sources/{ref}")
def show_source(ref: str, request: Request, query: Annotated[RecordPageQuery, Query()], db: Db) -> Response:
    """A source, and the claims in it."""
    with db.snapshot() as connection:
        source = sources.read(connection, ref)
        if query.recorded_as_of is not None:
            source = Source.model_validate(history.as_recorded(connection, "source", source.id, query.recorded_as_of))
        asked = ClaimQuery(source=[source.id], status=["all"], limit=_SHOWN, cursor=query.cursor, sort="created_at")
        found = claims.page(connection, asked)
    return page(request, "source.html", query=query, source=source, claims=found)


@routes.get("/changes")
def show_changes(request: Request, query: Annotated[ChangesPageQuery, Query()], db: Db) -> Response:
    """What happened last, to every record."""
    with db.read() as connection:
        found = history.latest(connection, query.before, 2 * _SHOWN)
    return page(request, "changes.html", query=query, changes=found)


@assets.get("/assets/{build}/explorer.css")
def read_stylesheet(build: str) -> Response:
    return _asset(STYLESHEET, build, "text/css")


@assets.get("/assets/{build}/icon.svg")
def read_icon(build: str) -> Response:
    return _asset(ICON, build, "image/svg+xml")


def _asset(content: bytes, build: str, media_type: str) -> Response:
    """The same for ever under one address, which names the build."""
    kept = "public, max-age=31536000, immutable" if build == BUILD else "no-cache"
    return Response(content, headers={"Cache-Control": kept}, media_type=media_type)
