"""Query parameters of the tables for dashboards."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from service.domain.vocabulary import Basis, DisagreementKind, DisputeStatus
from service.schemas.base import Body
from service.schemas.queries import CURSOR, MAX_REPEATS, BasicSort, FigureFilters, MeasurandFilters, Refs
from service.schemas.types import Day, GivenTime, clean_text

TABLE_ROWS = 10_000  # at most, in one answer
AS_OF = Field(
    None, description="As it stood on this day: only claims that could be read by then, and none replaced by then."
)
MeasurandRefs = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=400), AfterValidator(clean_text)]],
    Field(max_length=MAX_REPEATS, description="Ids or keys (subject.metric[.scope][@period])."),
]


class TableQuery(Body):
    limit: int = Field(1_000, ge=1, le=TABLE_ROWS)
    cursor: str | None = Field(None, max_length=1000, description=CURSOR)


class Shaped(Body):
    shape: Literal["table", "array"] = Field(
        "table", description="`array`: the rows alone; the cursor is then in the header `Link`, as it is for CSV."
    )


class FigureTableFilters(FigureFilters):
    measurand: MeasurandRefs = []
    as_of: Day | None = AS_OF


class FigureTableQuery(TableQuery, FigureTableFilters):
    pass


class FigureTableJsonQuery(FigureTableQuery, Shaped):
    pass


class ComparisonTableQuery(TableQuery, MeasurandFilters):
    sort: Literal[BasicSort, "gap", "-gap", "figure_count", "-figure_count"] = "-created_at"
    as_of: Day | None = AS_OF


class ComparisonTableJsonQuery(ComparisonTableQuery, Shaped):
    pass


class DisagreementTableQuery(TableQuery, MeasurandFilters):
    kind: DisagreementKind = DisagreementKind.CONFLICT
    as_of: Day | None = AS_OF


class DisagreementTableJsonQuery(DisagreementTableQuery, Shaped):
    pass


class TimeSeriesQuery(TableQuery):
    layout: Literal["wide", "long"] = Field(
        "long", description="`long`: the numbers in value, low, high; `wide`: under their basis."
    )
    subject: Refs = []
    metric: Refs = []
    scope: Refs = []
    measurand: MeasurandRefs = []
    basis: list[Basis] = []
    said_from: Day | None = None
    said_to: Day | None = None
    as_of: Day | None = AS_OF


class TimeSeriesJsonQuery(TimeSeriesQuery, Shaped):
    pass


class AnnotationQuery(TableQuery):
    event: list[Literal["dispute", "withdrawal", "restoration", "revision"]] = []
    subject: Refs = []
    status: list[DisputeStatus] = Field([], description="Of disputes.")
    time_from: GivenTime | None = None
    time_to: GivenTime | None = None


class AnnotationJsonQuery(AnnotationQuery, Shaped):
    pass
