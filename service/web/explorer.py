"""The explorer's HTML pages. Each is a few queries and a template, and its URL holds its state."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from service.analysis import forest
from service.analysis import tables as as_of_day
from service.analysis.between import between
from service.analysis.options import ComparisonOptions, from_query
from service.api import addresses
from service.api.dependencies import Db, SeesNames
from service.charts import comparison as comparison_chart
from service.charts import ranking, timeline
from service.charts.svg import fragment
from service.db.engine import Connection
from service.domain.figure import DEFAULT_TOLERANCE
from service.domain.period import parse_period
from service.errors import Invalid, NotFound
from service.schemas.base import Head
from service.schemas.claims import Claim, ClaimPage
from service.schemas.comparisons import Between, Comparison, Summary
from service.schemas.pages import (
    ChangesPageQuery,
    ComparisonPageQuery,
    EntityPageQuery,
    HomeQuery,
    RecordPageQuery,
    SearchPageQuery,
)
from service.schemas.queries import (
    ClaimQuery,
    ComparisonQuery,
    ConsistencyQuery,
    DisputeQuery,
    MetricQuery,
    PropositionQuery,
    RankingQuery,
)
from service.schemas.search import SearchedKind, SearchQuery
from service.schemas.sources import Source
from service.schemas.table_queries import DisagreementTableQuery
from service.store import rows
from service.store.audit import history, recorded
from service.store.audit.recorded import snapshot
from service.store.comparisons.ranking import DISAGREEMENTS, LIST, WIDEST_FIRST
from service.store.lists import consistency, contested_propositions, search
from service.store.records import claim_provenance, claims, disputes, entities, metrics, propositions, sources
from service.transfer import citations
from service.web.by_period import first_days, in_series
from service.web.filters import as_list
from service.web.html import page
from service.web.route import pages

routes = pages()
_SHOWN = 20  # items of each list on a page
_LEADING = 6  # comparisons and metrics above the records that a search finds


@routes.get("/")
def show_home(request: Request, query: Annotated[HomeQuery, Query()], db: Db) -> Response:
    """Shows where sources disagree most."""
    if query.q:  # as this page was asked before it had one of its own
        return RedirectResponse(f"/search?{urlencode({'q': query.q})}", 308)
    asked = DisagreementTableQuery(limit=_SHOWN, kind=query.kind, **_filters(query))
    with snapshot(db, query.recorded_as_of, recorded.filtered(asked)) as found:
        connection = found.connection
        context = _ranking(connection, query)
        context["compared"] = _compared(connection, request.app.state.home_comparison, query)
        context |= _one_of_each(connection) if query.recorded_as_of is None else {"check": None, "proposition": None}
        known = metrics.LIST.page(connection, MetricQuery(sort="name", limit=100)).items
        is_empty = not known and rows.is_empty(connection)
    context |= {"metrics": known, "is_empty": is_empty}
    return page(request, "home.html", moment=found.moment, query=query, **context)


def _one_of_each(connection: Connection) -> dict[str, Any]:
    """The widest check of an equation, and the proposition that most voices contest."""
    wanted = ConsistencyQuery(limit=1)
    checks = consistency.LIST.page(connection, wanted, consistency.WIDEST_FIRST).items
    order = contested_propositions.MOST_CONTESTED_FIRST
    contested = contested_propositions.LIST.page(connection, RankingQuery(limit=1), order).items
    return {"check": next(iter(checks), None), "proposition": next(iter(contested), None)}


def _compared(connection: Connection, refs: Sequence[str], query: HomeQuery) -> Between | None:
    """Returns the comparison that the settings choose for this page; None if its measurands do not exist."""
    if len(refs) != 2:
        return None
    try:
        return between(connection, refs[0], refs[1], ComparisonOptions(DEFAULT_TOLERANCE, query.as_of))
    except NotFound:
        return None


@routes.get("/search")
def show_search(request: Request, query: Annotated[SearchPageQuery, Query()], db: Db) -> Response:
    """Shows what has all words: comparisons and metrics first, then records, page by page."""
    kinds: list[SearchedKind] = [query.kind] if query.kind else ["claim", "source", "entity", "proposition"]
    lead = found = None
    if query.q:
        with db.snapshot() as connection:
            found = search.search(connection, SearchQuery(q=query.q, kind=kinds, cursor=query.cursor, limit=_SHOWN))
            if query.kind is None and query.cursor is None:
                leading = SearchQuery(q=query.q, kind=["comparison", "metric"], limit=_LEADING)
                lead = search.search(connection, leading)
    return page(request, "search.html", query=query, found=found, lead=lead)


def _filters(query: HomeQuery) -> dict[str, Any]:
    return {
        "metric": as_list(query.metric),
        "entity_kind": [query.entity_kind] if query.entity_kind else [],
    }


def _ranking(connection: Connection, query: HomeQuery) -> dict[str, Any]:
    filters = _filters(query)
    note = None
    if query.as_of is not None:
        asked = DisagreementTableQuery(limit=_SHOWN, kind=query.kind, **filters)
        cursor, recent = None, []
        try:
            items = as_of_day.series_as_of(connection, asked, query.as_of)
        except Invalid as error:  # too many for one page, unless filtered by metric
            items, note = [], error.detail
    else:
        live_query = RankingQuery(kind=query.kind, limit=_SHOWN, cursor=query.cursor, group_by="series", **filters)
        live = DISAGREEMENTS[query.kind].page(connection, live_query, WIDEST_FIRST)
        items, cursor = live.items, live.next_cursor
        recent = LIST.page(connection, ComparisonQuery(sort="-updated_at", limit=8)).items
    chart = ranking.chart(items, query.kind)
    return {"items": items, "chart": chart, "next_cursor": cursor, "recent": recent, "note": note}


@routes.get("/entities/{ref}")
def show_entity(ref: str, request: Request, query: Annotated[EntityPageQuery, Query()], db: Db) -> Response:
    """Shows what is said about an entity, and what it says itself."""
    with snapshot(db, query.recorded_as_of, recorded.entity(ref)) as (connection, moment):
        entity = entities.PROJECTION.read(connection, ref)
        if query.as_of is not None:
            compared = as_of_day.summaries_as_of(connection, entity.id, query.as_of)
        else:
            asked = ComparisonQuery(subject=[entity.id], sort="-figure_count", limit=200)
            compared = LIST.page(connection, asked).items
        about = _claims(connection, ClaimQuery(subject=[entity.id], limit=_SHOWN, cursor=query.cursor), query.as_of)
        said = _claims(connection, ClaimQuery(claimant=[entity.id], limit=_SHOWN), query.as_of)
        raised = disputes.LIST.page(connection, DisputeQuery(raised_by=[entity.id], limit=_SHOWN)).items
        is_now = query.as_of is None and query.recorded_as_of is None
        statements = propositions.LIST.page(connection, PropositionQuery(subject=[entity.id], limit=_SHOWN)).items
        asked_checks = ConsistencyQuery(subject=[entity.id], limit=_SHOWN)
        checks = consistency.LIST.page(connection, asked_checks, consistency.WIDEST_FIRST).items if is_now else []
    raised = [one for one in raised if query.as_of is None or _had_begun(one.opened, query.as_of)]
    by_metric: dict[str, list[Summary]] = {}
    for one in sorted(compared, key=lambda c: (c.metric.name, c.scope.name if c.scope else "", first_days(c))):
        by_metric.setdefault(one.metric.key, []).append(one)
    context: dict[str, Any] = {
        "entity": entity,
        "by_metric": {key: in_series(every) for key, every in by_metric.items()},
        "compared_count": len(compared),
        "about": about,
        "said": said,
        "raised": raised,
        "statements": statements if is_now else [],
        "checks": checks,
    }
    return page(request, "entity.html", moment=moment, query=query, **context)


def _claims(connection: Connection, query: ClaimQuery, day: date | None) -> ClaimPage:
    if day is None:
        return claims.LIST.page(connection, query)
    stood = query.model_copy(update={"status": ["active", "superseded"]})
    return claims.LIST.page(connection, stood, as_of=day).model_copy(update={"next_cursor": None})


def _had_begun(opened: str | None, day: date) -> bool:
    first = parse_period(opened).earliest if opened is not None else None
    return first is None or first <= day


@routes.get("/comparisons/{ref}")
def show_comparison(ref: str, request: Request, query: Annotated[ComparisonPageQuery, Query()], db: Db) -> Response:
    """Shows the figures of one measurand, compared with each other."""
    options = from_query(query)
    with snapshot(db, query.recorded_as_of, recorded.measurand(ref)) as (connection, moment):
        found = forest.of_measurand(connection, ref, options, query.order)
        shown = {row.figure.claim.id for row in found.groups[0].rows}
        periods = _other_periods(connection, found.comparison)
        stated = sorted(claims.PROJECTION.by_ids(connection, shown), key=lambda claim: claim.created_at)
    here = addresses.of_comparison(request, found.comparison.key, query.as_of)
    over_time = timeline.chart(found)
    return page(
        request,
        "comparison.html",
        query=query,
        forest=found,
        comparison=found.comparison,
        chart=comparison_chart.chart(found),
        timeline=Markup(fragment(over_time)),
        has_days=over_time.days is not None,
        claims=stated,
        quotes={claim.id: claim.quote for claim in stated if claim.quote},
        periods=periods,
        moment=moment,
        permanent=addresses.of_comparison(request, found.comparison.key, query.as_of, moment),
        address=here,
        embedded=addresses.of_embedded(request, found.comparison.key, query.as_of),
        base=addresses.base(request),
        day_query=addresses.day_query(query.as_of),
        citation=citations.csl_of_comparison(found.comparison, here, datetime.now(UTC).date()),
    )


def _other_periods(connection: Connection, shown: Comparison) -> list[Summary]:
    """Returns the summaries of the same quantity in other periods, in order."""
    if shown.period is None:
        return []
    scope = shown.scope and shown.scope.id
    about: dict[str, Any] = {"subject": [shown.subject.id], "metric": [shown.metric.id]}
    asked = ComparisonQuery(**about, scope=[scope] if scope else [], sort="-figure_count", limit=200)
    found = [one for one in LIST.page(connection, asked).items if (one.scope and one.scope.id) == scope]
    return sorted((one for one in found if one.id != shown.id), key=first_days)


@routes.get("/claims/{ref}")
def show_claim(
    ref: str, request: Request, query: Annotated[RecordPageQuery, Query()], db: Db, names: SeesNames
) -> Response:
    """Shows one claim: its text, its origin, its figures, its disputes, and the history of the record."""
    with db.snapshot() as connection:
        claim = claims.PROJECTION.read(connection, ref)
        if query.recorded_as_of is not None:
            claim = Claim.model_validate(history.as_recorded(connection, "claim", claim.id, query.recorded_as_of))
        relays = claims.LIST.page(connection, ClaimQuery(derived_from=[claim.id], status=["all"], limit=_SHOWN)).items
        against = disputes.LIST.page(connection, DisputeQuery(claim=[claim.id], limit=_SHOWN)).items
        changes = history.with_differences(connection, "claim", claim.id, _SHOWN, names=names)
        context: dict[str, Any] = {
            "claim": claim,
            "source": sources.PROJECTION.read(connection, claim.source.id),
            "origins": claim_provenance.origins(connection, claim),
            "relays": _by_then(relays, query.recorded_as_of),
            "against": _by_then(against, query.recorded_as_of),
            "raised": _by_then(disputes.raised_in(connection, claim.id), query.recorded_as_of),
            "changes": [pair for pair in changes if _is_by(pair[0].at, query.recorded_as_of)],
        }
    return page(request, "claim.html", query=query, **context)


R = TypeVar("R", bound=Head)


def _by_then(records: list[R], moment: datetime | None) -> list[R]:
    """Returns the records that were stored at that moment."""
    return [one for one in records if _is_by(one.created_at, moment)]


def _is_by(at: datetime, moment: datetime | None) -> bool:
    return moment is None or at <= moment


@routes.get("/sources/{ref}")
def show_source(ref: str, request: Request, query: Annotated[RecordPageQuery, Query()], db: Db) -> Response:
    """Shows a source, and the claims in it."""
    with db.snapshot() as connection:
        source = sources.PROJECTION.read(connection, ref)
        if query.recorded_as_of is not None:
            source = Source.model_validate(history.as_recorded(connection, "source", source.id, query.recorded_as_of))
        asked = ClaimQuery(source=[source.id], status=["all"], limit=_SHOWN, cursor=query.cursor, sort="created_at")
        found = claims.LIST.page(connection, asked)
    shown = ClaimPage(items=_by_then(found.items, query.recorded_as_of), next_cursor=found.next_cursor)
    citation = citations.csl_of_source(source)
    return page(request, "source.html", query=query, source=source, claims=shown, citation=citation)


@routes.get("/changes")
def show_changes(request: Request, query: Annotated[ChangesPageQuery, Query()], db: Db, names: SeesNames) -> Response:
    """Shows the latest changes to all records."""
    with db.read() as connection:
        found = history.latest(connection, query.before, 2 * _SHOWN, names=names)
    return page(request, "changes.html", query=query, changes=found)
