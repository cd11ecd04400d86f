"""What each claimant says in all: the interval from the lowest to the highest amount that their figures allow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from service.domain.evidence import Evidence, interval_of
from service.domain.interval import Interval, hull, intersection


@dataclass(frozen=True)  # without slots, so that the hull can be cached
class Hull:
    """One claimant's figures, without those that add nothing, and the intervals that they allow."""

    voice: str
    figures: tuple[Evidence, ...]
    intervals: tuple[Interval, ...]

    @cached_property
    def interval(self) -> Interval:
        found = hull(self.intervals)
        assert found is not None
        return found


def hull_of(figures: Sequence[Evidence]) -> Hull:
    """Of one claimant's figures, at least one, all of which can be computed with.

    A one-sided figure that contains another figure adds nothing. If only one-sided figures remain and do not exclude
    each other, they are read together: at least 100 and at most 300 is 100 to 300.
    """
    if len(figures) == 1:
        return Hull(figures[0].voice, tuple(figures), (interval_of(figures[0]),))
    below = [figure for figure in figures if figure.is_bounded_below_only]
    above = [figure for figure in figures if figure.is_bounded_above_only]
    others = [figure for figure in figures if not figure.is_bounded_below_only and not figure.is_bounded_above_only]
    kept = [*others, *_most_restrictive(below, [*others, *above], low=True)]
    kept += _most_restrictive(above, [*others, *below], low=False)
    intervals = [interval_of(figure) for figure in kept]
    if not others and len(kept) > 1:
        together = intersection(intervals)
        if not together.is_empty:
            intervals = [together]
    return Hull(figures[0].voice, tuple(kept), tuple(intervals))


def hulls(figures: Iterable[Evidence]) -> list[Hull]:
    """One for each claimant."""
    by_voice: dict[str, list[Evidence]] = {}
    for figure in figures:
        by_voice.setdefault(figure.voice, []).append(figure)
    return [hull_of(own) for own in by_voice.values()]


def attaining(figures: Iterable[Evidence], whole: Interval, *, low: bool) -> list[Evidence]:
    """Those of the figures that have the same end as the interval."""
    if low:
        return [figure for figure in figures if interval_of(figure).low_rank == whole.low_rank]
    return [figure for figure in figures if interval_of(figure).high_rank == whole.high_rank]


def _most_restrictive(one_sided: list[Evidence], others: list[Evidence], *, low: bool) -> list[Evidence]:
    """Of one-sided figures, all bounded at the same end, the most restrictive one; none if it contains another
    figure, which is then at least as restrictive at that end.
    """

    def rank(figure: Evidence) -> object:
        interval = interval_of(figure)
        return interval.low_rank if low else interval.high_rank

    if not one_sided:
        return []
    best = max(rank(figure) for figure in one_sided)  # type: ignore[type-var]
    if any(rank(figure) >= best for figure in others):  # type: ignore[operator]
        return []
    return [min((figure for figure in one_sided if rank(figure) == best), key=lambda figure: figure.order)]
