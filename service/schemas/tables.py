"""Tables for dashboards: flat rows of plain values, the same columns in every row.

Amounts come as JSON numbers; where a number was stated exactly, `…_text` has all its digits. The columns of figures,
comparisons and disagreements are those of the views `v_figures`, `v_comparisons`, `v_disagreements` (`db/views.py`).
"""

from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from service.domain.vocabulary import (
    Agreement,
    Basis,
    ClaimantRole,
    ClaimStatus,
    ComparabilityStatus,
    DisagreementKind,
    EntityKind,
    IntervalBasis,
    IntervalKind,
    NotComputed,
    Qualifier,
    SourceKind,
    Verdict,
)
from service.schemas.base import View
from service.schemas.types import Bool, Day, Id, Time

R = TypeVar("R", bound=View)
ColumnType = Literal["string", "number", "integer", "boolean", "date", "date-time"]


class FigureTableRow(View):
    id: Id
    version: int
    created_at: Time
    updated_at: Time
    subject_key: str
    subject: str = Field(description="The name of the entity that the figure is about.")
    subject_kind: EntityKind
    metric_key: str
    metric: str
    scope_key: str | None
    scope: str | None = Field(description="Which part is counted; null where the source does not say.")
    measurand_id: Id
    measurand: str = Field(description="subject.metric[.scope][@period]: figures of one measurand answer one question.")
    basis: Basis
    qualifier: Qualifier
    value: float | None
    value_text: str | None = Field(description="The value with all its digits.")
    lower: float | None
    lower_text: str | None
    upper: float | None
    upper_text: str | None
    interval_kind: IntervalKind | None
    unit: str = Field(description="Of value, lower and upper.")
    price_year: int | None
    period: str | None
    period_start: Day | None
    period_end: Day | None
    stated_as: str | None
    low: float | None = Field(description="The least that the figure allows, in metric_unit; null: unbounded.")
    high: float | None = Field(description="The most that the figure allows, in metric_unit; null: unbounded.")
    low_open: Bool | None = Field(description="Whether low itself is excluded.")
    high_open: Bool | None = Field(description="Whether high itself is excluded.")
    interval: str | None = Field(description="What the figure allows, in words.")
    metric_unit: str
    not_computed: NotComputed | None
    claim_id: Id
    statement: str = Field(description="The first 300 characters of the claim.")
    claim_status: ClaimStatus
    relay: Bool = Field(description="Whether the claim repeats another; relays are no sources of their own.")
    claimant_key: str
    claimant: str
    claimant_role: ClaimantRole
    asserted: str | None
    source_id: Id
    source: str
    source_kind: SourceKind
    publisher: str | None
    published: str | None
    source_url: str | None
    said_on: Day | None = Field(description="The first day on which it may have been asserted, else published.")


class ComparisonTableRow(View):
    id: Id
    key: str = Field(description="subject.metric[.scope][@period]")
    subject_key: str
    subject: str
    subject_kind: EntityKind
    metric_key: str
    metric: str
    unit: str = Field(description="Of all amounts in the row.")
    scope_key: str | None
    scope: str | None = Field(description="Which part is counted; null where the sources do not say.")
    period: str | None
    period_start: Day | None
    period_end: Day | None
    verdict: Verdict
    ratio_low: float | None = Field(description="estimated ÷ reported, at least.")
    ratio_high: float | None = Field(description="estimated ÷ reported, at most; null beside a ratio_low: unbounded.")
    ratio_low_open: Bool | None
    ratio_high_open: Bool | None
    ratio_text: str | None
    ratio_central: float | None = Field(description="Value ÷ value, where each side is one figure with a value.")
    comparability: ComparabilityStatus
    reasons: str | None = Field(description="Why the comparability is not without conditions: words joined by commas.")
    agreement: Agreement
    gap: float | None = Field(description="The factor by which the sources differ at least.")
    gap_open: Bool
    difference: float | None = Field(description="By how much they differ at least, where no ratio is meaningful.")
    text: str
    self_conflict: Bool = Field(description="Whether one claimant's own figures exclude each other.")
    within_rounding: Bool = Field(description="Whether rounding can explain the conflict.")
    drift: Bool = Field(description="Whether a relayed number differs from its origin's.")
    part_exceeds_whole: Bool = Field(description="Whether it exceeds what a wider scope allows.")
    interval_basis: IntervalBasis
    agreeing: int
    claimant_count: int
    figure_count: int
    relay_count: int
    drift_count: int
    dispute_count: int
    reported_low: float | None
    reported_high: float | None
    reported_low_open: Bool | None
    reported_high_open: Bool | None
    reported_text: str | None
    estimated_low: float | None
    estimated_high: float | None
    estimated_low_open: Bool | None
    estimated_high_open: Bool | None
    estimated_text: str | None
    created_at: Time
    updated_at: Time


class DisagreementTableRow(ComparisonTableRow):
    """A comparison with the figures that exclude each other: who says least, and who says most."""

    kind: DisagreementKind
    factor: float | None = Field(description="By how much they are apart at least; null where no ratio is meaningful.")
    least_figure_id: Id
    least_claim_id: Id
    least_claimant_key: str
    least_claimant: str
    least_basis: Basis
    least_low: float | None
    least_high: float | None
    least_text: str | None
    least_source: str
    most_figure_id: Id
    most_claim_id: Id
    most_claimant_key: str
    most_claimant: str
    most_basis: Basis
    most_low: float | None
    most_high: float | None
    most_text: str | None
    most_source: str


class _Said(View):
    time: Time = Field(description="The first moment of the day on which it may have been said; in UTC.")
    subject_key: str
    subject: str
    metric_key: str
    metric: str
    scope_key: str | None
    scope: str | None
    measurand: str
    unit: str = Field(description="Of all amounts in the row: the metric's.")
    claimant_key: str
    claimant: str
    relay: Bool
    figure_id: Id
    claim_id: Id
    text: str | None = Field(description="What the figure allows, in words; else as it was stated.")


class TimeSeriesRow(_Said):
    """One figure at the time when it was said."""

    series: str = Field(description="Claimant and basis, for a legend.")
    basis: Basis
    value: float | None
    low: float | None
    high: float | None


class WideTimeSeriesRow(_Said):
    """One figure at the time when it was said, its numbers under its basis."""

    reported: float | None
    reported_low: float | None
    reported_high: float | None
    estimated: float | None
    estimated_low: float | None
    estimated_high: float | None
    alleged: float | None
    alleged_low: float | None
    alleged_high: float | None
    projected: float | None
    projected_low: float | None
    projected_high: float | None
    assumed: float | None
    assumed_low: float | None
    assumed_high: float | None
    unstated: float | None
    unstated_low: float | None
    unstated_high: float | None


class AnnotationRow(View):
    """Something that happened to what is on record."""

    id: str
    time: Time
    time_end: Time | None = Field(description="When a dispute closed.")
    event: Literal["dispute", "withdrawal", "restoration", "revision"]
    title: str
    text: str | None
    tags: str = Field(description="Words joined by commas.")
    record_kind: Literal["source", "claim", "figure", "dispute"]
    record_id: Id
    version: int
    claim_id: Id | None
    subject_key: str | None
    subject: str | None


class Column(View):
    name: str
    type: ColumnType
    nullable: Bool
    description: str | None


class TableColumn(View):
    name: str
    type: ColumnType


class Table(View, Generic[R]):
    columns: list[TableColumn]
    rows: list[R]
    total: int | None = Field(description="How many rows the filters let through; null above 100,000.")
    next_cursor: str | None
    as_of: Day | None


class FigureTable(Table[FigureTableRow]):
    pass


class ComparisonTable(Table[ComparisonTableRow]):
    pass


class DisagreementTable(Table[DisagreementTableRow]):
    pass


class TimeSeriesTable(Table[TimeSeriesRow]):
    pass


class WideTimeSeriesTable(Table[WideTimeSeriesRow]):
    pass


class AnnotationTable(Table[AnnotationRow]):
    pass


TableName = Literal["figures", "comparisons", "disagreements", "timeseries", "annotations"]


class TableInfo(View):
    name: TableName
    description: str
    json_url: str
    csv_url: str
    schema_url: str


class TableIndex(View):
    items: list[TableInfo]


class TableSchema(View):
    table: TableName
    columns: list[Column]


def columns_of(model: type[View]) -> list[Column]:
    """What a table's columns are, read off its rows' fields."""
    schema: dict[str, Any] = model.model_json_schema(mode="serialization")
    return [_column(name, field, schema.get("$defs", {})) for name, field in schema["properties"].items()]


def _column(name: str, field: dict[str, Any], shared: dict[str, Any]) -> Column:
    branches = [_resolved(branch, shared) for branch in field.get("anyOf", [field])]
    (kind,) = [branch for branch in branches if branch.get("type") != "null"]
    shown = kind["format"] if kind.get("format") in ("date", "date-time") else kind["type"]
    return Column(name=name, type=shown, nullable=len(branches) > 1, description=field.get("description"))


def _resolved(branch: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    return shared[branch["$ref"].rsplit("/", 1)[-1]] if "$ref" in branch else branch
