"""One number inside a claim: as stated, with the interval that follows."""

from typing import Annotated

from fastapi import Query, Response

from service.api import answers
from service.api.deps import Db, IfMatch, IfNoneMatch, Reason
from service.api.router import router
from service.schemas.figures import Figure, FigureCreate, FigurePage, FigurePatch
from service.schemas.queries import FigureQuery
from service.store import figures

routes = router("figures")


@routes.get("/figures", responses=answers.LIST)
def list_figures(query: Annotated[FigureQuery, Query()], db: Db) -> FigurePage:
    with db.snapshot() as connection:
        return figures.page(connection, query)


@routes.post("/figures", status_code=201, response_model=Figure, responses=answers.CREATE)
def create_figure(body: FigureCreate, db: Db) -> Response:
    """Adds a figure to a claim, which becomes a new version of it. Safe to repeat with an id of your own: the same
    content again answers 200, other content 409.
    """
    return answers.create(db, "figures", body, figures.create, figures.read)


@routes.get("/figures/{ref}", response_model=Figure, responses=answers.READ)
def read_figure(ref: str, db: Db, if_none_match: IfNoneMatch = None) -> Response:
    with db.snapshot() as connection:
        found = figures.read(connection, ref)
    return answers.read(found, if_none_match)


@routes.patch("/figures/{ref}", response_model=Figure, responses=answers.CHANGE)
def amend_figure(ref: str, body: FigurePatch, versions: IfMatch, db: Db) -> Response:
    """A merge patch (RFC 7396): fields left out stay, null empties a field, lists are replaced whole."""
    return answers.record(db.write(lambda connection: figures.amend(connection, ref, body, versions)))


@routes.delete("/figures/{ref}", response_model=Figure, responses=answers.CHANGE)
def withdraw_figure(ref: str, reason: Reason, versions: IfMatch, db: Db) -> Response:
    """Nothing is deleted: a withdrawn record stays readable by id or key, and leaves lists and comparisons."""
    return answers.record(db.write(lambda connection: figures.withdraw(connection, ref, reason, versions)))


@routes.post("/figures/{ref}/restore", response_model=Figure, responses=answers.CHANGE)
def restore_figure(ref: str, versions: IfMatch, db: Db) -> Response:
    """Undoes a withdrawal."""
    return answers.record(db.write(lambda connection: figures.restore(connection, ref, versions)))
