"""Compares two sides of one measurand: figures of two bases, or of the first and third party."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.domain import running_totals
from service.domain.agreement import Disagreement, assess_by_currency
from service.domain.comparability import NO_RATIO, Comparability, comparability, figure_reasons, said_apart
from service.domain.evidence import (
    Evidence,
    computed_in,
    exclusion_reason,
    in_common_currency,
    in_shared_currency,
    sharing_rates,
)
from service.domain.hull import attaining
from service.domain.interval import Interval, lies_above, some_pair_overlaps
from service.domain.ratio import Ratio, intervals, is_zero, ratio, side_hull, signs_differ
from service.domain.vocabulary import Basis, ClaimantRole, NotComputed, OverTime, Reason, Verdict

By = Literal["basis", "party"]


@dataclass(frozen=True, slots=True)
class SideChoice:
    """Which figures are compared: two different bases, or the two parties."""

    by: By = "basis"
    first: Basis = Basis.REPORTED
    second: Basis = Basis.ESTIMATED

    @property
    def words(self) -> tuple[Basis | ClaimantRole, Basis | ClaimantRole]:
        if self.by == "party":
            return ClaimantRole.FIRST_PARTY, ClaimantRole.THIRD_PARTY
        return self.first, self.second

    @property
    def is_usual(self) -> bool:
        """Whether reported figures are compared with estimated ones."""
        return self == REPORTED_AND_ESTIMATED

    @property
    def verdicts(self) -> tuple[Verdict, Verdict, Verdict, Verdict]:
        """The words for: second higher, second lower, first only, second only."""
        if self.by == "party":
            return _PARTY_VERDICTS
        return _BASIS_VERDICTS if self.is_usual else _CHOSEN_VERDICTS


REPORTED_AND_ESTIMATED = SideChoice()
BY_PARTY = SideChoice(by="party")
_BASIS_VERDICTS = (
    Verdict.ESTIMATES_HIGHER,
    Verdict.ESTIMATES_LOWER,
    Verdict.REPORTED_ONLY,
    Verdict.ESTIMATED_ONLY,
)
_PARTY_VERDICTS = (
    Verdict.THIRD_PARTY_HIGHER,
    Verdict.THIRD_PARTY_LOWER,
    Verdict.FIRST_PARTY_ONLY,
    Verdict.THIRD_PARTY_ONLY,
)
_CHOSEN_VERDICTS = (Verdict.SECOND_HIGHER, Verdict.SECOND_LOWER, Verdict.FIRST_ONLY, Verdict.SECOND_ONLY)


@dataclass(frozen=True, slots=True)
class Aside:
    """A figure beside the comparison, and why it is on neither side."""

    figure: Evidence
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`base` is the first side, `other` the one compared with it; ratio = other ÷ base.

    `currency` is the one in which the measurand is computed, if it is not the metric's. `comparability` is None unless
    both sides have figures. `counted` are the figures of all bases that count. `hulls` are those of the reported and of
    the estimated figures, whichever way the sides are chosen.
    """

    sides: SideChoice
    base: tuple[Evidence, ...]
    other: tuple[Evidence, ...]
    beside: tuple[Aside, ...]
    relays: tuple[Evidence, ...]
    counted: tuple[Evidence, ...]
    hulls: Mapping[Basis, Interval | None]
    currency: str | None
    verdict: Verdict
    ratio: Ratio | None
    comparability: Comparability | None
    disagreement: Disagreement

    @property
    def has_copies_only(self) -> bool:
        """Whether all figures repeat others, and none counts in their place."""
        return bool(self.relays) and not (self.base or self.other or self.beside)


def compare(given: Sequence[Evidence], *, sides: SideChoice = REPORTED_AND_ESTIMATED, scope_stated: bool) -> Comparison:
    """`given` are the figures of one measurand that are readable, of active claims and not withdrawn."""
    figures, currency = in_common_currency(given)
    figures = sharing_rates(figures)
    base, other, beside, relays = _allot(figures, sides)
    counted = [figure for figure in figures if figure.aside is None]
    ours, theirs = in_shared_currency(base, other) if base and other else (base, other)
    reasons = _comparability(ours, theirs, beside, sides, scope_stated=scope_stated)
    return Comparison(
        sides=sides,
        base=tuple(base),
        other=tuple(other),
        beside=tuple(beside),
        relays=tuple(relays),
        counted=tuple(counted),
        hulls={basis: side_interval([f for f in counted if f.basis is basis]) for basis in _HULL_BASES},
        currency=currency,
        verdict=_verdict(ours, theirs, sides),
        ratio=None if reasons is None or NO_RATIO.intersection(reasons.reasons) else _ratio(ours, theirs),
        comparability=reasons,
        disagreement=assess_by_currency(counted, _by_foreign_currency(figures), scope_stated=scope_stated),
    )


_HULL_BASES = (Basis.REPORTED, Basis.ESTIMATED)


def representing(side: Sequence[Evidence]) -> list[Evidence]:
    """The figures that represent a side: all, but of running totals the latest."""
    if side and side[0].metric.is_total:
        return running_totals.latest(side)
    return list(side)


def side_interval(side: Sequence[Evidence]) -> Interval | None:
    return side_hull(representing(side))


def _ratio(base: Sequence[Evidence], other: Sequence[Evidence]) -> Ratio | None:
    return ratio(representing(other), representing(base))


def _by_foreign_currency(figures: Sequence[Evidence]) -> list[list[Evidence]]:
    """The figures that are stated in each other currency, as computed in it: no rate blurs how far they are apart."""
    by_currency: dict[str | None, list[Evidence]] = {}
    for figure in figures:
        if figure.is_foreign and figure.takes_a_side:
            by_currency.setdefault(figure.currency, []).append(figure)
    return [computed_in(own, currency) for currency, own in sorted(by_currency.items(), key=lambda one: one[0] or "")]


# Sides ---------------------------------------------------------------------------------------------------------------


def _allot(
    figures: Sequence[Evidence], sides: SideChoice
) -> tuple[list[Evidence], list[Evidence], list[Aside], list[Evidence]]:
    base: list[Evidence] = []
    other: list[Evidence] = []
    beside: list[Aside] = []
    relays: list[Evidence] = []
    by_place = {"base": base, "other": other, "relay": relays}
    for figure in figures:
        place = place_of(figure, sides)
        if place in by_place:
            by_place[place].append(figure)
        else:
            beside.append(Aside(figure, place))
    return base, other, beside, relays


def _word(figure: Evidence, sides: SideChoice) -> Basis | ClaimantRole:
    return figure.basis if sides.by == "basis" else figure.role


def place_of(figure: Evidence, sides: SideChoice) -> str:
    """`base`, `other` or `relay`; otherwise the reason why the figure is on neither side.

    A side can be of figures that do not count, such as projections, if it is asked for.
    """
    aside, word = figure.aside, _word(figure, sides)
    if sides.by == "basis" and aside == figure.basis and word in sides.words:  # projected or assumed
        aside = exclusion_reason(Basis.REPORTED, figure.not_computed, is_relay=False)
    if aside is not None:
        return aside
    first, second = sides.words
    if word == first:
        return "base"
    if word == second:
        return "other"
    # counted in the agreement, but on neither side: such as alleged, unstated, or of an unknown role
    return word.value if sides.by == "basis" else "claimant_role_unknown"


def _verdict(base: Sequence[Evidence], other: Sequence[Evidence], sides: SideChoice) -> Verdict:
    higher, lower, base_only, other_only = sides.verdicts
    ours, theirs = representing(base), representing(other)
    base_hull, other_hull = side_hull(ours), side_hull(theirs)
    if base_hull is None:
        return Verdict.NONE if other_hull is None else other_only
    if other_hull is None:
        return base_only
    if _totals_of_different_days(ours, theirs):
        if running_totals.starts_differ(ours, theirs):
            return Verdict.CONSISTENT
        base_date, other_date = running_totals.date_of(ours), running_totals.date_of(theirs)
        if running_totals.excludes(other_hull, base_hull, other_date, base_date):
            return higher
        if running_totals.excludes(base_hull, other_hull, base_date, other_date):
            return lower
        return Verdict.CONSISTENT
    if lies_above(other_hull, base_hull):
        return higher
    if lies_above(base_hull, other_hull):
        return lower
    return Verdict.CONSISTENT if some_pair_overlaps(intervals(ours), intervals(theirs)) else Verdict.MIXED


def _totals_of_different_days(ours: Sequence[Evidence], theirs: Sequence[Evidence]) -> bool:
    return ours[0].metric.is_total and running_totals.periods_differ(ours, theirs)


# Comparability -------------------------------------------------------------------------------------------------------


def _comparability(
    base: Sequence[Evidence],
    other: Sequence[Evidence],
    beside: Sequence[Aside],
    sides: SideChoice,
    *,
    scope_stated: bool,
) -> Comparability | None:
    first, second = sides.words
    # a side whose figures are all in another currency is not empty, but cannot be compared with the other
    barred = {_word(aside.figure, sides) for aside in beside if aside.why == NotComputed.NO_EXCHANGE_RATE}
    if not (base or first in barred) or not (other or second in barred):
        return None
    if not base or not other:
        return comparability([Reason.NO_EXCHANGE_RATE])
    ours, theirs = representing(base), representing(other)
    reasons = figure_reasons(ours, theirs, scope_stated=scope_stated)
    if _totals_of_different_days(ours, theirs):
        reasons.add(Reason.PERIODS_DIFFER)
    return comparability(reasons | ratio_reasons(ours, theirs))


def ratio_reasons(base: Sequence[Evidence], other: Sequence[Evidence]) -> set[Reason]:
    """Why there is no ratio of two sides, or on what it depends."""
    metrics = base[0].metric, other[0].metric
    if not all(metric.is_ratio for metric in metrics):
        return set()
    below, above = side_hull(base), side_hull(other)
    reasons = set()
    if signs_differ(above, below):
        reasons.add(Reason.SIGNS_DIFFER)
    if is_zero(below):
        reasons.add(Reason.DENOMINATOR_ZERO)
    is_fixed = all(metric.over_time is OverTime.FIXED for metric in metrics)
    if not reasons and is_fixed and ends_said_apart(base, other):
        reasons.add(Reason.ASSERTED_APART)
    return reasons


def ends_said_apart(base: Sequence[Evidence], other: Sequence[Evidence]) -> bool:
    """Whether the figures that hold an end of the ratio were said more than a year apart."""
    below, above = side_hull(base), side_hull(other)
    if below is None or above is None:
        return False
    return any(said_apart(_holding(other, above, low=low), _holding(base, below, low=not low)) for low in (True, False))


def _holding(side: Sequence[Evidence], whole: Interval, *, low: bool) -> list[Evidence]:
    return attaining([figure for figure in side if figure.interval is not None], whole, low=low)
