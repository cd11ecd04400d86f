"""Claims: what a claimant says about a subject in a source, with or without figures."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.claims import Claim, ClaimCreate, ClaimPage, ClaimPatch
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import ClaimQuery
from service.store.records import claims

routes = router("claims", cache_seconds=0)


@routes.get("/claims", response_model=ClaimPage, responses=responses.LIST)
def list_claims(query: Annotated[ClaimQuery, Query()], request: Request, db: Db) -> Response:
    """Returns claims, newest first, filtered by who said what where about what. Withdrawn, superseded and retracted
    ones are left out unless asked for.
    """
    return responses.listed(request, db, claims.LIST, query)


@routes.post("/claims", status_code=201, response_model=Claim, responses=responses.created(Claim))
def create_claim(body: ClaimCreate, write: Post) -> Response:
    """Creates a claim and its figures, all or nothing. Repeating the request with your own id or key is safe: the same
    content returns 200, different content 409.
    """
    return responses.create(write, "claims", body, claims.create, claims.PROJECTION)


@routes.get("/claims/{ref}", response_model=Claim, responses=responses.READ)
def read_claim(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    """Returns a claim with its figures, now or as it stood at a moment (`recorded_as_of`)."""
    return responses.read(db, claims.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/claims/{ref}", response_model=Claim, responses=responses.CHANGE)
def amend_claim(ref: str, body: ClaimPatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(write, claims.PROJECTION, lambda c: claims.amend(c, ref, body, versions))


@routes.delete("/claims/{ref}", response_model=Claim, responses=responses.CHANGE)
def withdraw_claim(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws a claim. Nothing is deleted: the record stays readable by id or key, and is excluded from comparisons
    and, by default, from lists.
    """
    return responses.change(
        write, claims.PROJECTION, lambda connection: claims.withdraw(connection, ref, reason, versions)
    )


@routes.post("/claims/{ref}/restore", response_model=Claim, responses=responses.CHANGE)
def restore_claim(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn claim."""
    return responses.change(write, claims.PROJECTION, lambda c: claims.restore(c, ref, versions))


@routes.get("/claims/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_claim_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the claim, what they changed and when; newest first."""
    return responses.versions(request, db, claims.PROJECTION, ref, query, names=names)
