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
from service.schemas.figures import Interval
from service.schemas.types import Bool, Day, DecimalText, Edtf, Id, Line, Time, UnitText, Year


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


class Settings(View):
    by: Literal["basis", "party"]
    about_tolerance: float
    as_of: Day | None


class Compared(View):
    """A figure as it was used in the comparison, with its version."""

    id: Id
    version: int
    claim: ClaimRef
    claim_version: int
    source: SourceRef
    claimant: EntityRef
    claimant_role: ClaimantRole
    asserted: Edtf | None
    basis: Basis
    qualifier: Qualifier
    value: DecimalText | None
    lower: DecimalText | None
    upper: DecimalText | None
    interval_kind: IntervalKind | None
    unit: UnitText
    price_year: Year | None
    stated_as: Line | None
    interval: Interval | None
    not_computed: NotComputed | None


class Beside(Compared):
    why: str = Field(description="Why the figure is on neither side.")


class Side(View):
    count: int
    claimant_count: int
    interval: Interval | None
    figures: list[Compared]


class Drift(View):
    """A relayed figure compared with its origin's. `factor` is relay ÷ origin, or the gap if there are no values."""

    relay: Compared
    origin: Compared | None = Field(description="Null when unpaired.")
    result: DriftResult
    factor: float | None
    flags: list[DriftFlag]
    text: str


class Related(View):
    """Another measurand of the same subject, metric and period. ratio = related ÷ this."""

    measurand: MeasurandRef
    scope: ScopeRef | None
    relation: Relation
    interval: Interval | None
    ratio: Ratio | None
    comparability: Comparability
    part_exceeds_whole: Bool


class WithoutOne(View):
    gap: float | None = Field(description="Null: without this claimant the others agree.")
    claimant: EntityRef


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
    verdict: Verdict
    ratio: Ratio | None
    comparability: Comparability
    agreement: Agreement
    gap: float | None = Field(description="The factor by which the sources differ at least.")
    gap_open: Bool
    difference: float | None = Field(description="In the metric's unit, where no ratio is meaningful.")
    text: str
    self_conflict: Bool
    within_rounding: Bool
    interval_basis: IntervalBasis
    agreeing: int
    claimant_count: int
    figure_count: int
    relay_count: int
    drift_count: int
    dispute_count: int
    reported_interval: Interval | None
    estimated_interval: Interval | None
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


class Operand(View):
    figure_id: Id | None
    measurand: MeasurandRef
    side: OperandSide
    subject: EntityRef
    metric: MetricRef
    scope: ScopeRef | None
    period: Edtf | None
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
    comparability: Comparability
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
