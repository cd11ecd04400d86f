"""API models for equations and for the consistency of figures with them."""

from typing import Annotated, Literal

from pydantic import MISSING, AfterValidator, Field

from service.domain.equation import MOST_FACTORS, MOST_PARTS
from service.domain.vocabulary import CheckedBy, Consistency, DisagreementKind, EquationKind
from service.schemas.base import Body, EntityRef, Head, MetricRef, Page, ScopeRef, SourceRef, View
from service.schemas.comparisons import Compared, Excluded
from service.schemas.figures import Interval
from service.schemas.types import Bool, Day, Id, Key, Line, Ref, Text, Time, UnitText, refuse


def _not_zero(exponent: int) -> int:
    if exponent == 0:
        raise refuse("An exponent is 1, to multiply by the metric, or -1, to divide by it.")
    return exponent


Exponent = Annotated[int, Field(ge=-1, le=1, json_schema_extra={"not": {"const": 0}}), AfterValidator(_not_zero)]


class ScopePair(Body):
    output: Ref | None = Field(None, description="A scope of the equation's metric; null: not stated, or it has none.")
    input: Ref | None = Field(None, description="The scope of the factor that belongs to it; null: not stated.")


class FactorFields(Body):
    metric: Ref
    exponent: Exponent = Field(1, description="1: multiplied by the metric; -1: divided by it.")
    scopes: Annotated[list[ScopePair], Field(max_length=100)] = Field(
        [], description="Which scopes belong together. Others are paired by equal keys."
    )


Factors = Annotated[list[FactorFields], Field(max_length=MOST_FACTORS)]
Parts = Annotated[list[Ref], Field(max_length=MOST_PARTS)]


class EquationCreate(Body):
    id: Id | None = None
    key: Key
    name: Line
    definition: Text | None = None
    kind: EquationKind
    metric: Ref = Field(description="The metric of the product, or of the scopes of the sum.")
    scope: Ref | None = Field(None, description="The scope that is the sum of the parts; only for sums.")
    factors: Factors = Field([], description="The metrics of a product, each at most once.")
    parts: Parts = Field([], description="The scopes of a sum, none of which overlaps another.")
    complete: Bool | None = Field(
        None, description="For a sum: whether the parts are all of the scope. If not, the scope is at least their sum."
    )


class EquationPatch(Body):
    """The kind, the metric and the scope cannot change. Otherwise all figures are checked again."""

    key: Key | MISSING = MISSING
    name: Line | MISSING = MISSING
    definition: Text | None | MISSING = MISSING
    factors: Factors | MISSING = MISSING
    parts: Parts | MISSING = MISSING
    complete: Bool | MISSING = MISSING


class ScopePairing(View):
    output: ScopeRef | None
    input: ScopeRef | None


class Factor(View):
    metric: MetricRef
    exponent: int
    scopes: list[ScopePairing]


class Equation(Head):
    key: Key
    name: Line
    definition: Text | None
    kind: EquationKind
    metric: MetricRef
    scope: ScopeRef | None
    factors: list[Factor]
    parts: list[ScopeRef]
    complete: Bool | None


class EquationPage(Page[Equation]):
    pass


# Consistency ---------------------------------------------------------------------------------------------------------


class EquationRef(View):
    id: Id
    key: Key
    name: Line


class ConsistencySummary(View):
    id: Id
    equation: EquationRef
    subject: EntityRef
    metric: MetricRef
    scope: ScopeRef | None
    period: str | None
    updated_at: Time
    verdict: Consistency
    checked_by: CheckedBy
    claimant: EntityRef | None
    source: SourceRef | None
    unit: UnitText
    stated: Interval | None
    computed: Interval | None
    missing_metric: MetricRef | None
    missing_scope: ScopeRef | None
    would_be: Interval | None
    gap: float | None
    difference: float | None
    relative_difference: float | None
    text: str
    check_count: int
    figure_count: int
    figures: list[Id]


class ConsistencyPage(Page[ConsistencySummary]):
    pass


class Inconsistency(ConsistencySummary):
    kind: Literal[DisagreementKind.INCONSISTENCY]


class InconsistencyPage(Page[Inconsistency]):
    pass


class CheckedTerm(View):
    metric: MetricRef
    scope: ScopeRef | None
    exponent: int
    scope_fits: Bool
    interval: Interval | None
    figure_count: int
    figures: list[Compared]


class ConsistencyCheck(View):
    verdict: Consistency
    checked_by: CheckedBy
    claimant: EntityRef | None
    source: SourceRef | None
    unit: UnitText
    stated: Interval | None
    computed: Interval | None
    output: CheckedTerm
    inputs: list[CheckedTerm]
    input_count: int
    missing_metric: MetricRef | None
    missing_scope: ScopeRef | None
    would_be: Interval | None
    missing_count: int
    gap: float | None
    difference: float | None
    relative_difference: float | None
    text: str


class ConsistencySettings(View):
    about_tolerance: float
    as_of: Day | None
    recorded_as_of: Time | None
    rules_version: int = Field(description="The version of the rules of arithmetic by which it was computed.")


class ConsistencyDetail(View):
    id: Id
    settings: ConsistencySettings
    equation: Equation
    subject: EntityRef
    scope: ScopeRef | None
    period: str | None
    verdict: Consistency | None
    text: str
    checks: list[ConsistencyCheck]
    check_count: int
    excluded: Excluded
