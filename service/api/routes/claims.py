"""In this source, this claimant says this about this subject; with figures, or without."""

from typing import Annotated

from fastapi import Query, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, Write
from service.api.route import router
from service.schemas.claims import Claim, ClaimCreate, ClaimPage, ClaimPatch
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import ClaimQuery
from service.store.records import claims

routes = router("claims", cache_seconds=0)


@routes.get("/claims", response_model=ClaimPage, responses=responses.LIST)
def list_claims(query: Annotated[ClaimQuery, Query()], db: Db) -> Response:
    return responses.listed(db, claims.LIST, query)


@routes.post("/claims", status_code=201, response_model=Claim, responses=responses.created(Claim))
def create_claim(body: ClaimCreate, write: Post) -> Response:
    """With its figures, all or nothing. Safe to repeat with an id or key of your own: the same content again answers
    200, other content 409.
    """
    return responses.create(write, "claims", body, claims.create, claims.PROJECTION)


@routes.get("/claims/{ref}", response_model=Claim, responses=responses.READ)
def read_claim(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    return responses.read(db, claims.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/claims/{ref}", response_model=Claim, responses=responses.CHANGE)
def amend_claim(ref: str, body: ClaimPatch, versions: IfMatch, write: Write) -> Response:
    """A merge patch (RFC 7396): fields left out stay, null empties a field, lists are replaced whole."""
    return responses.change(write, claims.PROJECTION, lambda c: claims.amend(c, ref, body, versions))


@routes.delete("/claims/{ref}", response_model=Claim, responses=responses.CHANGE)
def withdraw_claim(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Nothing is deleted: a withdrawn record stays readable by id or key, and leaves lists and comparisons."""
    return responses.change(
        write, claims.PROJECTION, lambda connection: claims.withdraw(connection, ref, reason, versions)
    )


@routes.post("/claims/{ref}/restore", response_model=Claim, responses=responses.CHANGE)
def restore_claim(ref: str, versions: IfMatch, write: Post) -> Response:
    """Undoes a withdrawal."""
    return responses.change(write, claims.PROJECTION, lambda c: claims.restore(c, ref, versions))


@routes.get("/claims/{ref}/history", responses=responses.problems(404))
def list_claim_history(ref: str, query: Annotated[HistoryQuery, Query()], db: Db) -> ChangePage:
    """Who changed what, and when; newest first."""
    return responses.versions(db, claims.PROJECTION, ref, query)
