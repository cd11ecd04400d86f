"""Ranges of exchange rates over days, against an independent calculation day by day."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.exchange_rates import Days, Quote, RateRange, days_of, rate_range
from service.domain.interval import Interval
from service.domain.period import parse_period

FIRST = date(2024, 1, 1)
QUOTES = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=30, unique_by=lambda quote: quote[0]).map(
    lambda found: sorted((FIRST + timedelta(day), Fraction(rate, 3)) for day, rate in found)
)
DAYS = st.tuples(st.integers(5, 40), st.integers(0, 20)).map(
    lambda found: Days(FIRST + timedelta(found[0]), FIRST + timedelta(min(found[0] + found[1], 40)), is_assumed=False)
)


def of_day(quotes: list[Quote] | None, day: date) -> Fraction | None:
    if quotes is None:
        return Fraction(1)
    known = [rate for quoted, rate in quotes if timedelta(0) <= day - quoted <= timedelta(5)]
    return known[-1] if known else None


@given(st.none() | QUOTES, st.none() | QUOTES, DAYS)
def test_the_range_is_that_of_every_day(own: list[Quote] | None, target: list[Quote] | None, days: Days) -> None:
    every = [days.first + timedelta(number) for number in range((days.last - days.first).days + 1)]
    pairs = [(of_day(own, day), of_day(target, day)) for day in every]
    rates = [b / a for a, b in pairs if a is not None and b is not None]
    expected = RateRange(min(rates), max(rates), days.first, days.last) if len(rates) == len(every) else None
    assert rate_range(own, target, days) == expected


@given(st.tuples(*[st.none() | st.integers(-5, 5)] * 2), st.integers(1, 4), st.integers(0, 3), st.integers(0, 8))
def test_a_converted_interval_holds_each_amount_at_each_rate(
    ends: tuple[int | None, int | None], low: int, more: int, share: int
) -> None:
    given_ends = sorted((e for e in ends if e is not None), key=lambda e: e)
    lower = Fraction(given_ends[0]) if ends[0] is not None and given_ends else None
    upper = Fraction(given_ends[-1]) if ends[1] is not None and given_ends else None
    rates = RateRange(Fraction(low), Fraction(low + more), FIRST, FIRST)
    made = rates.converted(Interval(lower, upper))
    rate = rates.low + (rates.high - rates.low) * Fraction(share, 8)
    for end in (lower, upper):
        if end is not None:
            assert made.low is None or made.low <= end * rate
            assert made.high is None or made.high >= end * rate
    assert (made.low is None, made.high is None) == (lower is None, upper is None)


@pytest.mark.parametrize(
    ("period", "said", "days"),
    [
        ("2025", "2026-01-05", (date(2025, 1, 1), date(2025, 12, 31), False)),
        (None, "2026-01-05", (date(2026, 1, 5), date(2026, 1, 5), True)),
        ("2025/..", "2026-01-05", None),
        (None, None, None),
    ],
)
def test_rates_are_of_the_period_else_of_the_days_when_it_was_said(
    period: str | None, said: str | None, days: tuple[date, date, bool] | None
) -> None:
    found = days_of(parse_period(period) if period else None, parse_period(said) if said else None)
    assert found == (Days(*days) if days else None)
