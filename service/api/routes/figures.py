"""Figures: one number inside a claim, as stated, with the interval that follows from it."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.figures import Figure, FigureCreate, FigurePage, FigurePatch
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import FigureQuery
from service.store.records import figures

routes = router("figures", cache_seconds=0)


@routes.get("/figures", response_model=FigurePage, responses=responses.LIST)
def list_figures(query: Annotated[FigureQuery, Query()], request: Request, db: Db) -> Response:
    """Returns figures, newest first. `value_min` and `value_max` compare in the metric's unit."""
    return responses.listed(request, db, figures.LIST, query)


@routes.post("/figures", status_code=201, response_model=Figure, responses=responses.created(Figure))
def create_figure(body: FigureCreate, write: Post) -> Response:
    """Adds a figure to a claim, which creates a new version of the claim. Repeating the request with your own id is
    safe: the same content returns 200, different content 409.
    """
    return responses.create(write, "figures", body, figures.create, figures.PROJECTION)


@routes.get("/figures/{ref}", response_model=Figure, responses=responses.READ)
def read_figure(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    """Returns a figure with its claim and the interval that it allows."""
    return responses.read(db, figures.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/figures/{ref}", response_model=Figure, responses=responses.CHANGE)
def amend_figure(ref: str, body: FigurePatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(write, figures.PROJECTION, lambda c: figures.amend(c, ref, body, versions))


@routes.delete("/figures/{ref}", response_model=Figure, responses=responses.CHANGE)
def withdraw_figure(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws a figure. Nothing is deleted: the record stays readable by id or key, and is excluded from comparisons
    and, by default, from lists.
    """
    return responses.change(
        write, figures.PROJECTION, lambda connection: figures.withdraw(connection, ref, reason, versions)
    )


@routes.post("/figures/{ref}/restore", response_model=Figure, responses=responses.CHANGE)
def restore_figure(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn figure."""
    return responses.change(write, figures.PROJECTION, lambda c: figures.restore(c, ref, versions))


@routes.get("/figures/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_figure_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the figure, what they changed and when; newest first."""
    return responses.versions(request, db, figures.PROJECTION, ref, query, names=names)
