"""API models for figures: as stated, and with the interval that follows."""

from typing import Annotated, Any

from pydantic import MISSING, BeforeValidator, ConfigDict, Field, model_validator

from service.domain.number import format_number, stated_precision
from service.domain.phrase import Unreadable, counts_noun, read_phrase
from service.domain.unit_spellings import canonical_unit
from service.domain.units import parse_unit
from service.domain.vocabulary import Basis, IntervalKind, NotComputed, Qualifier
from service.errors import Invalid
from service.schemas.base import Body, ClaimRef, EntityRef, Head, MeasurandRef, MetricRef, Page, ScopeRef, View
from service.schemas.types import Bool, Day, DecimalText, Edtf, Id, Line, Ref, Text, UnitText, Year, refuse

Precision = Annotated[
    DecimalText,
    Field(description="One unit of the last stated digit of `value`. By default it is read from the digits as given."),
]
Relayed = Annotated[
    Bool,
    Field(description="Whether the figure repeats the claim's origin. Null: as its claim. False: a number of its own."),
]


_NUMBERS = ("qualifier", "value", "lower", "upper")


def with_precision(fields: Any) -> Any:
    """Adds the precision of a value that is given without one: only here its digits are known as they were written."""
    if not isinstance(fields, dict) or "value" not in fields or "precision" in fields:
        return fields
    precision = stated_precision(fields["value"])
    return fields | {"precision": None if precision is None else format_number(precision)}


class _Refusal:
    """Stands where a field was that does not fit what was read from the words, so that the error points to it."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def _not_refused(given: Any) -> Any:
    if isinstance(given, _Refusal):
        raise refuse(given.detail)
    return given


def with_words_read(fields: Any) -> Any:
    """Reads the numbers of a figure of which only the words are given."""
    if not isinstance(fields, dict) or any(fields.get(name) is not None for name in _NUMBERS):
        return fields
    words, unit = fields.get("stated_as"), fields.get("unit")
    if not isinstance(words, str):
        return fields
    try:
        read = read_phrase(words)
    except Unreadable as error:
        detail = f"{error.detail} Or give qualifier and numbers."
        return fields | {"qualifier": Qualifier.VAGUE, "unit": unit or "1", "stated_as": _Refusal(detail)}
    numbers = {name: getattr(read, name) for name in ("value", "lower", "upper", "precision")}
    texts = {name: None if number is None else format_number(number) for name, number in numbers.items()}
    filled = fields | texts | {"qualifier": read.qualifier}
    if read.noun is not None and isinstance(unit, str) and not _names_unit(read.noun, unit):
        return filled | {"stated_as": _Refusal(f"The words count {read.noun}, and the unit is another. Give numbers.")}
    if read.unit is None:
        return filled
    return filled | {"unit": read.unit if unit is None else _agreeing(unit, read.unit)}


def _names_unit(noun: str, unit: str) -> bool:
    try:
        return counts_noun(noun, canonical_unit(unit))
    except Invalid:
        return True  # the unit is refused as what it is


def _agreeing(given: Any, read: str) -> Any:
    """The unit that is given, if it is the one that was read."""
    try:
        agrees = isinstance(given, str) and parse_unit(canonical_unit(given)) == parse_unit(read)
    except Invalid:
        return given  # which is refused as what it is
    return given if agrees else _Refusal(f"The words say {read}.")


def _words_suffice(schema: dict[str, Any]) -> None:
    """In the document, what the words may say instead is not required."""
    schema["required"] = [name for name in schema["required"] if name not in ("qualifier", "unit")]


class FigureFields(Body):
    """A figure inside the claim that states it. If it has no qualifier and no numbers, they are read from `stated_as`:
    `about $5.6 million`. The unit is then needed only if the words do not say it.
    """

    model_config = ConfigDict(json_schema_extra=_words_suffice)

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
    unit: Annotated[UnitText, BeforeValidator(_not_refused)]
    price_year: Year | None = None
    period: Edtf | None = None
    stated_as: Annotated[Line | None, BeforeValidator(_not_refused)] = None
    relayed: Relayed | None = None

    _read_precision = model_validator(mode="before")(with_precision)
    _read_words = model_validator(mode="before")(with_words_read)


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


class Converted(View):
    """The amounts of `interval` in the metric's currency: at the lowest and the highest daily rate from `first_day` to
    `last_day`. The ends are as open as those of `interval`.
    """

    low: float | None
    high: float | None
    unit: UnitText
    series: Line = Field(description="The series of exchange rates: ecb, the euro reference rates.")
    first_day: Day
    last_day: Day
    day_assumed: Bool = Field(description="Whether the days are those when it was said: the figure states no period.")


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
    converted: Converted | None = Field(description="Of a figure in another currency than its metric's.")
    not_computed: NotComputed | None


class Figure(ClaimFigure):
    claim: ClaimRef
    subject: EntityRef


class FigurePage(Page[Figure]):
    pass
