"""Someone contests a claim or a figure. Acts, not verdicts."""

from typing import Annotated

from fastapi import Query, Response

from service.api import answers
from service.api.deps import Db, IfMatch, IfNoneMatch, Reason
from service.api.router import router
from service.schemas.disputes import Dispute, DisputeCreate, DisputePage, DisputePatch
from service.schemas.queries import DisputeQuery
from service.store import disputes

routes = router("disputes")


@routes.get("/disputes", responses=answers.LIST)
def list_disputes(query: Annotated[DisputeQuery, Query()], db: Db) -> DisputePage:
    with db.snapshot() as connection:
        return disputes.page(connection, query)


@routes.post("/disputes", status_code=201, response_model=Dispute, responses=answers.CREATE)
def create_dispute(body: DisputeCreate, db: Db) -> Response:
    """Safe to repeat with an id or key of your own: the same content again answers 200, other content 409."""
    return answers.create(db, "disputes", body, disputes.create, disputes.read)


@routes.get("/disputes/{ref}", response_model=Dispute, responses=answers.READ)
def read_dispute(ref: str, db: Db, if_none_match: IfNoneMatch = None) -> Response:
    with db.snapshot() as connection:
        found = disputes.read(connection, ref)
    return answers.read(found, if_none_match)


@routes.patch("/disputes/{ref}", response_model=Dispute, responses=answers.CHANGE)
def amend_dispute(ref: str, body: DisputePatch, versions: IfMatch, db: Db) -> Response:
    """A merge patch (RFC 7396): fields left out stay, null empties a field, lists are replaced whole."""
    return answers.record(db.write(lambda connection: disputes.amend(connection, ref, body, versions)))


@routes.delete("/disputes/{ref}", response_model=Dispute, responses=answers.CHANGE)
def withdraw_dispute(ref: str, reason: Reason, versions: IfMatch, db: Db) -> Response:
    """Nothing is deleted: a withdrawn record stays readable by id or key, and leaves lists and comparisons."""
    return answers.record(db.write(lambda connection: disputes.withdraw(connection, ref, reason, versions)))


@routes.post("/disputes/{ref}/restore", response_model=Dispute, responses=answers.CHANGE)
def restore_dispute(ref: str, versions: IfMatch, db: Db) -> Response:
    """Undoes a withdrawal."""
    return answers.record(db.write(lambda connection: disputes.restore(connection, ref, versions)))
