"""Sentences about checks of equations. They name no metric and no scope, so renaming one changes no stored text."""

from collections.abc import Mapping
from fractions import Fraction

from service.domain.consistency import Check, Term
from service.domain.display import DOWN, NEAREST, amount_in_words, interval_text, number_text, rounded
from service.domain.equation import Equation, Product
from service.domain.evidence import Evidence
from service.domain.interval import Interval
from service.domain.units import in_currency, parse_unit
from service.domain.vocabulary import CheckedBy, Consistency, Qualifier

_DIGITS = 6  # of a computed amount that is shown as it is
_MOST_PARTS = 5  # of a sum, that are written one by one
_UNKNOWN = "?"

Units = Mapping[str, str]  # of metrics, by id


def unit_of(check: Check, metric_id: str, units: Units) -> str:
    """The unit in which amounts of a metric are computed in this check."""
    unit = units[metric_id]
    if check.currency is None or parse_unit(unit).currency is None:
        return unit
    return in_currency(unit, check.currency)


def consistency_text(equation: Equation, check: Check, units: Units) -> str:
    """Who says it, what follows from the equation, and whether what is stated fits."""
    unit = unit_of(check, check.output.metric_id, units)
    left = _left(equation, check, units)
    return f"{_who(check)}: {left}{_finding(check, unit, units)}"


def _who(check: Check) -> str:
    if check.by is CheckedBy.ACROSS:
        return "Across claimants"
    name = next(figure.name for figure in check.figures)
    return f"{name}, as relayed" if check.by is CheckedBy.RELAYED else name


def _left(equation: Equation, check: Check, units: Units) -> str:
    terms = [*check.inputs]
    if isinstance(equation, Product):
        written = ""
        for term in sorted(terms, key=lambda one: -one.exponent):
            sign = " × " if term.exponent == 1 else " ÷ "
            written += f"{sign if written else ('' if term.exponent == 1 else '1 ÷ ')}{_term(check, term, units)}"
        return written
    if len(terms) > _MOST_PARTS:
        return f"the sum of {len(terms):,} parts"
    written = " + ".join(_term(check, term, units) for term in terms)
    is_one_missing = check.missing is not None and check.missing_count == 1
    return f"{written} + {_UNKNOWN}" if is_one_missing else written


def _term(check: Check, term: Term, units: Units) -> str:
    if term.is_missing:
        return _UNKNOWN
    unit = unit_of(check, term.metric_id, units)
    if term.interval is None:
        return "an amount in another currency"
    return _amount(term.interval, unit, term)


def _amount(interval: Interval, unit: str, term: Term | None = None) -> str:
    near = _about(term)
    if near is not None:
        return f"about {number_text(near, unit, write=amount_in_words)}"
    return interval_text(interval, unit, write=amount_in_words)


def _result(interval: Interval, unit: str) -> str:
    """A computed amount: a number with many digits is rounded."""
    if (
        interval.is_point
        and interval.low is not None
        and Fraction(rounded(interval.low, NEAREST, _DIGITS)) != interval.low
    ):
        return f"about {amount_in_words(rounded(interval.low, NEAREST), unit)}"
    return _amount(interval, unit)


def _about(term: Term | None) -> Fraction | None:
    """The value of a term's only figure, if it is stated as about that."""
    if term is None or len(term.figures) != 1:
        return None
    (figure,) = term.figures
    return figure.value if _is_about(figure) else None


def _is_about(figure: Evidence) -> bool:
    return figure.stated.qualifier is Qualifier.ABOUT and not figure.stated.has_bounds


def _finding(check: Check, unit: str, units: Units) -> str:
    stated = "" if check.stated is None else _amount(check.stated, unit, check.output)
    if check.verdict is Consistency.NO_EXCHANGE_RATE:
        return ". The amounts are in different currencies, and there is no exchange rate."
    if check.verdict is Consistency.DENOMINATOR_ZERO:
        return ". Nothing follows, since an amount to divide by is zero."
    if check.verdict is Consistency.SCOPE_GAP:
        return (
            f"{_equals(check, unit, stated, units)}. The scopes differ or are not stated, so this is no contradiction."
        )
    if check.missing is not None:
        return f"{_equals(check, unit, stated, units)}."
    assert check.computed is not None
    computed = _result(check.computed, unit)
    if check.verdict is Consistency.CONSISTENT:
        return f" = {computed}, as stated." if computed == stated else f" = {computed}. Stated: {stated}, which fits."
    if check.verdict is Consistency.WITHIN_ROUNDING:
        return f" = {computed}. Stated: {stated}. Rounding explains the difference."
    return f" = {computed}. Stated: {stated}{_how_far(check, unit)}."


def _equals(check: Check, unit: str, stated: str, units: Units) -> str:
    """The right side, and what a missing term would have to be."""
    if check.missing is None:
        computed = f" = {_result(check.computed, unit)}" if check.computed is not None else ""
        return f"{computed}. Stated: {stated}"
    assert check.would_be is not None
    own = _result(check.would_be, unit_of(check, check.missing.metric_id, units))
    if check.output.is_missing:
        return f" = {own}; the amount itself is not stated"
    return f" = {stated}; the missing amount would be {own}"


def _how_far(check: Check, unit: str) -> str:
    apart = check.apart
    assert apart is not None
    way = "more" if apart.stated_is_more else "less"
    if apart.gap is None:
        return f", {way} by at least {amount_in_words(rounded(apart.difference, DOWN), unit)}"
    whose = ", " if apart.stated_is_more else "; what follows is "
    return f"{whose}at least {number_text(Fraction(rounded(apart.gap, DOWN)), '1')} times as much"
