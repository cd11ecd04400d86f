"""How far one figure lies above another that it excludes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from service.domain.comparability import pair_reasons
from service.domain.evidence import Evidence, interval_of
from service.domain.interval import Interval, same_side_of_zero
from service.domain.vocabulary import IntervalBasis, Reason, Scale

_ZERO = Fraction(0)
# To compare each figure that attains an end with each that attains the other would be quadratic. So of figures that
# differ in price year, period, date or sign, only this many of each side are compared: the first by their keys.
_MOST_UNLIKE = 20

Width = tuple[Fraction, Fraction]
Reach = Callable[[Evidence], Interval]


@dataclass(frozen=True, slots=True)
class Separation:
    """`most` lies above `least`: its low end `a` is above the high end `b` of the other, or they touch and exclude each
    other.

    `gap` is the factor between the two, ≥ 1; None off the ratio scale, and for amounts on both sides of zero. `open`
    means that the true factor or difference is greater than this, not equal to it.
    """

    least: Evidence
    most: Evidence
    a: Fraction
    b: Fraction
    open: bool
    gap: Fraction | None
    reasons: tuple[Reason, ...] = ()

    @property
    def scale(self) -> Scale:
        return self.most.metric.scale

    @property
    def currency(self) -> str | None:
        """The currency in which both figures are compared, if it is their own and no rate converts either."""
        return None if self.least.is_foreign or self.most.is_foreign else self.least.currency

    @property
    def difference(self) -> Fraction | None:
        return None if self.scale is Scale.ORDINAL else self.a - self.b

    @property
    def relative_difference(self) -> Fraction | None:
        """(a − b) ÷ (|a| + |b|): at most 1, and rising with the ratio. None off the ratio scale."""
        return relative_difference(self.a, self.b) if self.scale is Scale.RATIO else None

    @property
    def width(self) -> Width:
        """Orders the separations of one metric: by the relative difference first, if it means something."""
        return self.relative_difference or _ZERO, self.a - self.b

    @property
    def interval_basis(self) -> IntervalBasis:
        """Whether one of the two ends belongs to an interval that may miss the truth."""
        missable = self.most.end_may_miss(low=True) or self.least.end_may_miss(low=False)
        return IntervalBasis.PROBABILITY_INTERVALS if missable else IntervalBasis.STATED_LIMITS

    @property
    def preference(self) -> tuple[Any, ...]:
        """Orders separations that are equally wide."""
        missable = self.most.end_may_miss(low=True) + self.least.end_may_miss(low=False)
        return missable, len(self.reasons), self.least.order, self.most.order

    @property
    def is_between_points(self) -> bool:
        """Whether both figures are single numbers, so that they are just this far apart."""
        return all(one.interval is not None and one.interval.is_point for one in (self.least, self.most))


def relative_difference(a: Fraction, b: Fraction) -> Fraction:
    size = abs(a) + abs(b)
    return (a - b) / size if size else _ZERO


def width_between(upper: Interval, lower: Interval, scale: Scale) -> Width:
    """The `width` of the separation of two intervals, of which the upper one lies above the lower one."""
    assert upper.low is not None
    assert lower.high is not None
    relative = relative_difference(upper.low, lower.high) if scale is Scale.RATIO else _ZERO
    return relative, upper.low - lower.high


def factor_between(upper: Interval, lower: Interval, a: Fraction, b: Fraction) -> Fraction | None:
    """The factor between `a`, the low end of `upper`, and `b`, the high end of `lower`; None unless all amounts of both
    are on one side of zero.
    """
    small, large = sorted((abs(a), abs(b)))
    return large / small if small and same_side_of_zero(upper, lower) else None


def separate(
    mosts: Iterable[Evidence], leasts: Iterable[Evidence], *, scope_stated: bool, reach: Reach = interval_of
) -> Separation:
    """The separation of figures that have one high end in common from others with one low end, which it lies above.

    Of the pairs, the one with the fewest probability intervals is taken, then with the fewest reasons, then the first
    in the order of keys. `reach` says for a figure which amounts its claimant allows in all.
    """
    pairs = [
        _separation(most, least, reach, scope_stated=scope_stated)
        for most, least in product(_unlike(mosts, low=True), _unlike(leasts, low=False))
    ]
    return min(pairs, key=lambda pair: pair.preference)


def _separation(most: Evidence, least: Evidence, reach: Reach, *, scope_stated: bool) -> Separation:
    upper, lower = interval_of(most), interval_of(least)
    assert upper.low is not None
    assert lower.high is not None
    a, b = upper.low, lower.high
    return Separation(
        least=least,
        most=most,
        a=a,
        b=b,
        open=upper.low_open or lower.high_open,
        gap=factor_between(reach(most), reach(least), a, b) if most.metric.is_ratio else None,
        reasons=tuple(sorted(pair_reasons(most, least, scope_stated=scope_stated))),
    )


def _unlike(figures: Iterable[Evidence], *, low: bool) -> list[Evidence]:
    """In the order of their keys, of those that have the same reasons only the first."""
    first: dict[object, Evidence] = {}
    for figure in sorted(figures, key=lambda one: one.order):
        rates = figure.is_converted, figure.is_converted and figure.rate_day_assumed
        alike = (figure.end_may_miss(low=low), *rates, figure.price_year, figure.period, figure.said, _signs(figure))
        first.setdefault(alike, figure)
    return list(first.values())[:_MOST_UNLIKE]


def _signs(figure: Evidence) -> tuple[bool, bool]:
    """Whether the figure allows negative amounts, and whether it allows positive ones."""
    interval = interval_of(figure)
    return interval.low is None or interval.low < 0, interval.high is None or interval.high > 0
