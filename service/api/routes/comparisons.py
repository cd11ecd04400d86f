"""Comparisons of reported and estimated figures: for one measurand, and between any two measurands or figures."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.analysis.between import between
from service.analysis.compare import comparison_json
from service.analysis.options import from_query
from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.comparisons import Between, Comparison, SummaryPage
from service.schemas.queries import BetweenQuery, ComparisonQuery, RecordedSettingsQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.comparisons import ranking

routes = router("comparisons", cache_seconds=0)


@routes.get("/comparisons", response_model=SummaryPage, responses=responses.LIST)
def list_comparisons(query: Annotated[ComparisonQuery, Query()], request: Request, db: Db) -> Response:
    """Returns summaries of all measurands: reported vs. estimated, with `about` taken as ±10%. With `recorded_as_of`,
    the filters may leave at most 1,000 measurands.
    """
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        return responses.page_response(request, ranking.LIST.json(found.connection, query), found.moment)


@routes.get("/comparisons/between", response_model=Between, responses=responses.LINKED)
def compare_between(query: Annotated[BetweenQuery, Query()], request: Request, db: Db) -> Response:
    """Compares two measurands or figures: ratio = right ÷ left. A measurand is represented by one side, by default by
    its reported figures if it has any, else by its estimates.
    """
    options = from_query(query)
    operands = query.left, query.right
    with snapshot(db, query.recorded_as_of, recorded.operands(*operands)) as found:
        compared = between(found.connection, *operands, options, query.left_side, query.right_side)
        return responses.computed(request, compared.model_dump_json().encode(), found.moment)


@routes.get("/comparisons/{ref}", response_model=Comparison, responses=responses.LINKED)
def read_comparison(ref: str, query: Annotated[RecordedSettingsQuery, Query()], request: Request, db: Db) -> Response:
    """Returns the comparison of one measurand in detail, by its id or its key `subject.metric[.scope][@period]`. With
    `recorded_as_of`, as it was on record at that moment: the answer stays the same, whatever is written later.
    """
    options = from_query(query)
    with snapshot(db, query.recorded_as_of, recorded.measurand(ref)) as found:
        return responses.computed(request, comparison_json(found.connection, ref, options), found.moment)
