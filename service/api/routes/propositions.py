"""Propositions: statements that claims support or deny, with or without a number."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.analysis.stances import proposition_stances
from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.propositions import Proposition, PropositionCreate, PropositionPage, PropositionPatch
from service.schemas.queries import AsOfQuery, PropositionQuery
from service.schemas.stances import PropositionStances
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.records import propositions

routes = router("propositions", cache_seconds=0)


@routes.get("/propositions", response_model=PropositionPage, responses=responses.LIST)
def list_propositions(query: Annotated[PropositionQuery, Query()], request: Request, db: Db) -> Response:
    """Returns propositions, newest first."""
    return responses.listed(request, db, propositions.LIST, query)


@routes.post("/propositions", status_code=201, response_model=Proposition, responses=responses.created(Proposition))
def create_proposition(body: PropositionCreate, write: Post) -> Response:
    """Creates a proposition. Repeating the request with your own id or key is safe: the same content returns 200,
    different content 409.
    """
    return responses.create(write, "propositions", body, propositions.create, propositions.PROJECTION)


@routes.get("/propositions/{ref}", response_model=Proposition, responses=responses.READ)
def read_proposition(
    ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None
) -> Response:
    """Returns a proposition. Who takes which stance on it is at `/stances`."""
    return responses.read(db, propositions.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.get("/propositions/{ref}/stances", response_model=PropositionStances, responses=responses.LINKED)
def read_proposition_stances(ref: str, query: Annotated[AsOfQuery, Query()], request: Request, db: Db) -> Response:
    """Returns who supports the proposition, who denies it and who takes no side: each independent voice counts once, by
    its latest stance, and relays do not count. There is no score: the service records what the parties say.
    """
    with snapshot(db, query.recorded_as_of, recorded.proposition(ref)) as found:
        answer = proposition_stances(found.connection, ref, query)
        return responses.computed(request, answer.model_dump_json().encode(), found.moment)


@routes.patch("/propositions/{ref}", response_model=Proposition, responses=responses.CHANGE)
def amend_proposition(ref: str, body: PropositionPatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(
        write, propositions.PROJECTION, lambda connection: propositions.amend(connection, ref, body, versions)
    )


@routes.delete("/propositions/{ref}", response_model=Proposition, responses=responses.CHANGE)
def withdraw_proposition(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws a proposition. Nothing is deleted: the record stays readable by id or key, and is excluded from lists
    by default.
    """
    return responses.change(
        write, propositions.PROJECTION, lambda connection: propositions.withdraw(connection, ref, reason, versions)
    )


@routes.post("/propositions/{ref}/restore", response_model=Proposition, responses=responses.CHANGE)
def restore_proposition(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn proposition."""
    return responses.change(write, propositions.PROJECTION, lambda c: propositions.restore(c, ref, versions))


@routes.get("/propositions/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_proposition_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the proposition, what they changed and when; newest first."""
    return responses.versions(request, db, propositions.PROJECTION, ref, query, names=names)
