"""Comparisons of reported and estimated figures: for one measurand, and between any two measurands or figures."""

from typing import Annotated

from fastapi import Query, Response

from service.analysis import between as analysis_between
from service.analysis.compare import comparison_json
from service.analysis.options import from_query
from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.comparisons import Between, Comparison, SummaryPage
from service.schemas.queries import BetweenQuery, ComparisonQuery, RecordedSettingsQuery
from service.store.audit.replay import as_recorded
from service.store.comparisons import ranking

routes = router("comparisons", cache_seconds=0)


@routes.get("/comparisons", response_model=SummaryPage, responses=responses.LIST)
def list_comparisons(query: Annotated[ComparisonQuery, Query()], db: Db) -> Response:
    """Returns summaries of all measurands: reported vs. estimated, with `about` taken as ±10%."""
    return responses.listed(db, ranking.LIST, query)


@routes.get("/comparisons/between", responses=responses.problems(404))
def compare_between(query: Annotated[BetweenQuery, Query()], db: Db) -> Between:
    """Compares two measurands or figures: ratio = right ÷ left. A measurand is represented by one side, by default by
    its reported figures if it has any, else by its estimates.
    """
    options = from_query(query)
    with db.snapshot() as connection:
        return analysis_between.between(connection, query.left, query.right, options, query.left_side, query.right_side)


@routes.get("/comparisons/{ref}", response_model=Comparison, responses=responses.problems(404))
def read_comparison(ref: str, query: Annotated[RecordedSettingsQuery, Query()], db: Db) -> Response:
    """Returns the comparison of one measurand in detail, by its id or its key `subject.metric[.scope][@period]`. With
    `recorded_as_of`, as it was on record at that moment: the answer stays the same, whatever is written later.
    """
    options = from_query(query)
    with db.snapshot() as now, as_recorded(now, ref, query.recorded_as_of) as connection:
        return responses.json_response(comparison_json(connection, ref, options))
