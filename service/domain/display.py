"""Numbers, amounts and intervals as text. Numbers are rounded to three digits, always to the safe side: down after
"more than" or "at least", up after "less than" or "at most", and to the nearest after "about". Exact numbers stay
exact.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache

from babel.numbers import get_currency_symbol

from service.domain.interval import Interval
from service.domain.ratio import Ratio
from service.domain.units import currencies

DOWN, UP, NEAREST = ROUND_FLOOR, ROUND_CEILING, ROUND_HALF_EVEN
_PLAIN_BELOW = Decimal(10) ** 15
_PLAIN_ABOVE = Decimal(1) / 10**6
_DIGITS_IN_WORDS = 4


def rounded(number: Fraction, rounding: str, digits: int = 3) -> Decimal:
    """`number` rounded to `digits` significant digits, in the given direction."""
    if number == 0:
        return Decimal(0)
    # directed rounding of an exact quotient is correct in one division
    return _context(digits, rounding).divide(Decimal(number.numerator), Decimal(number.denominator))


@cache
def _context(digits: int, rounding: str) -> Context:
    return Context(prec=digits, rounding=rounding)


def plain(number: Decimal) -> str:
    """Grouped digits, or a power of ten if they would be long."""
    size = abs(number)
    if size == 0:
        return "0"
    if _PLAIN_ABOVE <= size < _PLAIN_BELOW:
        text = f"{number:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    exponent = number.adjusted()
    mantissa = format(number.scaleb(-exponent, Context(prec=60)), "f")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}×10^{exponent}"


@cache
def _symbol(currency: str) -> str:
    return get_currency_symbol(currency, locale="en")


def shown_unit(unit: str) -> str:
    """A unit for display: count nouns without their braces, and nothing for a pure number."""
    return "" if unit == "1" else unit.replace("{", "").replace("}", "")


# symbols that are words: singular and plural
_WORDS = {
    "second": "seconds",
    "minute": "minutes",
    "hour": "hours",
    "day": "days",
    "week": "weeks",
    "year": "years",
    "GPU": "GPUs",
    "TPU": "TPUs",
    "chip": "chips",
    "server": "servers",
    "parameter": "parameters",
    "token": "tokens",
    "query": "queries",
    "person": "people",
}


def unit_in_words(unit: str, *, plural: bool = True) -> str:
    """`GPU-hours`, `GPU-hours per day`, `kWh`, `people` for `{people}`."""
    head, slash, rest = shown_unit(unit).partition("/")
    *first, last = head.split(".")
    words = "-".join([*first, _WORDS.get(last, last) if plural else last])
    return f"{words} per {rest.replace('.', '-')}" if slash else words


def amount(number: Decimal, unit: str, suffix: str = "") -> str:
    """`$294,000`, `512 GPUs`, `$2 per GPU-hour`, `30%`. A suffix directly follows the number: `$294K`."""
    head, slash, rest = shown_unit(unit).partition("/")
    sign, size = "−" if number < 0 else "", f"{plain(abs(number))}{suffix}"
    if head in currencies():
        per = f" per {rest.replace('.', '-')}" if slash else ""
        return f"{sign}{_symbol(head)}{size}{per}"
    if head == "%":
        return f"{sign}{size}{unit_in_words(unit)}"
    return f"{sign}{size} {unit_in_words(unit, plural=number != 1 or bool(suffix))}".rstrip()


_LARGE = ((12, " trillion"), (9, " billion"), (6, " million"))


def amount_in_words(number: Decimal, unit: str) -> str:
    """Like `amount`, with large round numbers in words: `$5.576 million`."""
    for power, word in _LARGE:
        scaled = number.scaleb(-power, Context(prec=60)).normalize()
        if 1 <= abs(scaled) < 1_000 and len(scaled.as_tuple().digits) <= _DIGITS_IN_WORDS:
            return amount(scaled, unit, word)
    return amount(number, unit)


def points(number: Decimal, unit: str) -> str:
    """A difference: that of two shares is in percentage points."""
    if unit != "%":
        return amount_in_words(number, unit)
    return f"{plain(number)} percentage point{'' if number == 1 else 's'}"


def _exact(number: Fraction) -> Decimal | None:
    """The number as a decimal of at most 20 digits; None if it needs more."""
    near = rounded(number, NEAREST, 20)
    return near if Fraction(near) == number else None


Write = Callable[[Decimal, str], str]


def interval_text(
    interval: Interval, unit: str, *, signed: bool = False, write: Write = amount, exact: bool = False
) -> str:
    """A point is shown exactly; bounds are rounded outwards, unless they are to be exact too. Non-negative amounts from
    0 on are only bounded above.
    """

    def bound(number: Fraction, rounding: str) -> str:
        return number_text(number, unit, write=write) if exact else write(rounded(number, rounding), unit)

    low, high = interval.low, interval.high
    if low is not None and low == high:
        return number_text(low, unit, write=write)
    if low is None and high is None:
        return "any amount"
    if high is None:
        assert low is not None
        return f"{'more than' if interval.low_open else 'at least'} {bound(low, DOWN)}"
    if low is None or (low == 0 and not signed):
        return f"{'less than' if interval.high_open else 'at most'} {bound(high, UP)}"
    return f"{bound(low, DOWN)} to {bound(high, UP)}"


def number_text(number: Fraction, unit: str, *, write: Write = amount) -> str:
    exact = _exact(number)
    return write(exact, unit) if exact is not None else f"about {write(rounded(number, NEAREST), unit)}"


def ratio_text(ratio: Ratio) -> str:
    """`about 3.4×`, `more than 340×`, `less than 0.786×`, `3.06× to 3.75×`."""
    low, high = ratio.interval.low, ratio.interval.high
    assert low is not None
    if ratio.central is not None:
        near = rounded(ratio.central, NEAREST)
        exact = low == high == Fraction(near)
        return f"{plain(near)}×" if exact else f"about {plain(near)}×"
    if high is None:
        if low == 0:
            return "any ratio"
        return f"{'more than' if ratio.interval.low_open else 'at least'} {plain(rounded(low, DOWN))}×"
    if low == high:
        near = rounded(low, NEAREST)
        return f"{'' if Fraction(near) == low else 'about '}{plain(near)}×"
    if low == 0:
        return f"{'less than' if ratio.interval.high_open else 'at most'} {plain(rounded(high, UP))}×"
    return f"{plain(rounded(low, DOWN))}× to {plain(rounded(high, UP))}×"
