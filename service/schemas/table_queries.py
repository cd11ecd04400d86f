"""Query parameters of the tables for dashboards."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from service.domain.vocabulary import Basis, ClaimStatus, DisagreementKind, DisputeStatus
from service.schemas.base import Body
from service.schemas.queries import (
    CURSOR,
    BasicSort,
    Empty,
    FigureFilters,
    MeasurandFilters,
    MeasurandRefs,
    QueryFlag,
    Recorded,
    Refs,
)
from service.schemas.types import Day, GivenTime

TABLE_ROWS = 10_000  # maximum in one response
AS_OF = Field(None, description="As of this day: only claims published by then, without those replaced by then.")


def _day(raw: object) -> object:
    """Converts a time as dashboards send it to its day: ISO 8601, or milliseconds since 1970."""
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{12,14}", raw):
        return datetime.fromtimestamp(int(raw) / 1000, UTC).date()
    return raw[:10] if isinstance(raw, str) and re.fullmatch(r"[0-9-]{10}T[0-9:.]{5,15}Z", raw) else raw


SaidDay = Annotated[Day | None, BeforeValidator(_day)]


class DashboardQuery(Body):
    """Empty parameters count as not given, because dashboards send them for unset variables."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: given for name, given in fields.items() if given not in ("", [""])}


class TableQuery(DashboardQuery):
    limit: int = Field(1_000, ge=1, le=TABLE_ROWS)
    cursor: str | None = Field(None, max_length=1000, description=CURSOR)


class Shaped(Body):
    shape: Literal["table", "array"] = Field(
        "table", description="`array`: the rows alone; the cursor is then in the header `Link`, as it is for CSV."
    )


class _Claimed(Body):
    """Filters by the claim of a figure."""

    claimant: Refs = []
    claim_status: list[ClaimStatus] = []
    relay: QueryFlag | None = Field(None, description="Whether the claim repeats another.")


class FigureTableFilters(_Claimed, FigureFilters, Recorded):
    as_of: Day | None = AS_OF


class FigureTableQuery(TableQuery, FigureTableFilters):
    pass


class FigureTableJsonQuery(FigureTableQuery, Shaped):
    pass


class ComparisonTableQuery(TableQuery, MeasurandFilters, Recorded):
    empty: Empty = None
    sort: Literal[BasicSort, "gap", "-gap", "figure_count", "-figure_count"] = "-created_at"
    as_of: Day | None = AS_OF


class ComparisonTableJsonQuery(ComparisonTableQuery, Shaped):
    pass


class DisagreementTableQuery(TableQuery, MeasurandFilters, Recorded):
    kind: DisagreementKind = DisagreementKind.CONFLICT
    as_of: Day | None = AS_OF


class DisagreementTableJsonQuery(DisagreementTableQuery, Shaped):
    pass


class TimeSeriesQuery(TableQuery, _Claimed, Recorded):
    layout: Literal["wide", "long"] = Field(
        "long", description="`long`: the numbers in value, low, high; `wide`: under their basis."
    )
    subject: Refs = []
    metric: Refs = []
    scope: Refs = []
    measurand: MeasurandRefs = []
    basis: list[Basis] = []
    said_from: SaidDay = None
    said_to: SaidDay = None
    as_of: Day | None = AS_OF


class TimeSeriesJsonQuery(TimeSeriesQuery, Shaped):
    pass


class AnnotationQuery(TableQuery):
    event: list[Literal["dispute", "withdrawal", "restoration", "revision"]] = []
    subject: Refs = []
    status: list[DisputeStatus] = Field([], description="Of disputes.")
    time_from: GivenTime | None = None
    time_to: GivenTime | None = None
    as_of: Day | None = Field(None, description="Only what had happened by the end of this day, in UTC.")


class AnnotationJsonQuery(AnnotationQuery, Shaped):
    pass
