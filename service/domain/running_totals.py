"""Counts that never fall. A later figure may be higher than an earlier one, so only some pairs exclude each other.

A figure X excludes a figure Y if X lies above Y and was true no later than Y, or on the same day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from service.domain.evidence import Evidence
from service.domain.hull import Hull, attaining, hull_of
from service.domain.interval import Interval, lies_above
from service.domain.separation import Separation, separate, width_between

Days = tuple[date, date]


def dated(figure: Evidence) -> Days | None:
    """The days on one of which a total was true: the last of its period, else those on which it was said."""
    if figure.period is not None and figure.period.latest != date.max:
        return figure.period.latest, figure.period.latest
    return None if figure.said is None else (figure.said.earliest, figure.said.latest)


def start_of_period(figure: Evidence) -> date | None:
    """Totals of stated periods longer than a day, which begin on different days, count different things."""
    period = figure.period
    return None if period is None or period.earliest == period.latest else period.earliest


def count_from_different_days(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one != other


def excludes(upper: Interval, lower: Interval, upper_days: Days | None, lower_days: Days | None) -> bool:
    """Whether a total of the days `upper_days` excludes one of `lower_days`. Undated totals exclude nothing."""
    if upper_days is None or lower_days is None or not lies_above(upper, lower):
        return False
    return upper_days[1] <= lower_days[0] or upper_days == lower_days


def latest(figures: Iterable[Evidence]) -> list[Evidence]:
    """The figures of the latest date, which represent a total; undated ones only if none is dated. A date is later if
    its last day is, or if it begins later.
    """
    every = list(figures)
    dates = {figure.id: (found[1], found[0]) for figure in every if (found := dated(figure)) is not None}
    last = max(dates.values(), default=None)
    return every if last is None else [figure for figure in every if dates.get(figure.id) == last]


def date_of(figures: Sequence[Evidence]) -> Days | None:
    """The date that the figures that represent a total have in common."""
    return dated(figures[0])


def starts_of(figures: Iterable[Evidence]) -> set[date]:
    """The different days from which they count."""
    return {start for figure in figures if (start := start_of_period(figure)) is not None}


def starts_differ(ours: Iterable[Evidence], theirs: Iterable[Evidence]) -> bool:
    """Whether some figure of one side counts from another day than one of the other."""
    left, right = starts_of(ours), starts_of(theirs)
    return bool(left) and bool(right) and len(left | right) > 1


def periods_differ(ours: Sequence[Evidence], theirs: Sequence[Evidence]) -> bool:
    """Whether the figures that represent two totals are of different days, or of days that are not known."""
    date = date_of(ours)
    return date is None or date != date_of(theirs) or starts_differ(ours, theirs)


@dataclass(frozen=True, slots=True)
class _Point:
    """What one claimant says of one day."""

    hull: Hull
    days: Days
    start: date | None

    @property
    def interval(self) -> Interval:
        return self.hull.interval


def widest_conflict(figures: Sequence[Evidence], *, scope_stated: bool) -> Separation | None:
    """The widest pair of claimants of which one excludes the other."""
    return _widest(_excluding(_points(figures), same_voice=False), scope_stated)


def widest_fall(figures: Sequence[Evidence], *, scope_stated: bool) -> Separation | None:
    """The widest pair of figures of one claimant of which one excludes the other."""
    by_voice: dict[str, list[Evidence]] = {}
    for figure in figures:
        by_voice.setdefault(figure.voice, []).append(figure)
    pairs: list[tuple[_Point, _Point]] = []
    for own in by_voice.values():
        if len(own) > 1:
            points = [point for figure in own for point in _points([figure])]
            pairs += _excluding(points, same_voice=True)
    return _widest(pairs, scope_stated)


def _points(figures: Iterable[Evidence]) -> list[_Point]:
    groups: dict[tuple[str, Days, date | None], list[Evidence]] = {}
    for figure in figures:
        days = dated(figure)
        if days is not None:
            groups.setdefault((figure.voice, days, start_of_period(figure)), []).append(figure)
    return [_Point(hull_of(own), days, start) for (_, days, start), own in groups.items()]


@dataclass(slots=True)
class _Highest:
    """The points with the highest low end: of one claimant, and of another one."""

    points: list[_Point] = field(default_factory=list)

    def add(self, point: _Point) -> None:
        self.points.append(point)
        self.points.sort(key=_restriction)
        first = self.points[0]
        second = next((one for one in self.points if one.hull.voice != first.hull.voice), None)
        self.points = [first] if second is None else [first, second]

    def other_than(self, voice: str | None) -> _Point | None:
        return next((point for point in self.points if point.hull.voice != voice), None)


def _restriction(point: _Point) -> tuple[Any, ...]:
    """Orders points from the highest low end to the lowest, then as `Separation.preference` orders pairs."""
    interval, held = point.interval, attaining(point.hull.figures, point.interval, low=True)
    preferred = min(
        (figure.end_may_miss(low=True), _is_approximate(figure) + figure.is_converted, figure.order) for figure in held
    )
    return interval.low is None, -(interval.low or 0), not interval.low_open, preferred


def _is_approximate(figure: Evidence) -> bool:
    return figure.period is not None and figure.period.approximate


def _excluding(points: Sequence[_Point], *, same_voice: bool) -> list[tuple[_Point, _Point]]:
    """For each point, the one that excludes it most, if one does: in order of time, so that one pass is enough."""
    found = []
    for below, above in (*_earlier(points, same_voice=same_voice), *_same_day(points, same_voice=same_voice)):
        if above is not None and lies_above(above.interval, below.interval):
            found.append((above, below))
    return found


def _earlier(points: Sequence[_Point], *, same_voice: bool) -> Iterator[tuple[_Point, _Point | None]]:
    by_end = sorted(points, key=lambda point: point.days[1])
    reached = _Reached()
    place = 0
    for below in sorted(points, key=lambda point: point.days[0]):
        while place < len(by_end) and by_end[place].days[1] <= below.days[0]:
            reached.add(by_end[place])
            place += 1
        yield below, reached.highest_for(below, None if same_voice else below.hull.voice)


def _same_day(points: Sequence[_Point], *, same_voice: bool) -> Iterator[tuple[_Point, _Point | None]]:
    by_days: dict[Days, _Reached] = {}
    for point in points:
        by_days.setdefault(point.days, _Reached()).add(point)
    for below in points:
        yield below, by_days[below.days].highest_for(below, None if same_voice else below.hull.voice)


class _Reached:
    """The highest points so far, apart by the day from which they count."""

    def __init__(self) -> None:
        self._all = _Highest()
        self._by_start: dict[date | None, _Highest] = {}

    def add(self, point: _Point) -> None:
        self._all.add(point)
        self._by_start.setdefault(point.start, _Highest()).add(point)

    def highest_for(self, below: _Point, voice: str | None) -> _Point | None:
        """The highest point of another voice that counts from the same day, or from no stated day."""
        if below.start is None:
            return self._all.other_than(voice)
        candidates = [self._by_start[s].other_than(voice) for s in (None, below.start) if s in self._by_start]
        return min((one for one in candidates if one is not None), key=_restriction, default=None)


def _widest(pairs: Sequence[tuple[_Point, _Point]], scope_stated: bool) -> Separation | None:
    """Of the pairs that are equally far apart, the first in the order of `separate`."""
    widths = [width_between(one.interval, other.interval, one.hull.figures[0].metric.scale) for one, other in pairs]
    widest = max(widths, default=None)
    found = []
    for (above, below), width in zip(pairs, widths, strict=True):
        if width == widest:
            mosts = attaining(above.hull.figures, above.interval, low=True)
            leasts = attaining(below.hull.figures, below.interval, low=False)
            reach = {figure.id: point.interval for point in (above, below) for figure in point.hull.figures}
            found.append(separate(mosts, leasts, scope_stated=scope_stated, reach=partial(_reach, reach)))
    return min(found, key=lambda one: one.preference, default=None)


def _reach(intervals: Mapping[str, Interval], figure: Evidence) -> Interval:
    return intervals[figure.id]
