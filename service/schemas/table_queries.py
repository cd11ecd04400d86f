"""Query parameters of the tables for dashboards."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from typing_extensions import TypeAliasType

from service.domain.vocabulary import Basis, ClaimStatus, Consistency, DisagreementKind, DisputeStatus
from service.schemas.base import Body, View
from service.schemas.queries import (
    CURSOR,
    ComparedKind,
    Empty,
    FigureFilters,
    Ids,
    MeasurandFilters,
    MeasurandRefs,
    QueryFlag,
    Recorded,
    Refs,
)
from service.schemas.table_rows import ComparisonTableRow, ConsistencyTableRow, DisagreementTableRow, FigureTableRow
from service.schemas.types import Day, GivenTime, refuse

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


def _split(raw: object) -> object:
    """Names may be repeated, or joined by commas."""
    return [name for part in raw for name in str(part).split(",")] if isinstance(raw, list) else raw


ColumnNames = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], BeforeValidator(_split)]


def _sorts(model: type[View], others: tuple[str, ...]) -> list[str]:
    names = dict.fromkeys([*model.model_fields, *others])
    return [sign + name for name in names for sign in ("", "-")]


def _checked(model: type[View], *others: str) -> AfterValidator:
    """Refuses to sort by what is no column of these rows."""
    allowed = set(_sorts(model, others))

    def check(text: str) -> str:
        if text not in allowed:
            raise refuse("Sort by a column of this table; `-` before its name reverses the order.")
        return text

    return AfterValidator(check)


def _listed(model: type[View], *others: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": _sorts(model, others)})


class TableQuery(DashboardQuery):
    limit: int | None = Field(
        None, ge=1, le=TABLE_ROWS, description="How many rows a page has at most. By default the whole table is sent."
    )
    cursor: str | None = Field(None, max_length=1000, description=CURSOR)
    columns: ColumnNames = Field([], max_length=100, description="Only these columns, in this order: `columns=a,b`.")


class Grouped(Body):
    group_by: ColumnNames = Field(
        [],
        max_length=3,
        description="One row for all rows with the same values in these columns (at most three), with `count` and, of"
        " groups of one metric, the `min` and `max` that the figures allow (null where one has no bound). The most"
        " numerous groups come first. All rows count, relays too: `relay=false` leaves them out.",
    )


class Shaped(Body):
    limit: int = Field(1_000, ge=1, le=TABLE_ROWS)
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


FigureTableSort = TypeAliasType("FigureTableSort", Annotated[str, _checked(FigureTableRow), _listed(FigureTableRow)])
ComparisonTableSort = TypeAliasType(
    "ComparisonTableSort", Annotated[str, _checked(ComparisonTableRow), _listed(ComparisonTableRow)]
)
DisagreementTableSort = TypeAliasType(
    "DisagreementTableSort",
    Annotated[str, _checked(DisagreementTableRow, "rank"), _listed(DisagreementTableRow, "rank")],
)
# of what the time series is made from: the columns of the table of figures
TimeSeriesSort = TypeAliasType("TimeSeriesSort", Annotated[str, _checked(FigureTableRow), _listed(FigureTableRow)])


class FigureTableQuery(TableQuery, Grouped, FigureTableFilters):
    sort: FigureTableSort = Field(  # type: ignore[assignment]
        "-created_at",
        description="One column; `-` before it reverses the order. Missing values come first, or last with `-`. Amounts"
        " in different units compare by `low` and `high`.",
    )


class FigureTableJsonQuery(Shaped, FigureTableQuery):
    pass


class ComparisonTableQuery(TableQuery, Grouped, MeasurandFilters, Recorded):
    empty: Empty = None
    sort: ComparisonTableSort = Field("-created_at", description="By `gap`: by how far apart the sources are.")
    as_of: Day | None = AS_OF


class ComparisonTableJsonQuery(Shaped, ComparisonTableQuery):
    pass


class DisagreementTableQuery(TableQuery, Grouped, MeasurandFilters, Recorded):
    kind: ComparedKind = DisagreementKind.CONFLICT
    sort: DisagreementTableSort = Field("-rank", description="By default the widest come first (`-rank`).")
    as_of: Day | None = AS_OF


class DisagreementTableJsonQuery(Shaped, DisagreementTableQuery):
    pass


ConsistencyTableSort = TypeAliasType(
    "ConsistencyTableSort",
    Annotated[str, _checked(ConsistencyTableRow, "rank"), _listed(ConsistencyTableRow, "rank")],
)


class ConsistencyTableQuery(TableQuery, Grouped):
    id: Ids = []
    subject: Refs = []
    metric: Refs = Field([], description="The metric of the equation's output.")
    equation: Refs = []
    verdict: list[Consistency] = []
    sort: ConsistencyTableSort = Field("-rank", description="By default the widest come first (`-rank`).")


class ConsistencyTableJsonQuery(Shaped, ConsistencyTableQuery):
    pass


class TimeSeriesQuery(TableQuery, Grouped, _Claimed, Recorded):
    layout: Literal["wide", "long"] = Field(
        "long", description="`long`: the numbers in value, low, high; `wide`: under their basis."
    )
    subject: Refs = []
    metric: Refs = []
    scope: Refs = []
    measurand: MeasurandRefs = []
    basis: list[Basis] = []
    sort: TimeSeriesSort = Field("said_on", description="By default those said first come first (`said_on`).")
    said_from: SaidDay = None
    said_to: SaidDay = None
    as_of: Day | None = AS_OF


class TimeSeriesJsonQuery(Shaped, TimeSeriesQuery):
    pass


class AnnotationQuery(TableQuery):
    event: list[Literal["dispute", "withdrawal", "restoration", "revision"]] = []
    subject: Refs = []
    status: list[DisputeStatus] = Field([], description="Of disputes.")
    time_from: GivenTime | None = None
    time_to: GivenTime | None = None
    as_of: Day | None = Field(None, description="Only what had happened by the end of this day, in UTC.")


class AnnotationJsonQuery(Shaped, AnnotationQuery):
    pass
