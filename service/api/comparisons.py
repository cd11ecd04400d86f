"""Reported vs. estimated: comparisons of one measurand's figures, and of any two measurands or figures."""

from typing import Annotated

from fastapi import Query, Response

from service.analysis import between as analysis_between
from service.analysis import comparison_json
from service.analysis import comparisons as analysis
from service.analysis.settings import Settings, from_query
from service.api import answers
from service.api.deps import Db
from service.api.router import router
from service.schemas.comparisons import Between, Comparison, SummaryPage
from service.schemas.queries import BetweenQuery, ComparisonQuery, ComparisonSettingsQuery
from service.store import comparisons

routes = router("comparisons", cache_seconds=0)


@routes.get("/comparisons", response_model=SummaryPage, responses=answers.LIST)
def list_comparisons(query: Annotated[ComparisonQuery, Query()], db: Db) -> Response:
    """Summaries of all measurands: reported vs. estimated, `about` taken as ±10%."""
    return answers.written(comparisons.json_page(db, query))


@routes.get("/comparisons/between", responses=answers.problems(404))
def compare_between(query: Annotated[BetweenQuery, Query()], db: Db) -> Between:
    """Two measurands or figures held against each other: ratio = right ÷ left. A measurand stands for one side,
    by default what was reported if anything was, else the estimates.
    """
    settings = from_query(query)
    with db.snapshot() as connection:
        return analysis_between.between(
            connection, query.left, query.right, settings, query.left_side, query.right_side
        )


@routes.get("/comparisons/{ref}", response_model=Comparison, responses=answers.problems(404))
def read_comparison(ref: str, query: Annotated[ComparisonSettingsQuery, Query()], db: Db) -> Response:
    """One measurand in detail, by its id or its key `subject.metric[.scope][@period]`."""
    settings = from_query(query)
    stored = comparison_json.detail(db, ref) if settings == Settings() else None
    if stored is not None:
        return answers.written(stored)
    with db.snapshot() as connection:
        return answers.written(analysis.detail(connection, ref, settings).model_dump_json().encode())
