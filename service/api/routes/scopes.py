"""Scopes of a metric: which part of it is counted."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import ScopeQuery
from service.schemas.scopes import Scope, ScopeCreate, ScopePage, ScopePatch
from service.store.records import scopes

routes = router("metrics", cache_seconds=0)


@routes.get("/metrics/{ref}/scopes", response_model=ScopePage, responses=responses.problems(404))
def list_scopes(ref: str, query: Annotated[ScopeQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the scopes of a metric, oldest first."""
    with db.snapshot() as connection:
        return responses.page_response(request, scopes.page_json(connection, ref, query))


@routes.post(
    "/metrics/{ref}/scopes",
    status_code=201,
    response_model=Scope,
    responses=responses.created(Scope) | responses.problems(404),
)
def create_scope(ref: str, body: ScopeCreate, write: Post) -> Response:
    """Adds a scope to a metric, which has at most 10,000. Repeating the request with the same key is safe: the same
    content returns 200, different content 409.
    """
    return responses.create(
        write, f"metrics/{ref}/scopes", body, lambda c, b: scopes.create(c, ref, b), scopes.PROJECTION
    )


@routes.get("/metrics/{ref}/scopes/{scope}", response_model=Scope, responses=responses.READ)
def read_scope(
    ref: str, scope: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None
) -> Response:
    """Returns a scope of a metric."""
    return responses.read(db, scopes.OfMetric(ref), scope, if_none_match, recorded_as_of)


@routes.patch("/metrics/{ref}/scopes/{scope}", response_model=Scope, responses=responses.CHANGE)
def amend_scope(ref: str, scope: str, body: ScopePatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field."""
    return responses.change(
        write, scopes.PROJECTION, lambda c: scopes.amend(c, scopes.find(c, ref, scope), body, versions)
    )


@routes.delete("/metrics/{ref}/scopes/{scope}", response_model=Scope, responses=responses.CHANGE)
def withdraw_scope(ref: str, scope: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws a scope. Nothing is deleted: its figures keep it, and new ones cannot name it."""
    return responses.change(
        write, scopes.PROJECTION, lambda c: scopes.withdraw(c, scopes.find(c, ref, scope), reason, versions)
    )


@routes.post("/metrics/{ref}/scopes/{scope}/restore", response_model=Scope, responses=responses.CHANGE)
def restore_scope(ref: str, scope: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn scope."""
    return responses.change(write, scopes.PROJECTION, lambda c: scopes.restore(c, scopes.find(c, ref, scope), versions))


@routes.get("/metrics/{ref}/scopes/{scope}/history", response_model=ChangePage, responses=responses.LINKED)
def list_scope_history(
    ref: str, scope: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the scope, what they changed and when; newest first."""
    return responses.versions(request, db, scopes.OfMetric(ref), scope, query, names=names)
