"""Disputes: who contests which claim or figure. A dispute records an act, not a verdict."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.disputes import Dispute, DisputeCreate, DisputePage, DisputePatch
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import DisputeQuery
from service.store.records import disputes

routes = router("disputes", cache_seconds=0)


@routes.get("/disputes", response_model=DisputePage, responses=responses.LIST)
def list_disputes(query: Annotated[DisputeQuery, Query()], request: Request, db: Db) -> Response:
    """Returns disputes, newest first."""
    return responses.listed(request, db, disputes.LIST, query)


@routes.post("/disputes", status_code=201, response_model=Dispute, responses=responses.created(Dispute))
def create_dispute(body: DisputeCreate, write: Post) -> Response:
    """Creates a dispute. Repeating the request with your own id or key is safe: the same content returns 200, different
    content 409.
    """
    return responses.create(write, "disputes", body, disputes.create, disputes.PROJECTION)


@routes.get("/disputes/{ref}", response_model=Dispute, responses=responses.READ)
def read_dispute(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    """Returns a dispute: what is contested, by whom and why."""
    return responses.read(db, disputes.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/disputes/{ref}", response_model=Dispute, responses=responses.CHANGE)
def amend_dispute(ref: str, body: DisputePatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(
        write, disputes.PROJECTION, lambda connection: disputes.amend(connection, ref, body, versions)
    )


@routes.delete("/disputes/{ref}", response_model=Dispute, responses=responses.CHANGE)
def withdraw_dispute(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws a dispute. Nothing is deleted: the record stays readable by id or key, and is excluded from comparisons
    and, by default, from lists.
    """
    return responses.change(
        write, disputes.PROJECTION, lambda connection: disputes.withdraw(connection, ref, reason, versions)
    )


@routes.post("/disputes/{ref}/restore", response_model=Dispute, responses=responses.CHANGE)
def restore_dispute(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn dispute."""
    return responses.change(write, disputes.PROJECTION, lambda c: disputes.restore(c, ref, versions))


@routes.get("/disputes/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_dispute_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the dispute, what they changed and when; newest first."""
    return responses.versions(request, db, disputes.PROJECTION, ref, query, names=names)
