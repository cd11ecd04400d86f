"""Metrics: kinds of quantity with one canonical unit, and scopes that say which part is counted."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.metrics import Metric, MetricCreate, MetricPage, MetricPatch
from service.schemas.queries import MetricQuery
from service.store.records import metrics

routes = router("metrics", cache_seconds=0)


@routes.get("/metrics", response_model=MetricPage, responses=responses.LIST)
def list_metrics(query: Annotated[MetricQuery, Query()], request: Request, db: Db) -> Response:
    """Returns metrics, newest first."""
    return responses.listed(request, db, metrics.LIST, query)


@routes.post("/metrics", status_code=201, response_model=Metric, responses=responses.created(Metric))
def create_metric(body: MetricCreate, write: Post) -> Response:
    """Creates a metric. Repeating the request with your own id or key is safe: the same content returns 200, different
    content 409.
    """
    return responses.create(write, "metrics", body, metrics.create, metrics.PROJECTION)


@routes.get("/metrics/{ref}", response_model=Metric, responses=responses.READ)
def read_metric(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    """Returns a metric with its unit and properties."""
    return responses.read(db, metrics.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/metrics/{ref}", response_model=Metric, responses=responses.CHANGE)
def amend_metric(ref: str, body: MetricPatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(write, metrics.PROJECTION, lambda c: metrics.amend(c, ref, body, versions))


@routes.delete("/metrics/{ref}", response_model=Metric, responses=responses.CHANGE)
def withdraw_metric(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws a metric. Nothing is deleted: the record stays readable by id or key, and is excluded from comparisons
    and, by default, from lists.
    """
    return responses.change(
        write, metrics.PROJECTION, lambda connection: metrics.withdraw(connection, ref, reason, versions)
    )


@routes.post("/metrics/{ref}/restore", response_model=Metric, responses=responses.CHANGE)
def restore_metric(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn metric."""
    return responses.change(write, metrics.PROJECTION, lambda c: metrics.restore(c, ref, versions))


@routes.get("/metrics/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_metric_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the metric, what they changed and when; newest first."""
    return responses.versions(request, db, metrics.PROJECTION, ref, query, names=names)
