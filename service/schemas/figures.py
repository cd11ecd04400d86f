"""API models for figures: as stated, and with the interval that follows."""

from pydantic import MISSING, Field

from service.domain.vocabulary import Basis, IntervalKind, NotComputed, Qualifier
from service.schemas.base import Body, ClaimRef, EntityRef, Head, MeasurandRef, MetricRef, Page, ScopeRef, View
from service.schemas.types import Bool, DecimalText, Edtf, Id, Line, Ref, Text, UnitText, Year


class FigureFields(Body):
    """A figure inside the claim that states it."""

    id: Id | None = None
    metric: Ref
    scope: Ref | None = Field(None, description="A scope of the metric. Leave it out if the source does not say.")
    basis: Basis
    method: Text | None = None
    qualifier: Qualifier
    value: DecimalText | None = None
    lower: DecimalText | None = None
    upper: DecimalText | None = None
    interval_kind: IntervalKind | None = None
    unit: UnitText
    price_year: Year | None = None
    period: Edtf | None = None
    stated_as: Line | None = None


class FigureCreate(FigureFields):
    claim: Ref


class FigurePatch(Body):
    """The claim of a figure cannot be changed. To move a figure, withdraw it and create it in the other claim."""

    metric: Ref | MISSING = MISSING
    scope: Ref | None | MISSING = MISSING
    basis: Basis | MISSING = MISSING
    method: Text | None | MISSING = MISSING
    qualifier: Qualifier | MISSING = MISSING
    value: DecimalText | None | MISSING = MISSING
    lower: DecimalText | None | MISSING = MISSING
    upper: DecimalText | None | MISSING = MISSING
    interval_kind: IntervalKind | None | MISSING = MISSING
    unit: UnitText | MISSING = MISSING
    price_year: Year | None | MISSING = MISSING
    period: Edtf | None | MISSING = MISSING
    stated_as: Line | None | MISSING = MISSING


class Interval(View):
    """All amounts that the figure allows, in the metric's unit. A null end is unbounded and open."""

    low: float | None
    high: float | None
    low_open: Bool
    high_open: Bool
    unit: UnitText
    text: str


class ClaimFigure(Head):
    """A figure inside its claim. Its key is always null."""

    metric: MetricRef
    scope: ScopeRef | None
    measurand: MeasurandRef
    basis: Basis
    method: Text | None
    qualifier: Qualifier
    value: DecimalText | None
    lower: DecimalText | None
    upper: DecimalText | None
    interval_kind: IntervalKind | None
    unit: UnitText
    price_year: Year | None
    period: Edtf | None
    stated_as: Line | None
    interval: Interval | None
    not_computed: NotComputed | None


class Figure(ClaimFigure):
    claim: ClaimRef
    subject: EntityRef


class FigurePage(Page[Figure]):
    pass
