"""Disagreements between sources, and contested claims."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.comparisons import ContestedPage, DisagreementPage
from service.schemas.queries import ContestedQuery, DisagreementQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.comparisons import ranking
from service.store.lists import contested

routes = router("disagreements", cache_seconds=0)


@routes.get("/disagreements", response_model=DisagreementPage, responses=responses.LIST)
def list_disagreements(query: Annotated[DisagreementQuery, Query()], request: Request, db: Db) -> Response:
    """Returns measurands whose figures exclude each other, widest first, with the lowest (`least`) and the highest
    (`most`) figure. With `recorded_as_of`, the filters may leave at most 1,000 measurands.
    """
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        page = ranking.DISAGREEMENTS[query.kind].json(found.connection, query, ranking.WIDEST_FIRST)
        return responses.page_response(request, page, found.moment)


@routes.get("/disagreements/claims", response_model=ContestedPage, responses=responses.LIST)
def list_contested_claims(query: Annotated[ContestedQuery, Query()], request: Request, db: Db) -> Response:
    """Returns claims that are disputed, with or without numbers."""
    with db.snapshot() as connection:
        return responses.page_response(request, contested.contested_page(connection, query))
