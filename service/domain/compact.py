"""Short numbers for labels and tables: `$294K`, `more than $100M`, `512 GPU`. Three digits, rounded to the safe side.
The exact number is always shown beside.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from service.domain.display import amount, plain, rounded, shown_unit
from service.domain.figure import Stated
from service.domain.interval import Interval
from service.domain.number import format_number
from service.domain.vocabulary import Qualifier

_SUFFIXES = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))
_LONGEST = Decimal(10) ** 15
_WORDS = {
    Qualifier.ABOUT: "about",
    Qualifier.AT_LEAST: "at least",
    Qualifier.MORE_THAN: "more than",
    Qualifier.AT_MOST: "at most",
    Qualifier.LESS_THAN: "less than",
}
_DOWN, _UP, _NEAREST = ROUND_FLOOR, ROUND_CEILING, ROUND_HALF_EVEN


def compact(number: Fraction, unit: str, rounding: str = _NEAREST, digits: int = 3) -> str:
    """`$1.6B`, `147K GPU.hour`."""
    short = rounded(number, rounding, digits)
    size = abs(short)
    if 1_000 <= size < _LONGEST:
        scale, suffix = next((scale, suffix) for scale, suffix in _SUFFIXES if size >= scale)
        return amount(short / scale, unit, suffix)
    return amount(short, unit)


def compact_factor(number: Fraction, rounding: str = _NEAREST, digits: int = 3) -> str:
    """`3.4×`, `10K×`."""
    return f"{compact(number, '1', rounding, digits)}×"


def apart_text(factor: Fraction) -> str:
    """`at least 3.06× apart`. A factor that rounds to 1 is not shown."""
    short = rounded(factor, _DOWN)
    return f"at least {plain(short)}× apart" if short > 1 else "apart, by less than 1%"


def compact_stated(figure: Stated, unit: str) -> str:
    """A figure as it was stated, in its own unit."""
    low = compact(Fraction(figure.lower), unit, _DOWN) if figure.lower is not None else ""
    high = compact(Fraction(figure.upper), unit, _UP) if figure.upper is not None else ""
    value = compact(Fraction(figure.value), unit) if figure.value is not None else ""
    return _said(figure, low, value, high)


def exact_stated(figure: Stated, unit: str) -> str:
    """A figure as it was stated, with all digits in groups of three."""
    low, value, high = (_digits(n) if n is not None else "" for n in (figure.lower, figure.value, figure.upper))
    return _said(figure, low, value, high) + (
        "" if figure.qualifier is Qualifier.VAGUE else f" {shown_unit(unit)}".rstrip()
    )


def compact_interval(interval: Interval, unit: str, *, signed: bool = False) -> str:
    """`$4.5M to $6M`, `more than $100M`; bounds are rounded to the safe side."""
    low, high = interval.low, interval.high
    if low is not None and low == high:
        return compact(low, unit)
    if high is None:
        if low is None:
            return "any amount"
        return f"{'more than' if interval.low_open else 'at least'} {compact(low, unit, _DOWN)}"
    if low is None or (low == 0 and not signed):
        return f"{'less than' if interval.high_open else 'at most'} {compact(high, unit, _UP)}"
    return f"{compact(low, unit, _DOWN)} to {compact(high, unit, _UP)}"


def _said(figure: Stated, low: str, value: str, high: str) -> str:
    if figure.qualifier is Qualifier.VAGUE:
        return f"“{figure.stated_as}”"
    word = f"{_WORDS[figure.qualifier]} " if figure.qualifier in _WORDS else ""
    if low and high:
        bounds = f"{low} to {high}"
    elif value:
        bounds = f"from {low}" if low else f"up to {high}" if high else ""
    else:
        bounds = low or high
    return f"{word}{value} ({bounds})" if value and bounds else f"{word}{value or bounds}"


def _digits(number: Decimal) -> str:
    whole, point, decimals = format_number(number).partition(".")
    return f"{int(whole):,}{point}{decimals}" if whole != "-0" else format_number(number)
