"""Texts for people. Numbers are rounded to three digits, always to the safe side: down after "more than" or "at least",
up after "less than" or "at most", and to the nearest after "about". Exact numbers stay exact.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache

from babel.numbers import get_currency_symbol

from service.domain.agreement import Disagreement, Separation
from service.domain.comparison import Comparison
from service.domain.drift import Drift, extremes
from service.domain.interval import Interval
from service.domain.ratio import Ratio
from service.domain.units import currencies
from service.domain.vocabulary import Agreement, DriftFlag, DriftResult, IntervalBasis, Verdict

_DOWN, _UP, _NEAREST = ROUND_FLOOR, ROUND_CEILING, ROUND_HALF_EVEN
_PLAIN_BELOW = Decimal(10) ** 15
_PLAIN_ABOVE = Decimal(1) / 10**6


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


def amount(number: Decimal, unit: str, suffix: str = "") -> str:
    """`$294,000`, `512 GPU`, `$2/GPU.hour`, `4.56×10^24 FLOP`. A suffix directly follows the number: `$294K`."""
    head, slash, rest = shown_unit(unit).partition("/")
    if head not in currencies():
        return f"{plain(number)}{suffix} {head}{slash}{rest}".rstrip()
    sign = "−" if number < 0 else ""
    return f"{sign}{_symbol(head)}{plain(abs(number))}{suffix}{slash}{rest}"


def _exact(number: Fraction) -> Decimal | None:
    """The number as a decimal of at most 20 digits; None if it needs more."""
    near = rounded(number, _NEAREST, 20)
    return near if Fraction(near) == number else None


def interval_text(interval: Interval, unit: str, *, signed: bool = False) -> str:
    """A point is shown exactly; bounds are rounded outwards. Non-negative amounts from 0 on are only bounded above."""
    low, high = interval.low, interval.high
    if low is not None and low == high:
        exact = _exact(low)
        return amount(exact, unit) if exact is not None else f"about {amount(rounded(low, _NEAREST), unit)}"
    if low is None and high is None:
        return "any amount"
    if high is None:
        assert low is not None
        return f"{'more than' if interval.low_open else 'at least'} {amount(rounded(low, _DOWN), unit)}"
    if low is None or (low == 0 and not signed):
        return f"{'less than' if interval.high_open else 'at most'} {amount(rounded(high, _UP), unit)}"
    return f"{amount(rounded(low, _DOWN), unit)} to {amount(rounded(high, _UP), unit)}"


def ratio_text(ratio: Ratio) -> str:
    """`about 3.4×`, `more than 340×`, `less than 0.786×`, `3.06× to 3.75×`."""
    low, high = ratio.interval.low, ratio.interval.high
    assert low is not None
    if ratio.central is not None:
        near = rounded(ratio.central, _NEAREST)
        exact = low == high == Fraction(near)
        return f"{plain(near)}×" if exact else f"about {plain(near)}×"
    if high is None:
        if low == 0:
            return "any ratio"
        return f"{'more than' if ratio.interval.low_open else 'at least'} {plain(rounded(low, _DOWN))}×"
    if low == high:
        return f"about {plain(rounded(low, _NEAREST))}×"
    if low == 0:
        return f"{'less than' if ratio.interval.high_open else 'at most'} {plain(rounded(high, _UP))}×"
    return f"{plain(rounded(low, _DOWN))}× to {plain(rounded(high, _UP))}×"


_VERDICT_TEXTS = {
    Verdict.ESTIMATES_HIGHER: "Every estimate is higher than what was reported",
    Verdict.ESTIMATES_LOWER: "Every estimate is lower than what was reported",
    Verdict.THIRD_PARTY_HIGHER: "Every third-party figure is higher than the first party's",
    Verdict.THIRD_PARTY_LOWER: "Every third-party figure is lower than the first party's",
    Verdict.CONSISTENT: "The two sides are consistent",
    Verdict.MIXED: "The two sides' ranges overlap, but no two figures do",
    Verdict.REPORTED_ONLY: "Reported only; no estimate to compare with",
    Verdict.ESTIMATED_ONLY: "Estimated only; no reported figure to compare with",
    Verdict.FIRST_PARTY_ONLY: "First-party figures only",
    Verdict.THIRD_PARTY_ONLY: "Third-party figures only",
    Verdict.NONE: "Nothing to compare",
}
_WITH_RATIO = (Verdict.ESTIMATES_HIGHER, Verdict.ESTIMATES_LOWER, Verdict.THIRD_PARTY_HIGHER, Verdict.THIRD_PARTY_LOWER)


def comparison_text(comparison: Comparison, unit: str) -> str:
    """One or two sentences: the verdict, and how far apart the sources are."""
    sentence = _VERDICT_TEXTS[comparison.verdict]
    if any(aside.figure.not_computed for aside in comparison.beside):
        sentence += ", leaving aside what cannot be computed with"
    if comparison.ratio is not None and comparison.verdict in _WITH_RATIO:
        sentence += f": {ratio_text(comparison.ratio)}"
    gap = disagreement_text(comparison.disagreement, unit)
    if gap and comparison.verdict is Verdict.CONSISTENT:
        return f"Some figures of the two sides agree with each other, but not all. {gap}"
    return f"{sentence}. {gap}" if gap else f"{sentence}."


def disagreement_text(found: Disagreement, unit: str) -> str:
    """How far apart the sources are at least; empty unless they are in conflict."""
    if found.agreement is not Agreement.CONFLICT or found.conflict is None:
        return ""
    apart = found.conflict
    if apart.gap is not None:
        factor = rounded(apart.gap, _DOWN)
        size = f"at least {plain(factor)}× apart" if factor > 1 else "apart"
    else:
        size = f"at least {amount(rounded(apart.difference, _DOWN), unit)} apart"
    if found.interval_basis is IntervalBasis.PROBABILITY_INTERVALS:
        return f"The stated intervals are {size}; each may miss the truth."
    if found.within_rounding:
        return f"The sources are {size}, which rounding can explain."
    return f"The sources are {size}."


def self_conflict_text(apart: Separation) -> str:
    """By how much one claimant's own figures exclude each other."""
    return f"One claimant's own figures exclude each other{_by_factor(apart.gap)}."


def part_text(gap: Fraction | None) -> str:
    """By how much a part exceeds its whole."""
    return f"A part is said to exceed its whole{_by_factor(gap)}."


def _by_factor(gap: Fraction | None) -> str:
    factor = rounded(gap, _DOWN) if gap else Decimal(1)
    return f" by a factor of at least {plain(factor)}" if factor > 1 else ""


def widest_drift_text(drift: Drift) -> str:
    """By how much a relayed number differs from its origin's."""
    least, most = extremes(drift)
    if least.value and most.value:
        times = plain(rounded(most.value / least.value, _NEAREST))
        return f"A relayed number and its origin's differ by a factor of {times}."
    return "A relayed number excludes its origin's."


def drift_text(drift: Drift) -> str:
    """How the relayed number differs from its origin's, and what else was changed."""
    changes = [_FLAG_TEXTS[flag] for flag in drift.flags]
    return "; ".join([_drift_result(drift), *changes])


_FLAG_TEXTS = {
    DriftFlag.SCOPE_CHANGED: "stated for another scope",
    DriftFlag.SUBJECT_CHANGED: "stated of another subject",
    DriftFlag.PRICE_YEAR_CHANGED: "in prices of another year",
}


def _drift_result(drift: Drift) -> str:
    match drift.result:
        case DriftResult.SAME:
            return "same number as the origin"
        case DriftResult.REQUALIFIED:
            return "same thing as the origin in other terms"
        case DriftResult.ROUNDED:
            return "rounded from the origin's number"
        case DriftResult.UNPAIRED:
            return "cannot be computed with" if drift.origin else "no figure of the origin to hold it against"
    if drift.factor is None:
        return "differs from the origin's number"
    if drift.relay.value is None or drift.origin is None or drift.origin.value is None:
        return f"at least {plain(rounded(drift.factor, _DOWN))}× apart from the origin"
    return f"{plain(rounded(drift.factor, _NEAREST))}× the origin's number"
