"""The lowest and the highest exchange rate between two currencies over some days, from daily rates to one base.

A day without a rate (a weekend, a holiday) takes the last one, which is at most 5 days older. Nothing is extrapolated:
a longer gap, or a day before the first or after the last rate, leaves no rate for the whole time.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from heapq import merge
from typing import Any

from service.domain.interval import Interval
from service.domain.period import Period

BASE = "EUR"
LONGEST_GAP = timedelta(days=5)
_ONE = Fraction(1)
_CLOSE = 1e-12  # relative to the rate: more than floats are wrong by

Quote = tuple[date, Fraction]  # a day, and the units of the currency for one of the base


@dataclass(frozen=True, slots=True)
class RateRange:
    """Units of the target currency for one of the currency that is converted, over these days, both included."""

    low: Fraction
    high: Fraction
    first: date
    last: date

    def converted(self, interval: Interval) -> Interval:
        """All amounts that the interval can be at a rate of these days."""
        low, high = interval.low, interval.high
        least = None if low is None else low * (self.low if low >= 0 else self.high)
        most = None if high is None else high * (self.high if high >= 0 else self.low)
        return Interval(least, most, interval.low_open, interval.high_open)

    def union(self, other: "RateRange") -> "RateRange":
        first, last = min(self.first, other.first), max(self.last, other.last)
        return RateRange(min(self.low, other.low), max(self.high, other.high), first, last)

    @property
    def inverse(self) -> "RateRange":
        return RateRange(1 / self.high, 1 / self.low, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Days:
    """The days whose rates apply. `is_assumed`: the figure states no period, so those on which it was said apply."""

    first: date
    last: date
    is_assumed: bool


def days_of(period: Period | None, said: Period | None) -> Days | None:
    """The days of the period, else those on which the figure was asserted or published. None if they have no end."""
    found = period or said
    if found is None or found.earliest == date.min or found.latest == date.max:
        return None
    return Days(found.earliest, found.latest, period is None)


def rate_range(own: Sequence[Quote] | None, target: Sequence[Quote] | None, days: Days) -> RateRange | None:
    """The extremes of the daily rates target ÷ own. Each has the quotes of these days and of the 5 before, in order of
    their days; None is the base currency.
    """
    series = [quotes for quotes in (own, target) if quotes is not None]
    if not all(_covers(quotes, days) for quotes in series):
        return None
    rates = list(_rates(own, target, days))
    if not rates:
        return None
    return RateRange(_extreme(rates, min), _extreme(rates, max), days.first, days.last)


def _extreme(rates: Sequence[tuple[Fraction, Fraction]], choose: Callable[[Iterable[Any]], Any]) -> Fraction:
    """The least or the greatest quotient. Floats leave few candidates, of which the exact ones decide."""
    near = [float(target) / float(own) for own, target in rates]
    found = choose(near)
    close = abs(found) * _CLOSE
    exact: Fraction = choose(
        target / own for (own, target), one in zip(rates, near, strict=True) if abs(one - found) <= close
    )
    return exact


def _covers(quotes: Sequence[Quote], days: Days) -> bool:
    """Whether each of the days has a quote at most 5 days older."""
    covered = days.first - timedelta(days=1)  # all days up to this one
    for day, _ in quotes:
        if day > days.last:
            break
        if day > covered + timedelta(days=1) and day > days.first:
            return False
        covered = max(covered, day + LONGEST_GAP)
    return covered >= days.last


def _rates(
    own: Sequence[Quote] | None, target: Sequence[Quote] | None, days: Days
) -> Iterator[tuple[Fraction, Fraction]]:
    """The two quotes of the first day, and of each later one on which either series has a new one."""
    changes = merge(*(_within(quotes, days, place) for place, quotes in enumerate((own, target))))
    now = [_ONE if quotes is None else _last_before(quotes, days.first) for quotes in (own, target)]
    day = days.first
    for changed, place, quote in changes:
        if changed > day:
            yield now[0], now[1]
            day = changed
        now[place] = quote
    yield now[0], now[1]


def _within(quotes: Sequence[Quote] | None, days: Days, place: int) -> Iterator[tuple[date, int, Fraction]]:
    for day, quote in quotes or ():
        if days.first < day <= days.last:
            yield day, place, quote


def _last_before(quotes: Sequence[Quote], day: date) -> Fraction:
    return quotes[bisect_right(quotes, day, key=lambda quote: quote[0]) - 1][1]
