"""Where the claimants of one measurand disagree, and by how much at least.

The gap is the largest low ÷ high over pairs of figures of different claimants: the minimum factor by which the sources
differ, with no invented bound. It is found from the two most restrictive figures per end, in linear time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from service.domain.evidence import Evidence
from service.domain.interval import Interval, Rank, intersection, lies_above
from service.domain.vocabulary import Agreement, IntervalBasis, Qualifier

_ZERO = Fraction(0)
_MAX_ROUNDING = Fraction(1, 20)
_LEAST_RESTRICTIVE: Rank = (False, 0.0, _ZERO, False)


@dataclass(frozen=True, slots=True)
class Separation:
    """How far `most` (with the max low) lies above `least` (with the min high), if they exclude each other.

    `gap` is a ratio ≥ 1; None where the min high is 0 or the metric is signed: then only the difference is meaningful.
    `open` means that the true factor or difference is greater than this, not equal to it.
    """

    least: Evidence
    most: Evidence
    gap: Fraction | None
    difference: Fraction
    open: bool

    @property
    def rank(self) -> Fraction:
        """Orders separations, widest first: ratios (≥ 1) before relative differences (−1 to 0)."""
        if self.gap is not None:
            return self.gap
        low, high = _ends(self.most, self.least)
        size = abs(low) + abs(high)
        return (self.difference / size if size else Fraction(0)) - 1


@dataclass(frozen=True, slots=True)
class WithoutOne:
    """The gap without the claimant whose removal narrows it most. `gap` is None if the others agree."""

    claimant_id: str
    gap: Fraction | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Whether the claimants of one measurand agree, and how far apart they are.

    `max_low` and `min_high` are the figures with the most restrictive ends; None if no end is bounded.
    """

    agreement: Agreement
    conflict: Separation | None
    self_conflict: Separation | None
    within_rounding: bool
    interval_basis: IntervalBasis
    agreeing: int
    claimant_count: int
    figure_count: int
    without_one: WithoutOne | None
    max_low: Evidence | None
    min_high: Evidence | None


def _interval(figure: Evidence) -> Interval:
    assert figure.interval is not None
    return figure.interval


def _low_rank(figure: Evidence) -> Rank:
    return _interval(figure).low_rank


def _high_rank(figure: Evidence) -> Rank:
    return _interval(figure).high_rank


def _ends(most: Evidence, least: Evidence) -> tuple[Fraction, Fraction]:
    low, high = _interval(most).low, _interval(least).high
    assert low is not None
    assert high is not None
    return low, high


def separation(most: Evidence, least: Evidence) -> Separation | None:
    """How far `most` lies above `least`; None unless every value of `most` exceeds every value of `least`."""
    if not lies_above(_interval(most), _interval(least)):
        return None
    low, high = _ends(most, least)
    gap = low / high if high > 0 and not most.signed else None
    return Separation(least, most, gap, low - high, _interval(most).low_open or _interval(least).high_open)


def _width(candidate: Separation) -> tuple[bool, Fraction, bool]:
    # within one measurand, a min high of 0 excludes any ratio, so it counts as wider than all ratios
    no_ratio = candidate.gap is None
    return (no_ratio, candidate.difference if candidate.gap is None else candidate.gap, candidate.open)


def _two_most_restrictive(figures: Sequence[Evidence], *, low: bool) -> list[Evidence]:
    """The most restrictive figure at that end, and the most restrictive one of any other claimant."""

    rank_of = _low_rank if low else _high_rank
    first = second = None
    highest = second_highest = _LEAST_RESTRICTIVE
    for figure in figures:
        rank = rank_of(figure)
        if first is None or rank > highest:
            if first is not None and first.claimant_id != figure.claimant_id:
                second, second_highest = first, highest
            first, highest = figure, rank
        elif (second is None or rank > second_highest) and figure.claimant_id != first.claimant_id:
            second, second_highest = figure, rank
    return [figure for figure in (first, second) if figure is not None]


def widest(figures: Sequence[Evidence]) -> Separation | None:
    """The widest separation between figures of different claimants; None when no two exclude each other."""
    lows, highs = _two_most_restrictive(figures, low=True), _two_most_restrictive(figures, low=False)
    candidates = [
        found
        for most in lows
        for least in highs
        if most.claimant_id != least.claimant_id and (found := separation(most, least)) is not None
    ]
    return max(candidates, key=_width, default=None)


def widest_own(figures: Sequence[Evidence]) -> Separation | None:
    """The widest separation between two figures of the same claimant."""
    found = []
    for own in _by_claimant(figures).values():
        most = max(own, key=_low_rank)
        least = max(own, key=_high_rank)
        if (apart := separation(most, least)) is not None:
            found.append(apart)
    return max(found, key=lambda s: s.rank, default=None)


def _by_claimant(figures: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    by_claimant: dict[str, list[Evidence]] = {}
    for figure in figures:
        by_claimant.setdefault(figure.claimant_id, []).append(figure)
    return by_claimant


def deepest_overlap(intervals: Iterable[Interval]) -> int:
    """The largest number of intervals that share a value. Empty intervals are ignored."""
    steps: list[tuple[tuple[int, float, Fraction, int], int]] = []
    for i in intervals:
        if i.is_empty:
            continue
        # a position on the number line, from minus infinity (0) to infinity (2); an open end is just beside its number
        start = (0, 0.0, _ZERO, 0) if i.low is None else (1, float(i.low), i.low, 1 if i.low_open else 0)
        end = (2, 0.0, _ZERO, 0) if i.high is None else (1, float(i.high), i.high, -1 if i.high_open else 0)
        steps += [(start, 0), (end, 1)]
    depth = deepest = 0
    for _, closes in sorted(steps):  # at the same position, starts come before ends
        depth += -1 if closes else 1
        deepest = max(deepest, depth)
    return deepest


def _rounded(figure: Evidence) -> Evidence:
    """The figure, widened by half a unit of its last stated digit if it is exact and has no bounds."""
    if figure.stated.qualifier is not Qualifier.EXACT or figure.stated.has_bounds or figure.value is None:
        return figure
    slack = min(figure.last_digit / 2, _MAX_ROUNDING * abs(figure.value))
    return replace(figure, interval=Interval(figure.value - slack, figure.value + slack))


def _is_within_rounding(figures: Sequence[Evidence], conflict: Separation) -> bool:
    """Whether rounding can explain the conflict: no two figures exclude each other after widening."""
    low, high = _ends(conflict.most, conflict.least)
    if low - _MAX_ROUNDING * abs(low) > high + _MAX_ROUNDING * abs(high):
        return False  # no rounding of these two can explain it
    return widest([_rounded(f) for f in figures]) is None


def _without_one(figures: Sequence[Evidence], conflict: Separation) -> WithoutOne:
    """The gap can be narrowed only by removing a claimant of the widest pair."""
    options = []
    for claimant in sorted({conflict.least.claimant_id, conflict.most.claimant_id}):
        rest = widest([f for f in figures if f.claimant_id != claimant])
        width = (False, False, Fraction(0), False) if rest is None else (True, *_width(rest))
        options.append((width, claimant, rest.gap if rest else None))
    _, claimant, gap = min(options)
    return WithoutOne(claimant, gap)


def assess(figures: Sequence[Evidence]) -> Disagreement:
    """`figures` are the counted figures of one measurand (see `Evidence.aside`)."""
    claimants = _by_claimant(figures)
    conflict = widest(figures)
    if conflict is not None:
        agreement = Agreement.CONFLICT
    elif len(claimants) > 1:
        agreement = Agreement.AGREE
    else:
        agreement = Agreement.SINGLE if claimants else Agreement.NONE
    low = max(figures, key=_low_rank, default=None)
    high = max(figures, key=_high_rank, default=None)
    missable = conflict is not None and (conflict.least.may_miss or conflict.most.may_miss)
    return Disagreement(
        agreement=agreement,
        conflict=conflict,
        self_conflict=widest_own(figures),
        within_rounding=conflict is not None and _is_within_rounding(figures, conflict),
        interval_basis=IntervalBasis.PROBABILITY_INTERVALS if missable else IntervalBasis.STATED_LIMITS,
        agreeing=deepest_overlap(intersection(_interval(f) for f in own) for own in claimants.values()),
        claimant_count=len(claimants),
        figure_count=len(figures),
        max_low=low if low and _interval(low).low is not None else None,
        min_high=high if high and _interval(high).high is not None else None,
        without_one=_without_one(figures, conflict) if conflict is not None and len(claimants) >= 3 else None,
    )
