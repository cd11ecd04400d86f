"""Sentences about measurands. One function makes each; JSON, tables, views, pages and charts show what it returned.

A sentence names who said what. It puts the larger amount over the smaller one, and rounds to the safe side: a factor
that holds at least is rounded down. Numbers of the figures themselves stay exact.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from service.domain import running_totals
from service.domain.comparison import Comparison, representing
from service.domain.display import (
    DOWN,
    NEAREST,
    UP,
    amount_in_words,
    interval_text,
    number_text,
    plain,
    points,
    rounded,
    shown_unit,
)
from service.domain.drift import Drift
from service.domain.evidence import Evidence, interval_of
from service.domain.interval import Interval, lies_above
from service.domain.ratio import Ratio, side_hull
from service.domain.separation import Separation
from service.domain.standing import Excess
from service.domain.units import in_currency
from service.domain.vocabulary import (
    Agreement,
    Basis,
    ClaimantRole,
    DriftFlag,
    DriftResult,
    NotComputed,
    Qualifier,
    Reason,
    Scale,
    Verdict,
)

_VERBS = {
    Basis.REPORTED: "reported",
    Basis.ESTIMATED: "estimated",
    Basis.ALLEGED: "alleged",
    Basis.PROJECTED: "projected",
    Basis.ASSUMED: "assumed",
    Basis.UNSTATED: "gave",
}
_CONDITIONS = {
    Reason.SCOPE_NOT_STATED: "though the scope is not stated",
    Reason.SCOPES_DIFFER: "for different scopes",
    Reason.SUBJECTS_DIFFER: "for different subjects",
    Reason.METRICS_DIFFER: "of different metrics",
    Reason.PERIODS_DIFFER: "for different periods",
    Reason.PERIOD_APPROXIMATE: "for a period that is only approximately known",
    Reason.PRICE_YEARS_DIFFER: "in prices of different years",
    Reason.ASSERTED_APART: "said more than a year apart",
    Reason.RESTATED: "restated in prices of one year",
    Reason.CONVERTED: "converted at the exchange rates of their days",
    Reason.RATE_DAY_ASSUMED: "which are taken to be those when they were said",
}
_WITHOUT_RATIO = {
    Reason.UNITS_DIFFER: "The units do not convert into each other.",
    Reason.NO_EXCHANGE_RATE: "The amounts are in different currencies, and there is no exchange rate.",
    Reason.SIGNS_DIFFER: "The amounts have different signs, or may have, so no ratio is formed.",
    Reason.DENOMINATOR_ZERO: "There is no ratio to zero.",
}
_NOUNS: Mapping[Basis | ClaimantRole, str] = {
    Basis.REPORTED: "reported figure",
    Basis.ESTIMATED: "estimate",
    Basis.ALLEGED: "alleged figure",
    Basis.PROJECTED: "projection",
    Basis.ASSUMED: "assumption",
    Basis.UNSTATED: "figure of unstated basis",
    ClaimantRole.FIRST_PARTY: "first-party figure",
    ClaimantRole.THIRD_PARTY: "third-party figure",
}
_RANGE_FROM = Fraction(3, 2)  # a ratio's range is given beside its central value if it is wider than this
_ONE = Fraction(1)
_THE_SAME, _NO_VALUE_FITS = "the same", "no value fits both"


# Summary -------------------------------------------------------------------------------------------------------------


def summary_text(comparison: Comparison, unit: str, origin: str | None = None) -> str:
    """The sentences of a measurand: its sides, how far apart the claimants are, and what they contradict of their own.

    `unit` is the one in which it is computed. `origin` is the key of the measurand that its copies come from.
    """
    if comparison.has_copies_only:
        where = f"is {origin}" if origin else "has no figure that can be read"
        return f"Only copies are on file; their origin {where}."
    found = comparison.disagreement
    sentences = [_sides(comparison, unit), _conflict(comparison, unit)]
    if found.agreement is Agreement.MIXED:
        all_of_them = "both" if found.claimant_count == 2 else f"all {found.claimant_count}"
        sentences.append(f"No value fits {all_of_them} claimants, but none lies wholly above another.")
    if found.self_conflict is not None:
        sentences.append(self_conflict_text(found.self_conflict, unit, found.self_conflict_within_rounding))
    sentences.append(_left_aside(comparison))
    return " ".join(sentence for sentence in sentences if sentence)


def _sides(comparison: Comparison, unit: str) -> str:
    base, other = representing(comparison.base), representing(comparison.other)
    if base and other:
        return f"{_side(base, unit)}. {_side(other, unit)}{_relation(comparison, unit)}."
    if comparison.comparability is not None:  # one of the sides, or both, is in another currency
        said = f"{_side(base or other, unit)}. " if base or other else ""
        return f"{said}{_WITHOUT_RATIO[Reason.NO_EXCHANGE_RATE]}"
    if comparison.disagreement.agreement is Agreement.CONFLICT:
        return ""
    side = base or other
    if side:
        first, second = comparison.sides.words
        return f"{_side(side, unit)}; no {_NOUNS[second if base else first]} to compare with."
    if not comparison.counted:
        return "No figure counts." if comparison.beside else "No figure can be computed with."
    by_basis = [[f for f in comparison.counted if f.basis is basis] for basis in Basis]
    return " ".join(f"{_side(representing(side), unit)}." for side in by_basis if side)


def _side(figures: Sequence[Evidence], unit: str) -> str:
    """`DeepSeek reported $294,000`, `A reported $100 and B $200`, `3 claimants estimated $1 million to $5 million`."""
    bases = {figure.basis for figure in figures}
    verb = _VERBS[next(iter(bases))] if len(bases) == 1 else "said"
    texts = [figure_text(figure, unit) for figure in figures]
    if len(set(texts)) == 1:
        return f"{_names(figures)} {verb} {texts[0]}"
    if len(figures) == 2:
        (one, first), (other, second) = sorted(zip(figures, texts, strict=True), key=lambda pair: _place(pair[0]))
        return f"{one.name} {verb} {first} and {'' if one.voice == other.voice else f'{other.name} '}{second}"
    hull = side_hull(figures)
    assert hull is not None
    says_zero = any(interval_of(f).low == 0 and not f.is_bounded_above_only for f in figures)
    signed = figures[0].metric.signed or says_zero
    said = interval_text(hull, unit, signed=signed, write=amount_in_words)
    if figures[0].metric.scale is Scale.ORDINAL:
        said = f"from {_rank(hull.low, unit)} to {_rank(hull.high, unit)}"
    return f"{_names(figures)} {verb} {said}"


def _place(figure: Evidence) -> tuple[Fraction, tuple[Any, ...]]:
    """Sorts figures by size, then by their keys."""
    interval = interval_of(figure)
    size = next(number for number in (figure.value, interval.high, interval.low, _ONE) if number is not None)
    return size, figure.order


def _names(figures: Iterable[Evidence]) -> str:
    names = {figure.voice: figure.name for figure in sorted(figures, key=lambda one: one.order)}
    if len(names) > 2:
        return f"{len(names)} claimants"
    return " and ".join(names.values())


def figure_text(figure: Evidence, unit: str) -> str:
    """A figure in its own words: `about $1 million`, `$1,000 ($101 to $1 million)`, `more than 100`. One that is
    converted is shown in its own currency, one that is restated in its own prices.
    """
    if figure.as_stated is not None:
        return f"{figure_text(figure.as_stated, unit)} in prices of {figure.as_stated.price_year}"
    if figure.is_converted:
        return stated_text(figure, unit)
    value, interval = figure.value, interval_of(figure)
    if value is None:
        return interval_text(interval, unit, signed=figure.metric.signed, write=amount_in_words, exact=True)
    if figure.metric.scale is Scale.ORDINAL:
        return _rank(value, unit)
    text = number_text(value, unit, write=amount_in_words)
    if figure.stated.qualifier is Qualifier.ABOUT and not text.startswith("about "):
        text = f"about {text}"
    if figure.stated.has_bounds:
        text += f" ({interval_text(interval, unit, signed=figure.metric.signed, write=amount_in_words, exact=True)})"
    return text


def _rank(number: Fraction | None, unit: str) -> str:
    noun = shown_unit(unit) or "rank"
    return f"any {noun}" if number is None else f"{noun} {number_text(number, '1')}"


def _relation(comparison: Comparison, unit: str) -> str:
    """What follows the two sides: how they compare, and on what that depends."""
    reasons = comparison.comparability.reasons if comparison.comparability else ()
    if comparison.verdict is Verdict.CONSISTENT and _are_totals_of_different_days(comparison):
        reasons = tuple(reason for reason in reasons if reason is not Reason.PERIODS_DIFFER)  # the word says it
    missing = next((_WITHOUT_RATIO[reason] for reason in reasons if reason in _WITHOUT_RATIO), None)
    word = _comparison_word(comparison, unit)
    condition = conditions_text(reasons)
    text = f": {word}{condition}" if word else (f": {condition.removeprefix(', ')}" if condition else "")
    if missing is None or word == _THE_SAME:
        return text
    return f"{text}. {missing.removesuffix('.')}"


def conditions_text(reasons: Iterable[Reason]) -> str:
    """`, in prices of different years`."""
    return "".join(f", {_CONDITIONS[reason]}" for reason in reasons if reason in _CONDITIONS)


def _comparison_word(comparison: Comparison, unit: str) -> str:
    base, other = representing(comparison.base), representing(comparison.other)
    if comparison.verdict is Verdict.MIXED:
        return "their ranges overlap, but no two of their figures do"
    if comparison.verdict is Verdict.CONSISTENT:
        if _are_totals_of_different_days(comparison):
            return "the totals are of different days, and neither excludes the other"
        return _consistency(base, other)
    if base[0].metric.scale is Scale.ORDINAL:
        return ""
    if comparison.ratio is not None:
        return times_text(comparison.ratio)
    ours, theirs = side_hull(base), side_hull(other)
    assert ours is not None
    assert theirs is not None
    if lies_above(theirs, ours):
        return f"{_difference(ours, theirs, unit)} higher"
    return f"{_difference(theirs, ours, unit)} lower"


def _are_totals_of_different_days(comparison: Comparison) -> bool:
    base, other = representing(comparison.base), representing(comparison.other)
    return base[0].metric.is_total and running_totals.periods_differ(base, other)


def _consistency(base: Sequence[Evidence], other: Sequence[Evidence]) -> str:
    ours, theirs = side_hull(base), side_hull(other)
    assert ours is not None
    assert theirs is not None
    if ours.is_point and (ours.low, ours.high) == (theirs.low, theirs.high):
        return _THE_SAME
    return "the two agree" if _all_overlap(base, other) else "some of their figures agree, others do not"


def _all_overlap(base: Sequence[Evidence], other: Sequence[Evidence]) -> bool:
    """Whether each figure of one side shares a value with each of the other."""
    for one, another in ((base, other), (other, base)):
        top = max((interval_of(figure) for figure in one), key=lambda interval: interval.low_rank)
        bottom = max((interval_of(figure) for figure in another), key=lambda interval: interval.high_rank)
        if lies_above(top, bottom):
            return False
    return True


def _difference(lower: Interval, upper: Interval, unit: str) -> str:
    assert upper.low is not None
    assert lower.high is not None
    is_exact = lower.is_point and upper.is_point
    return _apart_by(upper.low - lower.high, unit, is_exact=is_exact, is_open=upper.low_open or lower.high_open)


def between_text(
    left: Sequence[Evidence],
    right: Sequence[Evidence],
    left_unit: str,
    right_unit: str,
    ratio: Ratio | None,
    reasons: Iterable[Reason],
) -> str:
    """How the right operand compares with the left one, each in its unit."""
    missing = next((_WITHOUT_RATIO[reason] for reason in reasons if reason in _WITHOUT_RATIO), "")
    if not left or not right:
        which = "left" if not left else "right"
        return missing or f"The {which} side has no figure that can be computed with."
    said = f"{_side(left, left_unit)}. {_side(right, right_unit)}"
    conditions = conditions_text(reasons)
    if ratio is not None:
        return f"{said}: {times_text(ratio)}{conditions}."
    below, above = side_hull(left), side_hull(right)
    assert below is not None
    assert above is not None
    word = ""
    if left_unit == right_unit and left[0].metric.scale is not Scale.ORDINAL:
        if lies_above(above, below):
            word = f"{_difference(below, above, left_unit)} higher"
        elif lies_above(below, above):
            word = f"{_difference(above, below, left_unit)} lower"
    end = f": {word}{conditions}" if word else conditions
    return f"{said}{end}. {missing}".rstrip()


# Factors and differences ---------------------------------------------------------------------------------------------


def times_text(ratio: Ratio) -> str:
    """`about 3.4 times as much`, `68 to 629 times lower`, `more than 2 times as much`, `the same`."""
    low, high, central = ratio.interval.low, ratio.interval.high, ratio.central
    assert low is not None
    if low == high == 1:
        return _THE_SAME
    if high is not None and high <= 1:
        if high == 0:
            return "lower"
        return _times(
            1 / high, 1 / low if low else None, ratio.interval.high_open, central and 1 / central, "times lower"
        )
    if low < 1:
        return _either_way(low, high)
    return _times(low, high, ratio.interval.low_open, central, "times as much")


def _either_way(low: Fraction, high: Fraction | None) -> str:
    """`between 500 times lower and 5 times as much`: the amounts overlap, or may."""
    most = None if high is None else f"{plain(rounded(high, UP))} times as much"
    if not low:
        return "any amount" if most is None else f"at most {most}"
    least = f"{plain(rounded(1 / low, UP))} times lower"
    return f"at most {least}" if most is None else f"between {least} and {most}"


def _times(low: Fraction, high: Fraction | None, is_open: bool, central: Fraction | None, words: str) -> str:
    if central:
        near = rounded(central, NEAREST)
        if near == 1:
            return "about the same"
        text = f"{'' if low == high == Fraction(near) else 'about '}{plain(near)} {words}"
        if high is None or high / low > _RANGE_FROM:
            text += f" ({_range(low, high)} times)"
        return text
    least = rounded(low, DOWN)
    if high is None:
        return _at_least(low, is_open, words)
    if low == high:
        return f"{'' if Fraction(least) == low else 'about '}{plain(rounded(low, NEAREST))} {words}"
    return f"{plain(least)} to {plain(rounded(high, UP))} {words}"


def _range(low: Fraction, high: Fraction | None) -> str:
    if high is None:
        return f"{plain(rounded(low, DOWN))} or more"
    return f"{plain(rounded(low, DOWN))} to {plain(rounded(high, UP))}"


def _at_least(factor: Fraction, is_open: bool, words: str) -> str:
    least = rounded(factor, DOWN)
    if least == 1:
        return "lower" if words == "times lower" else "more"
    return f"more than {plain(least)} {words}" if is_open else f"{plain(least)} {words} or more"


def _apart_by(difference: Fraction, unit: str, *, is_exact: bool, is_open: bool) -> str:
    if is_exact:
        near = rounded(difference, NEAREST, 20)
        exact = Fraction(near) == difference
        return points(near, unit) if exact else f"about {points(rounded(difference, NEAREST), unit)}"
    least = points(rounded(difference, DOWN), unit)
    return f"more than {least}" if is_open else f"{least} or more"


def apart_text(apart: Separation, unit: str) -> str:
    """`10 times apart`, `7.7 percentage points apart`; empty if only the order of amounts counts. `unit` is the one in
    which the measurand is computed.
    """
    unit = separation_unit(apart, unit)
    if apart.gap is not None:
        return _gap_text(apart.gap, is_exact=apart.is_between_points, is_open=apart.open)
    if apart.difference is None:
        return ""
    if not apart.difference:
        return _NO_VALUE_FITS
    return f"{_apart_by(apart.difference, unit, is_exact=apart.is_between_points, is_open=apart.open)} apart"


def separation_unit(apart: Separation, unit: str) -> str:
    """The unit of a difference: figures in one other currency are compared in it. `unit` is that of the measurand."""
    return unit if apart.currency is None else in_currency(unit, apart.currency)


def _gap_text(gap: Fraction, *, is_exact: bool, is_open: bool) -> str:
    if is_exact:
        near = rounded(gap, NEAREST)
        if near == 1:
            return "less than 1% apart"
        return f"{'' if Fraction(near) == gap else 'about '}{plain(near)} times apart"
    least = rounded(gap, DOWN)
    if least == 1:
        return _NO_VALUE_FITS
    return f"more than {plain(least)} times apart" if is_open else f"{plain(least)} times apart or more"


# Disagreements -------------------------------------------------------------------------------------------------------


def _conflict(comparison: Comparison, unit: str) -> str:
    """How far apart the claimants are, unless the two sides have said so already."""
    found, apart = comparison.disagreement, comparison.disagreement.conflict
    if apart is None:
        return ""
    notes = _notes(apart, is_rounding=found.within_rounding)
    pair = {apart.least.id, apart.most.id}
    base, other = representing(comparison.base), representing(comparison.other)
    is_said = _says_as_much(comparison, apart) or (len(base) == len(other) == 1 and {base[0].id, other[0].id} == pair)
    if is_said and not notes:
        return ""
    if is_said:
        return notes
    first, second = sorted((apart.least, apart.most), key=lambda one: (list(Basis).index(one.basis), one.order))
    size, condition = apart_text(apart, unit), conditions_text(apart.reasons)
    own_unit = separation_unit(apart, unit)
    said = f"{_said(first, own_unit)}, and {_said(second, own_unit)}"
    end = f": {size}{condition}" if size else condition
    if base and other:
        return f"Two of the sources are further apart: {said}{end}. {notes}".rstrip()
    if found.conflict_count > 2:
        return f"Two of {found.conflict_count} claimants are furthest apart: {said}{end}. {notes}".rstrip()
    return f"{said}{end}. {notes}".rstrip()


def _says_as_much(comparison: Comparison, apart: Separation) -> bool:
    """Whether the two sides are as far apart as the two claimants that are furthest apart, in the digits shown."""
    ratio = comparison.ratio
    if ratio is None or ratio.interval.low is None or apart.gap is None:
        return False
    low, high = ratio.interval.low, ratio.interval.high
    said = [low] if high is None or high == 0 else [low, 1 / high]
    return rounded(apart.gap, DOWN) in [rounded(factor, DOWN) for factor in said]


def _unit_of(figure: Evidence, unit: str) -> str:
    return unit if figure.currency is None else in_currency(unit, figure.currency)


def _said(figure: Evidence, unit: str) -> str:
    return f"{figure.name} {_VERBS[figure.basis]} {figure_text(figure, unit)}"


def _notes(apart: Separation, *, is_rounding: bool) -> str:
    notes = ["Rounding can explain this."] if is_rounding else []
    names = [figure.name for figure, low in ((apart.most, True), (apart.least, False)) if figure.end_may_miss(low=low)]
    if len(names) == 1:
        notes.append(f"{_possessive(names[0])} interval may miss the truth.")
    elif names:
        notes.append(f"{_possessive(names[0])} and {_possessive(names[1])} intervals may miss the truth.")
    return " ".join(notes)


def _possessive(name: str) -> str:
    return f"{name}'s"


def self_conflict_text(apart: Separation, unit: str, within_rounding: bool = False) -> str:
    """By how much one claimant's own figures exclude each other, or how they changed with time."""
    name, size = apart.most.name, apart_text(apart, unit)
    earlier, later = _in_order_of_time(apart)
    note = " Rounding can explain this." if within_rounding else ""
    if earlier is None or later is None:
        said = f"{figure_text(apart.least, unit)} and {figure_text(apart.most, unit)}"
        end = f", {size}" if size and size != _NO_VALUE_FITS else ""
        return f"{_possessive(name)} own figures exclude each other: {said}{end}.{note}"
    if earlier.metric.is_total:
        return f"{_possessive(name)} total fell from {figure_text(earlier, unit)} to {figure_text(later, unit)}.{note}"
    return f"{name} changed from {figure_text(earlier, unit)} to {figure_text(later, unit)}.{note}"


def _in_order_of_time(apart: Separation) -> tuple[Evidence, Evidence] | tuple[None, None]:
    """The two figures, if it is certain which of them was said first."""
    days_of = running_totals.dated if apart.most.metric.is_total else _said_days
    least, most = days_of(apart.least), days_of(apart.most)
    if least is None or most is None:
        return None, None
    if least[1] < most[0]:
        return apart.least, apart.most
    return (apart.most, apart.least) if most[1] < least[0] else (None, None)


def _said_days(figure: Evidence) -> running_totals.Days | None:
    return None if figure.said is None else (figure.said.earliest, figure.said.latest)


def _left_aside(comparison: Comparison) -> str:
    """How many figures cannot be computed with."""
    counts = Counter(aside.figure.not_computed for aside in comparison.beside)
    words, currencies = counts[NotComputed.VAGUE], counts[NotComputed.NO_EXCHANGE_RATE]
    parts = [
        *([f"{_figures(words)} in words only"] if words else []),
        *([f"{_figures(currencies)} in another currency"] if currencies else []),
    ]
    return f"Left aside: {', '.join(parts)}." if parts else ""


def _figures(count: int) -> str:
    return "1 figure" if count == 1 else f"{count} figures"


def part_text(excess: Excess) -> str:
    """By how much a part exceeds its whole."""
    note = " Rounding can explain this." if excess.within_rounding else ""
    least = rounded(excess.gap, DOWN) if excess.gap else Decimal(1)
    by = f" by a factor of {plain(least)} or more" if least != 1 else ""
    return f"A part is said to exceed its whole{by}.{note}"


# Drift ---------------------------------------------------------------------------------------------------------------


def widest_drift_text(drift: Drift, unit: str) -> str:
    """What a relay says, and what its origin says."""
    assert drift.origin is not None
    relay, origin = drift.relay, drift.origin
    return (
        f"{relay.name} repeats {_in_own_currency(relay, unit)}; "
        f"{origin.name} {_VERBS[origin.basis]} {_in_own_currency(origin, unit)}: {drift_text(drift, unit)}."
    )


def _in_own_currency(figure: Evidence, unit: str) -> str:
    if figure.own_interval is None:
        return f"“{figure.stated.stated_as}”"
    return stated_text(figure, unit)


def stated_text(figure: Evidence, unit: str) -> str:
    """Like `figure_text`, in the figure's own currency."""
    return figure_text(replace(figure, is_foreign=False), _unit_of(figure, unit))


_RESULT_TEXTS = {
    DriftResult.SAME: "the same number as the original",
    DriftResult.ROUNDED: "rounded from the original",
    DriftResult.WEAKENED: "weaker than what the origin says, and follows from it",
    DriftResult.REPRICED: "restated in prices of another year",
    DriftResult.CONVERTED: "the original amount at the exchange rates of its days",
    DriftResult.SHARPENED: "sharper than what the origin says",
}
_SAID_BY_RESULT = (
    (DriftFlag.PRICE_YEAR_CHANGED, DriftResult.REPRICED),
    (DriftFlag.CURRENCY_CHANGED, DriftResult.CONVERTED),
)
_FLAG_TEXTS = {
    DriftFlag.SCOPE_CHANGED: "stated for another scope",
    DriftFlag.SUBJECT_CHANGED: "stated of another subject",
    DriftFlag.PRICE_YEAR_CHANGED: "in prices of a year that the origin does not state",
    DriftFlag.CURRENCY_CHANGED: "in another currency",
    DriftFlag.BASIS_CHANGED: "given as reported, which the original is not",
}


def drift_text(drift: Drift, unit: str) -> str:
    """How the relayed number differs from its origin's, and what else was changed."""
    flags = [flag for flag in drift.flags if (flag, drift.result) not in _SAID_BY_RESULT]
    return "; ".join([_drift_result(drift, unit), *(_FLAG_TEXTS[flag] for flag in flags)])


def _drift_result(drift: Drift, unit: str) -> str:
    if drift.result is DriftResult.UNPAIRED:
        return "cannot be computed with" if drift.origin else "no figure of the origin to compare it with"
    if drift.result in _RESULT_TEXTS:
        text = _RESULT_TEXTS[drift.result]
        return f"{text} ({_factor(drift)})" if drift.result is DriftResult.SHARPENED and drift.factor else text
    if drift.factor is not None:
        return _factor(drift)
    if drift.difference is None:
        return "not the original number"
    has_values = drift.relay.own_value is not None and drift.origin is not None and drift.origin.own_value is not None
    size = points(rounded(drift.difference, NEAREST if has_values else DOWN), _unit_of(drift.relay, unit))
    return f"{size} from the original" if has_values else f"at least {size} from the original"


def _factor(drift: Drift) -> str:
    assert drift.factor is not None
    assert drift.origin is not None
    if drift.relay.own_value is None or drift.origin.own_value is None:
        return f"at least {plain(rounded(drift.factor, DOWN))} times apart from the original"
    if abs(drift.factor) < _ONE:
        return f"the original number is {plain(rounded(1 / drift.factor, NEAREST))} times as much"
    return f"{plain(rounded(drift.factor, NEAREST))} times the original"
