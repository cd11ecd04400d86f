"""API models for comparisons: the reported and the estimated side, and the figures on neither side."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from service.domain.vocabulary import (
    Agreement,
    Basis,
    ClaimantRole,
    ComparabilityStatus,
    DisagreementKind,
    DriftFlag,
    DriftResult,
    IntervalBasis,
    IntervalKind,
    NotComputed,
    Qualifier,
    Reason,
    Relation,
    Verdict,
)
from service.schemas.base import ClaimRef, EntityRef, MeasurandRef, MetricRef, Page, ScopeRef, SourceRef, View
from service.schemas.claims import Claim
from service.schemas.disputes import Dispute
from service.schemas.figures import Converted, Interval
from service.schemas.types import Bool, Day, DecimalText, Edtf, Id, Key, Line, Time, UnitText, Year


class Ratio(View):
    """`central` is value ÷ value, if each side is a single figure with a value."""

    low: float
    high: float | None
    low_open: Bool
    high_open: Bool
    central: float | None
    text: str


class Comparability(View):
    status: ComparabilityStatus
    reasons: list[Reason]


class PricesUsed(View):
    year: Year
    series: Key
    version: str
    currency: UnitText


class Settings(View):
    by: Literal["basis", "party"]
    sides: str | None = Field(description="The two bases that are compared, such as `projected:reported`.")
    about_tolerance: float
    as_of: Day | None
    recorded_as_of: Time | None
    prices: PricesUsed | None = Field(description="By which amounts with a price year are restated.")


class Compared(View):
    """A figure as it was used in the comparison, with its version."""

    id: Id
    version: int
    claim: ClaimRef
    claim_version: int
    source: SourceRef
    claimant: EntityRef
    claimant_role: ClaimantRole
    claimant_role_inferred: Bool
    voice: EntityRef = Field(description="For whom the claim speaks; figures of one voice are not independent.")
    asserted: Edtf | None
    basis: Basis
    qualifier: Qualifier
    value: DecimalText | None
    lower: DecimalText | None
    upper: DecimalText | None
    interval_kind: IntervalKind | None
    precision: DecimalText | None
    unit: UnitText
    price_year: Year | None
    period: Edtf | None
    stated_as: Line | None
    relayed: Bool | None
    interval: Interval | None
    converted: Converted | None = Field(description="Of a figure in another currency than its metric's.")
    not_computed: NotComputed | None


class Beside(Compared):
    why: str = Field(description="Why the figure is on neither side.")


class Side(View):
    count: int
    claimant_count: int
    interval: Interval | None
    figures: list[Compared]


class Drift(View):
    """A relayed figure compared with its origin's. `factor` is relay ÷ origin, or the gap if there are no values;
    `difference` is how far apart the two are, in the metric's unit and the relay's currency.
    """

    relay: Compared
    origin: Compared | None = Field(description="Null when unpaired.")
    result: DriftResult
    factor: float | None
    difference: float | None
    flags: list[DriftFlag]
    text: str


class Related(View):
    """Another measurand of the same subject and metric: of another scope, or of a period that overlaps this one's.

    ratio = related ÷ this.
    """

    measurand: MeasurandRef
    scope: ScopeRef | None
    period: Edtf | None
    relation: Relation
    interval: Interval | None
    ratio: Ratio | None
    comparability: Comparability | None = Field(description="Null unless both measurands have figures.")
    part_exceeds_whole: Bool
    within_rounding: Bool = Field(description="Whether rounding can explain that a part exceeds its whole.")


class WithoutOne(View):
    """What is left without the claimant whose removal narrows the disagreement most."""

    claimant: EntityRef
    agreement: Agreement
    gap: float | None
    difference: float | None


class Counts(View):
    """How many items each list would have if none were cut."""

    beside: int
    relays: int
    drift: int
    related: int
    disputes: int


class Excluded(View):
    undated: int
    not_yet_readable: int


class Summary(View):
    id: Id
    key: str
    subject: EntityRef
    metric: MetricRef
    scope: ScopeRef | None
    period: Edtf | None
    unit: UnitText = Field(
        description="In which it is computed: the metric's, or with the one currency in which all its figures are."
    )
    verdict: Verdict
    ratio: Ratio | None
    comparability: Comparability | None = Field(description="Null unless both sides have figures.")
    agreement: Agreement
    gap: float | None = Field(description="The factor by which the sources differ at least.")
    gap_open: Bool
    difference: float | None = Field(description="By how much the sources differ at least, in `conflict_unit`.")
    conflict_unit: UnitText | None = Field(
        description="That of the difference: `unit`, or the other currency in which both sources gave their amounts."
    )
    relative_difference: float | None = Field(
        description="Difference ÷ (sum of the two sizes): 0 to 1, rising with the factor. Null off the ratio scale."
    )
    conflict_reasons: list[Reason] = Field(description="On what the comparison of the conflict's two figures depends.")
    text: str
    self_conflict: Bool
    self_conflict_within_rounding: Bool
    within_rounding: Bool = Field(description="Whether rounding or truncation can explain the conflict.")
    part_within_rounding: Bool
    origin_measurand: MeasurandRef | None = Field(description="Where the figures come from, if all are copies.")
    interval_basis: IntervalBasis
    agreeing: int | None = Field(
        description="The most claimants that have a figure holding one and the same value. Null for running totals."
    )
    claimant_count: int
    figure_count: int
    relay_count: int
    drift_count: int
    dispute_count: int
    reported_interval: Interval | None
    estimated_interval: Interval | None
    rates_version: str | None = Field(
        description="Of the exchange rates, if an amount is in another currency than the metric's; empty: none loaded."
    )
    rules_version: int = Field(description="The version of the rules of arithmetic by which it was computed.")
    updated_at: Time


class SummaryPage(Page[Summary]):
    pass


class Comparison(Summary):
    """Each list has at most 500 items. `counts`, and `count` of each side, say how many there are."""

    settings: Settings
    gap_without_one: WithoutOne | None
    reported: Side | None
    estimated: Side | None
    first_party: Side | None
    third_party: Side | None
    sides: Annotated[list[Side], Field(min_length=2, max_length=2)] | None = Field(
        description="With `sides`: the two that were asked for."
    )
    beside: list[Beside]
    relays: list[Compared]
    drift: list[Drift]
    related: list[Related]
    disputes: list[Dispute]
    counts: Counts
    figures_url: str = Field(description="All figures of the measurand, page by page.")
    excluded: Excluded


OperandSide = TypeAliasType("OperandSide", Literal["reported", "estimated", "all", "figure"])


class BetweenSettings(View):
    about_tolerance: float
    as_of: Day | None
    recorded_as_of: Time | None
    prices: PricesUsed | None
    rules_version: int = Field(description="The version of the rules of arithmetic by which it was computed.")


class Operand(View):
    figure_id: Id | None
    measurand: MeasurandRef
    side: OperandSide
    subject: EntityRef
    metric: MetricRef
    scope: ScopeRef | None
    period: Edtf | None
    unit: UnitText = Field(description="In which it is computed.")
    interval: Interval | None
    count: int = Field(description="How many figures represent this operand; at most 500 of them are shown.")
    figures: list[Compared]
    figures_url: str = Field(description="All figures of the measurand, page by page.")


class Between(View):
    """A comparison of two measurands or figures: ratio = right ÷ left."""

    settings: BetweenSettings
    left: Operand
    right: Operand
    ratio: Ratio | None
    comparability: Comparability | None = Field(description="Null unless both operands have figures.")
    text: str


class Disagreement(Summary):
    kind: DisagreementKind
    least: Compared | None
    most: Compared | None
    group_count: int | None = Field(
        description="With group_by=series: how many rows this subject and metric have; this one is the widest."
    )


class DisagreementPage(Page[Disagreement]):
    pass


class Contested(View):
    claim: Claim
    disputes: Annotated[list[Dispute], Field(min_length=1)]


class ContestedPage(Page[Contested]):
    pass
