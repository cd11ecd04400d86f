"""The rows of the dashboard tables: flat, with plain values and the same columns in every row.

Amounts are JSON numbers; where a number was stated exactly, `…_text` has all its digits. The columns of figures,
comparisons and disagreements are those of the views `v_figures`, `v_comparisons`, `v_disagreements` (`db/views.py`).
"""

from typing import Literal

from pydantic import Field

from service.domain.vocabulary import (
    Agreement,
    Basis,
    CheckedBy,
    ClaimantRole,
    ClaimStatus,
    ComparabilityStatus,
    Consistency,
    DisagreementKind,
    EntityKind,
    IntervalBasis,
    IntervalKind,
    NotComputed,
    Qualifier,
    Scale,
    SourceKind,
    Verdict,
)
from service.schemas.base import View
from service.schemas.types import Bool, Day, Id, Time


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
    basis: Basis = Field(
        description="How the claimant came by the number: reported, estimated, alleged, projected, assumed, unstated."
    )
    qualifier: Qualifier = Field(description="exact, about, between, at_least, more_than, at_most, less_than or vague.")
    value: float | None = Field(description="As stated, in `unit`.")
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
    stated_as: str | None = Field(description="The number in the words of the source.")
    low: float | None = Field(description="The least that the figure allows, in metric_unit; null: unbounded.")
    high: float | None = Field(description="The most that the figure allows, in metric_unit; null: unbounded.")
    low_open: Bool | None = Field(description="Whether low itself is excluded.")
    high_open: Bool | None = Field(description="Whether high itself is excluded.")
    interval: str | None = Field(description="What the figure allows, in words.")
    metric_unit: str
    scale: Scale
    not_computed: NotComputed | None = Field(description="Why nothing is computed with it: vague, or no_exchange_rate.")
    claim_id: Id
    statement: str = Field(description="The first 300 characters of the claim.")
    claim_status: ClaimStatus = Field(description="active, superseded or retracted; only active claims count.")
    relay: Bool = Field(description="Whether the claim repeats another; relays are no sources of their own.")
    claimant_key: str
    claimant: str
    claimant_role: ClaimantRole = Field(
        description="first_party, third_party or unknown; inferred where the claim does not say it."
    )
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
    unit: str = Field(description="Of all amounts in the row: the metric's, or with the one currency of its figures.")
    scope_key: str | None
    scope: str | None = Field(description="Which part is counted; null where the sources do not say.")
    period: str | None
    period_start: Day | None
    period_end: Day | None
    verdict: Verdict = Field(
        description="How the estimates lie to what was reported: estimates_higher, consistent, mixed …"
    )
    ratio_low: float | None = Field(description="estimated ÷ reported, at least.")
    ratio_high: float | None = Field(description="estimated ÷ reported, at most; null beside a ratio_low: unbounded.")
    ratio_low_open: Bool | None
    ratio_high_open: Bool | None
    ratio_text: str | None
    ratio_central: float | None = Field(description="Value ÷ value, where each side is one figure with a value.")
    comparability: ComparabilityStatus | None = Field(
        description="comparable, conditional, or not_comparable; null unless both sides have figures."
    )
    reasons: str | None = Field(description="Why the comparability is not without conditions: words joined by commas.")
    agreement: Agreement = Field(
        description="conflict where all that one claimant says lies above all of another; mixed, agree, single, none."
    )
    gap: float | None = Field(description="The factor by which the sources differ at least.")
    gap_open: Bool
    difference: float | None = Field(description="By how much they differ at least, in conflict_unit.")
    conflict_unit: str | None = Field(description="The unit of the difference.")
    relative_difference: float | None = Field(description="Difference ÷ (sum of the two sizes), 0 to 1.")
    conflict_reasons: str | None = Field(description="On what the conflict depends: words joined by commas.")
    text: str
    self_conflict: Bool = Field(description="Whether one claimant's own figures exclude each other.")
    self_conflict_within_rounding: Bool
    within_rounding: Bool = Field(description="Whether rounding or truncation can explain the conflict.")
    part_within_rounding: Bool
    drift: Bool = Field(description="Whether a relayed number differs from its origin's.")
    part_exceeds_whole: Bool = Field(description="Whether it exceeds what a wider scope allows.")
    interval_basis: IntervalBasis = Field(
        description="stated_limits, or probability_intervals, which may miss the truth."
    )
    agreeing: int | None = Field(description="How many claimants can be right at once; null for running totals.")
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
    """A comparison with the figures that exclude each other: the lowest and the highest."""

    kind: DisagreementKind = Field(description="conflict, self_conflict, drift or part_exceeds_whole.")
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
    claim_status: ClaimStatus = Field(description="active, superseded or retracted; only active claims count.")
    qualifier: Qualifier = Field(description="exact, about, between, at_least, more_than, at_most, less_than or vague.")
    low_open: Bool | None = Field(description="Whether the low end itself is excluded.")
    high_open: Bool | None
    interval_kind: IntervalKind | None
    figure_id: Id
    claim_id: Id
    text: str | None = Field(description="What the figure allows, in words; else as it was stated.")


class TimeSeriesRow(_Said):
    """One figure at the time when it was stated."""

    series: str = Field(description="Claimant and basis, for a legend.")
    basis: Basis = Field(
        description="How the claimant came by the number: reported, estimated, alleged, projected, assumed, unstated."
    )
    value: float | None
    low: float | None
    high: float | None


class WideTimeSeriesRow(_Said):
    """One figure at the time when it was stated, with its numbers in the columns of its basis."""

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


class ConsistencyTableRow(View):
    """The check of an equation that says most, for one subject, scope and period."""

    id: Id
    equation_key: str
    equation: str
    subject_key: str
    subject: str
    metric_key: str
    metric: str
    unit: str
    scope_key: str | None
    scope: str | None
    period: str | None
    period_start: Day | None
    period_end: Day | None
    verdict: Consistency
    checked_by: CheckedBy
    claimant_key: str | None
    claimant: str | None
    source: str | None
    stated_low: float | None
    stated_high: float | None
    stated_text: str | None
    computed_low: float | None
    computed_high: float | None
    computed_text: str | None
    missing_metric_key: str | None
    would_be_low: float | None
    would_be_high: float | None
    would_be_text: str | None
    would_be_unit: str | None
    gap: float | None
    difference: float | None
    relative_difference: float | None
    text: str
    check_count: int
    figure_count: int
    updated_at: Time


class AnnotationRow(View):
    """An event in the history of a record."""

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
