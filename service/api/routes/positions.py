"""Positions: which claimants agree with each other, conflict, or have nothing in common."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.analysis.positions import entity_positions, position_matrix
from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.positions import EntityPositions, PositionMatrix
from service.schemas.queries import PositionMatrixQuery, PositionQuery

routes = router("positions", cache_seconds=0)


@routes.get("/entities/{ref}/positions", response_model=EntityPositions, responses=responses.LINKED)
def read_entity_positions(ref: str, query: Annotated[PositionQuery, Query()], request: Request, db: Db) -> Response:
    """Returns how often an entity agrees and conflicts with each other claimant, over the comparisons and propositions
    on which both have said something.
    """
    with db.snapshot() as connection:
        answer = entity_positions(connection, ref, query)
        return responses.computed(request, answer.model_dump_json().encode(), None)


@routes.get("/positions", response_model=PositionMatrix, responses=responses.LINKED)
def read_position_matrix(query: Annotated[PositionMatrixQuery, Query()], request: Request, db: Db) -> Response:
    """Returns what each claimant says of each comparison and proposition, and how often each two agree and conflict:
    counts only. A filter is required, and may leave at most 50 claimants and 200 comparisons and propositions.
    """
    with db.snapshot() as connection:
        answer = position_matrix(connection, query)
        return responses.computed(request, answer.model_dump_json().encode(), None)
