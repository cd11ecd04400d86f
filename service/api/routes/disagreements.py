"""Disagreements between sources, and contested claims."""

from typing import Annotated

from fastapi import Query, Response

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.comparisons import ContestedPage, DisagreementPage
from service.schemas.queries import ContestedQuery, DisagreementQuery
from service.store.comparisons import ranking
from service.store.lists import contested

routes = router("disagreements", cache_seconds=0)


@routes.get("/disagreements", response_model=DisagreementPage, responses=responses.LIST)
def list_disagreements(query: Annotated[DisagreementQuery, Query()], db: Db) -> Response:
    """Returns measurands whose figures exclude each other, widest first, with the lowest (`least`) and the highest
    (`most`) figure.
    """
    return responses.listed(db, ranking.DISAGREEMENTS[query.kind], query, ranking.WIDEST_FIRST)


@routes.get("/disagreements/claims", response_model=ContestedPage, responses=responses.LIST)
def list_contested_claims(query: Annotated[ContestedQuery, Query()], db: Db) -> Response:
    """Returns claims that are disputed, with or without numbers."""
    with db.snapshot() as connection:
        return responses.json_response(contested.page_json(connection, query))
