"""Equations: a metric as a product of others, or a scope as the sum of its parts."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.equations import Equation, EquationCreate, EquationPage, EquationPatch
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import EquationQuery
from service.store.records import equations

routes = router("equations", cache_seconds=0)


@routes.get("/equations", response_model=EquationPage, responses=responses.LIST)
def list_equations(query: Annotated[EquationQuery, Query()], request: Request, db: Db) -> Response:
    """Returns equations, newest first."""
    return responses.listed(request, db, equations.LIST, query)


@routes.post("/equations", status_code=201, response_model=Equation, responses=responses.created(Equation))
def create_equation(body: EquationCreate, write: Post) -> Response:
    """Creates an equation, by which all figures of its metrics are checked. Repeating the request with your own id or
    key is safe: the same content returns 200, different content 409.
    """
    return responses.create(write, "equations", body, equations.create, equations.PROJECTION)


@routes.get("/equations/{ref}", response_model=Equation, responses=responses.READ)
def read_equation(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    """Returns an equation with its factors or its parts."""
    return responses.read(db, equations.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/equations/{ref}", response_model=Equation, responses=responses.CHANGE)
def amend_equation(ref: str, body: EquationPatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(
        write, equations.PROJECTION, lambda connection: equations.amend(connection, ref, body, versions)
    )


@routes.delete("/equations/{ref}", response_model=Equation, responses=responses.CHANGE)
def withdraw_equation(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws an equation, so that nothing is checked by it. Nothing is deleted: the record stays readable by id or
    key, and is excluded from lists by default.
    """
    return responses.change(
        write, equations.PROJECTION, lambda connection: equations.withdraw(connection, ref, reason, versions)
    )


@routes.post("/equations/{ref}/restore", response_model=Equation, responses=responses.CHANGE)
def restore_equation(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn equation."""
    return responses.change(write, equations.PROJECTION, lambda c: equations.restore(c, ref, versions))


@routes.get("/equations/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_equation_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the equation, what they changed and when; newest first."""
    return responses.versions(request, db, equations.PROJECTION, ref, query, names=names)
