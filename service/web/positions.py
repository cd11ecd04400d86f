"""Pages of claimants: with whom they agree, and with whom they conflict."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.analysis.positions import entity_positions, position_matrix
from service.api.dependencies import Db
from service.errors import Invalid
from service.schemas.faults import validated
from service.schemas.pages import PositionsPageQuery
from service.schemas.positions import PositionMatrix
from service.schemas.queries import PositionMatrixQuery, PositionQuery
from service.web.html import page
from service.web.route import pages

routes = pages()


@routes.get("/entities/{ref}/positions")
def show_entity_positions(ref: str, request: Request, db: Db) -> Response:
    """Shows with whom an entity agrees and conflicts."""
    with db.snapshot() as connection:
        found = entity_positions(connection, ref, PositionQuery())
    return page(request, "entity_positions.html", found=found)


@routes.get("/positions")
def show_positions(request: Request, query: Annotated[PositionsPageQuery, Query()], db: Db) -> Response:
    """Shows what each claimant says of everything about a subject or in a quantity."""
    matrix: PositionMatrix | None = None
    note = None
    if query.subject or query.metric:
        named = {"subject": query.subject, "metric": query.metric}
        try:
            asked = validated(PositionMatrixQuery, {name: [ref] for name, ref in named.items() if ref})
            with db.snapshot() as connection:
                matrix = position_matrix(connection, asked)
        except Invalid as error:  # more than the page can hold, or no such record
            note = error.detail
    return page(request, "positions.html", query=query, matrix=matrix, note=note)
