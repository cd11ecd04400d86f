"""A stated figure: the numbers that its qualifier needs, and the interval that follows from them."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from service.domain.interval import Interval
from service.domain.vocabulary import IntervalKind, Qualifier
from service.errors import Fault, Invalid

DEFAULT_TOLERANCE = Fraction(1, 10)
_MOST_DIGITS_OFF = 5  # "about 2,048" is within 5 units of its last digit, not within 10%
MAX_TOLERANCE = Fraction(1, 2)

_NUMBERS = ("value", "lower", "upper")
# the numbers that each qualifier requires and allows
_REQUIRED: dict[Qualifier, tuple[str, ...]] = {
    Qualifier.EXACT: ("value",),
    Qualifier.ABOUT: ("value",),
    Qualifier.BETWEEN: ("lower", "upper"),
    Qualifier.AT_LEAST: ("lower",),
    Qualifier.MORE_THAN: ("lower",),
    Qualifier.AT_MOST: ("upper",),
    Qualifier.LESS_THAN: ("upper",),
    Qualifier.VAGUE: (),
}
_OPTIONAL: dict[Qualifier, tuple[str, ...]] = {
    Qualifier.EXACT: ("lower", "upper"),
    Qualifier.ABOUT: ("lower", "upper"),
    Qualifier.BETWEEN: ("value",),
}
WITH_STATED_BOUNDS = (Qualifier.EXACT, Qualifier.ABOUT, Qualifier.BETWEEN)


@dataclass(frozen=True, slots=True)
class Stated:
    """The numbers of a figure as its source states them, in the source's unit."""

    qualifier: Qualifier
    value: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    interval_kind: IntervalKind | None = None
    stated_as: str | None = None
    precision: Decimal | None = None  # one unit of the last stated digit of the value; None if that is not known

    @property
    def has_bounds(self) -> bool:
        """Whether an exact, about or between figure has bounds that its source states."""
        return self.qualifier in WITH_STATED_BOUNDS and (self.lower is not None or self.upper is not None)


def check_stated(figure: Stated, *, signed: bool, zero: Fraction = Fraction(0)) -> None:
    """Raises Invalid with a pointer to each field that does not fit the qualifier or the other numbers. `zero` is the
    stated amount that is 0 in the metric's unit.
    """
    faults = _shape_faults(figure)
    if not faults:
        faults = _order_faults(figure, signed=signed, zero=zero)
    if faults:
        raise Invalid(faults[0].detail, faults)


def _shape_faults(figure: Stated) -> list[Fault]:
    word = figure.qualifier.value
    required = _REQUIRED[figure.qualifier]
    allowed = required + _OPTIONAL.get(figure.qualifier, ())
    faults = []
    for name in _NUMBERS:
        number = getattr(figure, name)
        if number is None and name in required:
            faults.append(Fault(f"/{name}", f"A figure with the qualifier {word} needs {name}."))
        if number is not None and name not in allowed:
            faults.append(Fault(f"/{name}", f"A figure with the qualifier {word} has no {name}."))
    if figure.qualifier is Qualifier.VAGUE and not figure.stated_as:
        faults.append(Fault("/stated_as", "A vague figure needs stated_as: the words of the source."))
    if figure.interval_kind is not None and not figure.has_bounds:
        faults.append(Fault("/interval_kind", "interval_kind says of which kind stated bounds are; there are none."))
    if figure.precision is not None and figure.value is None:
        faults.append(Fault("/precision", "precision is that of value, and there is none. Leave it out."))
    if figure.precision is not None and figure.precision <= 0:
        faults.append(Fault("/precision", "precision is one unit of the last stated digit: more than 0."))
    return faults


def _order_faults(figure: Stated, *, signed: bool, zero: Fraction) -> list[Fault]:
    value, lower, upper = figure.value, figure.lower, figure.upper
    faults = []
    if lower is not None and upper is not None and lower > upper:
        faults.append(Fault("/lower", "lower is above upper."))
    if value is not None and lower is not None and lower > value:
        faults.append(Fault("/lower", "lower is above value."))
    if value is not None and upper is not None and value > upper:
        faults.append(Fault("/upper", "upper is below value."))
    if not signed:
        in_unit = " in the metric's unit" if zero else ""
        faults += [
            Fault(f"/{name}", f"{name} is negative{in_unit}, and the metric is not signed.")
            for name in _NUMBERS
            if (number := getattr(figure, name)) is not None and number < zero
        ]
        if figure.qualifier is Qualifier.LESS_THAN and upper == zero:
            faults.append(Fault("/upper", f"No amount is less than 0{in_unit}: the metric is not signed."))
    return faults


def stated_interval(
    figure: Stated, *, signed: bool, zero: Fraction = Fraction(0), tolerance: Fraction = DEFAULT_TOLERANCE
) -> Interval | None:
    """The interval that the figure allows, in its own unit; None for a vague one. `zero` is the stated amount that is 0
    in the metric's unit.

    A stated bound of an exact or about figure replaces the end that the qualifier implies.
    """
    value = Fraction(figure.value) if figure.value is not None else None
    lower = Fraction(figure.lower) if figure.lower is not None else None
    upper = Fraction(figure.upper) if figure.upper is not None else None
    floor = None if signed else zero
    match figure.qualifier:
        case Qualifier.EXACT | Qualifier.ABOUT:
            assert value is not None
            least = most = value
            if figure.qualifier is Qualifier.ABOUT:
                slack = tolerance * abs(value)
                if figure.precision is not None:
                    slack = min(slack, _MOST_DIGITS_OFF * Fraction(figure.precision))
                least, most = value - slack, value + slack
            return Interval(least if lower is None else lower, most if upper is None else upper)
        case Qualifier.BETWEEN:
            return Interval(lower, upper)
        case Qualifier.AT_LEAST:
            return Interval(lower, None)
        case Qualifier.MORE_THAN:
            return Interval(lower, None, low_open=True)
        case Qualifier.AT_MOST:
            return Interval(floor, upper)
        case Qualifier.LESS_THAN:
            return Interval(floor, upper, high_open=True)
        case _:
            return None
