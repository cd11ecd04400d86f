"""The lowest and the highest exchange rate between two currencies over some days, from daily rates to one base.

A day without a rate (a weekend, a holiday) takes the last one, which is at most 5 days older. Nothing is extrapolated:
a longer gap, or a day before the first or after the last rate, leaves no rate for the whole time.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from service.domain.interval import Interval
from service.domain.period import Period

BASE = "EUR"
LONGEST_GAP = timedelta(days=5)
_ONE = Fraction(1)

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
    their days; None stands for the base itself.
    """
    series = [quotes for quotes in (own, target) if quotes is not None]
    if not all(_covers(quotes, days) for quotes in series):
        return None
    lowest = highest = None
    for rate in _rates(own, target, days):
        lowest = rate if lowest is None or rate < lowest else lowest
        highest = rate if highest is None or rate > highest else highest
    if lowest is None or highest is None:
        return None
    return RateRange(lowest, highest, days.first, days.last)


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


def _rates(own: Sequence[Quote] | None, target: Sequence[Quote] | None, days: Days) -> Iterator[Fraction]:
    """The rate of the first day, and of each later one on which either series has a quote."""
    changes = {days.first}
    for quotes in (own, target):
        changes |= {day for day, _ in quotes or () if days.first < day <= days.last}
    positions = [([day for day, _ in quotes], quotes) if quotes is not None else None for quotes in (own, target)]
    for day in sorted(changes):
        of_own, of_target = (_ONE if one is None else one[1][bisect_right(one[0], day) - 1][1] for one in positions)
        yield of_target / of_own
