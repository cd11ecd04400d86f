"""The explorer's lists: comparisons, claims, entities, sources and quantities, each with facets, sorting and pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request, Response

from service.analysis.between import between
from service.analysis.options import ComparisonOptions
from service.api.dependencies import Db
from service.charts import quantity
from service.db.engine import Connection
from service.domain.figure import DEFAULT_TOLERANCE
from service.domain.vocabulary import OverTime
from service.errors import NotFound
from service.schemas.comparisons import Between, Summary
from service.schemas.facets import Facet, FacetField, FacetQuery
from service.schemas.pages import (
    ClaimListPageQuery,
    ComparePageQuery,
    ComparisonListPageQuery,
    EntityListPageQuery,
    QuantityListPageQuery,
    QuantityPageQuery,
    SourceListPageQuery,
)
from service.schemas.queries import ClaimQuery, ComparisonQuery, EntityQuery, MetricQuery, SourceQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.comparisons.ranking import LIST
from service.store.lists import facets
from service.store.records import claims, entities, metrics, scopes, sources
from service.web.by_period import Series, first_days, in_series
from service.web.filters import as_list
from service.web.html import page
from service.web.route import pages

routes = pages()
_SHOWN, _MOST_ON_AXIS, _MOST_PERIODS, _FACETS = 25, 50, 200, 12


@dataclass(frozen=True, slots=True)
class Choice:
    """The values of one filter, with how many there are of each. `name` is its parameter."""

    name: str
    title: str
    counted: str  # what is counted
    chosen: str | None
    values: Sequence[Facet]


def _choice(
    connection: Connection, field: FacetField, name: str, title: str, chosen: str | None, **of: list[str]
) -> Choice:
    found = facets.count(connection, FacetQuery(field=field, limit=_FACETS, **of))
    return Choice(name, title, found.of, chosen, found.values)


@routes.get("/comparisons")
def show_comparisons(request: Request, query: Annotated[ComparisonListPageQuery, Query()], db: Db) -> Response:
    """Lists what is compared: each subject, quantity, part and period."""
    of = {"subject": as_list(query.subject), "metric": as_list(query.metric)}
    asked: dict[str, Any] = of | {"agreement": as_list(query.agreement), "claimant": as_list(query.claimant)}
    wanted = ComparisonQuery(limit=_SHOWN, sort=query.sort, cursor=query.cursor, **asked)
    with snapshot(db, query.recorded_as_of, recorded.filtered(wanted)) as (connection, moment):
        found = LIST.page(connection, wanted)
        choices = [
            _choice(connection, "agreement", "agreement", "Agreement", query.agreement, **of),
            _choice(connection, "metric", "metric", "Quantity", query.metric, subject=of["subject"]),
            _choice(connection, "claimant", "claimant", "Said by", query.claimant, **of),
        ]
    return page(request, "comparisons.html", moment=moment, query=query, found=found, choices=choices)


@routes.get("/claims")
def show_claims(request: Request, query: Annotated[ClaimListPageQuery, Query()], db: Db) -> Response:
    """Lists claims, the newest first."""
    asked: dict[str, Any] = {name: as_list(getattr(query, name)) for name in ("subject", "claimant", "metric", "basis")}
    of = {"subject": asked["subject"], "metric": asked["metric"]}
    with db.snapshot() as connection:
        wanted = ClaimQuery(limit=_SHOWN, cursor=query.cursor, status=[query.status], text=query.text, **asked)
        found = claims.LIST.page(connection, wanted)
        choices = [
            _choice(connection, "basis", "basis", "Basis", query.basis, **of),
            _choice(connection, "metric", "metric", "Quantity", query.metric, subject=of["subject"]),
            _choice(connection, "claimant", "claimant", "Said by", query.claimant, **of),
        ]
    return page(request, "claims.html", query=query, found=found, choices=choices)


@routes.get("/entities")
def show_entities(request: Request, query: Annotated[EntityListPageQuery, Query()], db: Db) -> Response:
    """Lists what claims are about, and who makes them."""
    with db.snapshot() as connection:
        wanted = EntityQuery(
            limit=_SHOWN, cursor=query.cursor, sort=query.sort, kind=as_list(query.kind), text=query.text
        )
        found = entities.LIST.page(connection, wanted)
        choices = [_choice(connection, "subject_kind", "kind", "Kind", query.kind)]
    return page(request, "entities.html", query=query, found=found, choices=choices)


@routes.get("/sources")
def show_sources(request: Request, query: Annotated[SourceListPageQuery, Query()], db: Db) -> Response:
    """Lists the documents in which claims are found."""
    with db.snapshot() as connection:
        wanted = SourceQuery(
            limit=_SHOWN, cursor=query.cursor, sort=query.sort, kind=as_list(query.kind), text=query.text
        )
        found = sources.LIST.page(connection, wanted)
        choices = [_choice(connection, "source_kind", "kind", "Kind", query.kind)]
    return page(request, "sources.html", query=query, found=found, choices=choices)


@routes.get("/quantities")
def show_quantities(request: Request, query: Annotated[QuantityListPageQuery, Query()], db: Db) -> Response:
    """Lists the metrics: kinds of quantities, each with one unit."""
    with db.snapshot() as connection:
        found = metrics.LIST.page(connection, MetricQuery(limit=_SHOWN, cursor=query.cursor, sort=query.sort))
        counted = facets.count(connection, FacetQuery(field="metric", limit=1_000))
    counts = {one.value: one.count for one in counted.values}
    return page(request, "quantities.html", query=query, found=found, counts=counts, is_exact=counted.is_exact)


@routes.get("/quantities/{ref}")
def show_quantity(ref: str, request: Request, query: Annotated[QuantityPageQuery, Query()], db: Db) -> Response:
    """Shows all subjects of a metric on one axis."""
    with snapshot(db, query.recorded_as_of, recorded.filtered(ComparisonQuery(metric=[ref]))) as (connection, moment):
        metric = metrics.PROJECTION.read(connection, ref)
        scope = scopes.find(connection, metric.id, query.scope) if query.scope else None
        wanted = ComparisonQuery(
            metric=[metric.id], scope=as_list(scope), limit=_MOST_ON_AXIS, sort=query.sort,
            cursor=query.cursor,
        )  # fmt: skip
        is_by_period = metric.over_time is OverTime.BY_PERIOD
        found = LIST.page(connection, wanted.model_copy(update={"limit": _MOST_PERIODS}) if is_by_period else wanted)
        choices = [_choice(connection, "scope", "scope", "Part", query.scope, metric=[metric.key])]
    by_subject = _by_subject(found.items) if is_by_period else {}
    return page(
        request,
        "quantity.html",
        moment=moment,
        query=query,
        metric=metric,
        found=found,
        chart=quantity.chart(metric, found.items),
        by_subject=by_subject if any(one.chart for groups in by_subject.values() for one in groups) else {},
        choices=choices,
    )


def _by_subject(found: Sequence[Summary]) -> dict[str, list[Series]]:
    """The comparisons of a metric by subject, in the order of their first ones, each subject's by period."""
    by_subject: dict[str, list[Summary]] = {}
    for one in found:
        by_subject.setdefault(one.subject.key, []).append(one)
    return {key: in_series(sorted(every, key=first_days)) for key, every in by_subject.items()}


@routes.get("/compare")
def show_compare(request: Request, query: Annotated[ComparePageQuery, Query()], db: Db) -> Response:
    """Compares any two measurands or figures, and offers some to choose from."""
    missing = None
    compared: Between | None = None
    find = recorded.operands(query.left, query.right) if query.left and query.right else recorded.filtered(query)
    with snapshot(db, query.recorded_as_of, find) as (connection, moment):
        if query.left and query.right:
            options = ComparisonOptions(DEFAULT_TOLERANCE, query.as_of)
            try:
                compared = between(connection, query.left, query.right, options)
            except NotFound as error:
                missing = error.faults[0].pointer.removeprefix("/") if error.faults else "left"
        suggested = LIST.page(connection, ComparisonQuery(sort="-figure_count", limit=_MOST_ON_AXIS)).items
    return page(
        request, "compare.html", moment=moment, query=query, compared=compared, missing=missing, suggested=suggested
    )
