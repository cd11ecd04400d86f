"""Intervals of exact rationals, with open or closed, finite or unbounded ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import inf
from operator import attrgetter
from typing import NamedTuple

# Whether the end is bounded, its number (first as a float, which is fast to compare; rounding never reverses an order,
# so the exact numbers decide only if the floats are equal), and whether it is open.
Rank = tuple[bool, float, Fraction, bool]


@dataclass(frozen=True)  # without slots, so that ranks can be cached
class Interval:
    """`None` as an end means unbounded; an unbounded end is always open."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        if self.low is None:
            object.__setattr__(self, "low_open", True)
        if self.high is None:
            object.__setattr__(self, "high_open", True)

    def scaled(self, factor: Fraction) -> "Interval":
        """The same amounts in another unit; `factor` > 0."""
        low = None if self.low is None else self.low * factor
        high = None if self.high is None else self.high * factor
        return Interval(low, high, self.low_open, self.high_open)

    def shifted(self, offset: Fraction) -> "Interval":
        low = None if self.low is None else self.low + offset
        high = None if self.high is None else self.high + offset
        return Interval(low, high, self.low_open, self.high_open)

    def negated(self) -> "Interval":
        low = None if self.high is None else -self.high
        high = None if self.low is None else -self.low
        return Interval(low, high, self.high_open, self.low_open)

    @cached_property
    def low_rank(self) -> Rank:
        """Orders low ends from the least to the most restrictive (the max low: open if any attaining it is)."""
        number = self.low or Fraction(0)
        return (self.low is not None, float(number), number, self.low_open)

    @cached_property
    def high_rank(self) -> Rank:
        """Orders high ends from the least to the most restrictive (the min high: open if any attaining it is)."""
        number = -(self.high or Fraction(0))
        return (self.high is not None, float(number), number, self.high_open)

    @property
    def is_empty(self) -> bool:
        return lies_above(self, self)

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low == self.high and not self.is_empty


def point(value: Fraction) -> Interval:
    return Interval(value, value)


def same_side_of_zero(*intervals: Interval) -> bool:
    """Whether none of them holds a negative amount, or none a positive one."""
    return all(i.low is not None and i.low >= 0 for i in intervals) or all(
        i.high is not None and i.high <= 0 for i in intervals
    )


def holds_zero(interval: Interval) -> bool:
    below = interval.low is None or interval.low < 0 or (interval.low == 0 and not interval.low_open)
    above = interval.high is None or interval.high > 0 or (interval.high == 0 and not interval.high_open)
    return below and above


def lies_above(upper: Interval, lower: Interval) -> bool:
    """Whether every value of `upper` exceeds every value of `lower`."""
    if upper.low is None or lower.high is None:
        return False
    return upper.low > lower.high or (upper.low == lower.high and (upper.low_open or lower.high_open))


def overlap(a: Interval, b: Interval) -> bool:
    return not lies_above(a, b) and not lies_above(b, a)


def some_pair_overlaps(ours: Iterable[Interval], theirs: Iterable[Interval]) -> bool:
    """Whether some interval of one side shares a value with one of the other. None of them is empty.

    In order of their low ends, an interval can only overlap an earlier one that reaches its low end. So the earlier one
    of the other side that reaches furthest decides, and one sort is enough.
    """
    furthest: dict[bool, Interval] = {}  # by side
    for interval, side in sorted(
        [*((i, False) for i in ours), *((i, True) for i in theirs)], key=lambda pair: pair[0].low_rank
    ):
        other = furthest.get(not side)
        if other is not None and not lies_above(interval, other):
            return True
        own = furthest.get(side)
        if own is None or interval.high_rank < own.high_rank:
            furthest[side] = interval
    return False


_LOW, _HIGH = attrgetter("low_rank"), attrgetter("high_rank")


def intersection(intervals: Iterable[Interval]) -> Interval:
    """All values that lie in every interval; may be empty. At least one interval is required."""
    every = list(intervals)
    low, high = max(every, key=_LOW), max(every, key=_HIGH)
    return Interval(low.low, high.high, low.low_open, high.high_open)


def hull(intervals: Iterable[Interval]) -> Interval | None:
    """The smallest interval that contains all: an end is open only if all that attain it are. None for no intervals."""
    every = list(intervals)
    if not every:
        return None
    low, high = min(every, key=_LOW), min(every, key=_HIGH)
    return Interval(low.low, high.high, low.low_open, high.high_open)


def divide(x: Interval, y: Interval) -> Interval | None:
    """All quotients x ÷ y with y ≠ 0. None if y is only zero."""
    inverse = reciprocal(y)
    return None if inverse is None else multiply(x, inverse)


def reciprocal(y: Interval) -> Interval | None:
    """The smallest interval that holds 1 ÷ v for every v ≠ 0 in `y`, which is not empty. None if y is only zero."""
    if y.low == y.high == 0:
        return None
    if y.low is not None and y.low >= 0:
        low = Fraction(0) if y.high is None else 1 / y.high
        return Interval(low, None if y.low == 0 else 1 / y.low, y.high_open, y.low_open)
    if y.high is not None and y.high <= 0:
        found = reciprocal(y.negated())
        return None if found is None else found.negated()
    return Interval(None, None)  # both signs: amounts near zero have reciprocals beyond all bounds


def multiply(x: Interval, y: Interval) -> Interval:
    """All products of an amount in `x` and one in `y`, neither of which is empty."""
    corners = [_corner(a, b) for a in _ends(x) for b in _ends(y)]
    low = min(corners, key=lambda end: (end.number, end.is_open))
    high = max(corners, key=lambda end: (end.number, not end.is_open))
    return Interval(_finite(low.number), _finite(high.number), low.is_open, high.is_open)


def add(intervals: Iterable[Interval]) -> Interval:
    """All sums of one amount from each."""
    low: Fraction | None = Fraction(0)
    high: Fraction | None = Fraction(0)
    low_open = high_open = False
    for one in intervals:
        low = None if low is None or one.low is None else low + one.low
        high = None if high is None or one.high is None else high + one.high
        low_open, high_open = low_open or one.low_open, high_open or one.high_open
    return Interval(low, high, low_open, high_open)


class _End(NamedTuple):
    """An end of an interval; an infinite one is a float."""

    number: Fraction | float
    is_open: bool


def _ends(interval: Interval) -> tuple[_End, _End]:
    low = _End(-inf if interval.low is None else interval.low, interval.low_open)
    return low, _End(inf if interval.high is None else interval.high, interval.high_open)


def _corner(a: _End, b: _End) -> _End:
    if a.number == 0 or b.number == 0:
        # a zero that is held makes the product zero, whatever the other amount is
        is_held = (a.number == 0 and not a.is_open) or (b.number == 0 and not b.is_open)
        return _End(Fraction(0), not is_held)
    if isinstance(a.number, float) or isinstance(b.number, float):
        return _End(inf if (a.number > 0) == (b.number > 0) else -inf, True)
    return _End(a.number * b.number, a.is_open or b.is_open)


def _finite(number: Fraction | float) -> Fraction | None:
    return None if isinstance(number, float) else number
