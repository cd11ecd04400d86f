"""API models for figures: as stated, and with the interval that follows."""

from typing import Annotated, Any

from pydantic import MISSING, Field, model_validator

from service.domain.number import format_number, stated_precision
from service.domain.vocabulary import Basis, IntervalKind, NotComputed, Qualifier
from service.schemas.base import Body, ClaimRef, EntityRef, Head, MeasurandRef, MetricRef, Page, ScopeRef, View
from service.schemas.types import Bool, DecimalText, Edtf, Id, Line, Ref, Text, UnitText, Year

Precision = Annotated[
    DecimalText,
    Field(description="One unit of the last stated digit of `value`. By default it is read from the digits as given."),
]
Relayed = Annotated[
    Bool,
    Field(description="Whether the figure repeats the claim's origin. Null: as its claim. False: a number of its own."),
]


def with_precision(fields: Any) -> Any:
    """Adds the precision of a value that is given without one: only here its digits are known as they were written."""
    if not isinstance(fields, dict) or "value" not in fields or "precision" in fields:
        return fields
    precision = stated_precision(fields["value"])
    return fields | {"precision": None if precision is None else format_number(precision)}


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
    precision: Precision | None = None
    unit: UnitText
    price_year: Year | None = None
    period: Edtf | None = None
    stated_as: Line | None = None
    relayed: Relayed | None = None

    _read_precision = model_validator(mode="before")(with_precision)


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
    precision: Precision | None | MISSING = MISSING
    unit: UnitText | MISSING = MISSING
    price_year: Year | None | MISSING = MISSING
    period: Edtf | None | MISSING = MISSING
    stated_as: Line | None | MISSING = MISSING
    relayed: Relayed | None | MISSING = MISSING

    _read_precision = model_validator(mode="before")(with_precision)


class Interval(View):
    """All amounts that the figure allows, in the metric's unit and the figure's own currency.

    A null end is unbounded and open.
    """

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
    precision: Precision | None
    unit: UnitText
    price_year: Year | None
    period: Edtf | None
    stated_as: Line | None
    relayed: Relayed | None
    interval: Interval | None
    not_computed: NotComputed | None


class Figure(ClaimFigure):
    claim: ClaimRef
    subject: EntityRef


class FigurePage(Page[Figure]):
    pass
