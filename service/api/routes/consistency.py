"""Consistency: whether the stated figures fit what follows from equations."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.analysis.consistency import consistency_detail
from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.equations import ConsistencyDetail, ConsistencyPage
from service.schemas.queries import CheckQuery, ConsistencyQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.lists import consistency

routes = router("consistency", cache_seconds=0)


@routes.get("/consistency", response_model=ConsistencyPage, responses=responses.LIST)
def list_consistency(query: Annotated[ConsistencyQuery, Query()], request: Request, db: Db) -> Response:
    """Returns, for each equation, subject, scope and period with figures, the check that says most; widest first. With
    `recorded_as_of`, a subject is required.
    """
    with snapshot(db, query.recorded_as_of, recorded.checked(query)) as found:
        page = consistency.LIST.json(found.connection, query, consistency.WIDEST_FIRST)
        return responses.page_response(request, page, found.moment)


@routes.get("/consistency/{id}", response_model=ConsistencyDetail, responses=responses.LINKED)
def read_consistency(id: str, query: Annotated[CheckQuery, Query()], request: Request, db: Db) -> Response:
    """Returns all checks of an equation for one subject, scope and period: of each claimant, across claimants, and of
    what each source relays; with the figures of each term.
    """
    with snapshot(db, query.recorded_as_of, recorded.check(id)) as found:
        answer = consistency_detail(found.connection, id, query)
        return responses.computed(request, answer.model_dump_json().encode(), found.moment)
