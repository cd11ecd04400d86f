"""Complete sums against XBRL Calculations 1.1: a total and its contributing items, each reported with `decimals`.

There, a fact stands for an interval: by rounding, of half a unit of its last digit to both sides, ends included; by
truncation, of less than one unit further from zero. A calculation is consistent if the interval of the total and the
sum of those of its items have an amount in common. All differences from our verdicts are explained:

1. A rounded number is less than half a unit from the true one: intervals that only touch have nothing in common.
2. No number is moved by more than 5% of its value, so zero is not moved at all.
3. The mode is not chosen: a conflict is explained by rounding or by truncation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from service.domain.consistency import Scopes, check_all
from service.domain.equation import Sum
from service.domain.metric import MetricProperties
from service.domain.vocabulary import Consistency
from tests.domain.strategies import exact

F = Fraction


@dataclass(frozen=True)
class Fact:
    """A reported number: so many units of its last digit, of which there are `decimals` after the point."""

    units: int
    decimals: int

    @property
    def unit(self) -> Fraction:
        return F(10) ** -self.decimals

    @property
    def value(self) -> Fraction:
        return self.units * self.unit

    @property
    def most(self) -> Fraction:
        """The most that our readings move the number."""
        return abs(self.value) / 20

    def is_capped(self, *, truncated: bool) -> bool:
        return (self.unit if truncated else self.unit / 2) > self.most


def fact(text: str, decimals: int) -> Fact:
    units = F(text) * F(10) ** decimals
    assert units.denominator == 1
    return Fact(int(units), decimals)


@dataclass(frozen=True)
class Span:
    """Finite ends, each with whether it is held."""

    low: Fraction
    high: Fraction
    holds_low: bool = True
    holds_high: bool = True

    def plus(self, other: "Span") -> "Span":
        holds_low, holds_high = self.holds_low and other.holds_low, self.holds_high and other.holds_high
        return Span(self.low + other.low, self.high + other.high, holds_low, holds_high)

    def meets(self, other: "Span") -> bool:
        low, high = max(self.low, other.low), min(self.high, other.high)
        holds_low = all(one.holds_low for one in (self, other) if one.low == low)
        holds_high = all(one.holds_high for one in (self, other) if one.high == high)
        return low < high or (low == high and holds_low and holds_high)


def rounded(one: Fact) -> Span:
    return Span(one.value - one.unit / 2, one.value + one.unit / 2)


def truncated(one: Fact) -> Span:
    low = one.value if one.units > 0 else one.value - one.unit
    high = one.value if one.units < 0 else one.value + one.unit
    return Span(low, high, one.units > 0, one.units < 0)


def rounded_without_ends(one: Fact) -> Span:
    """The first difference."""
    return replace(rounded(one), holds_low=False, holds_high=False)


def capped(one: Fact, span: Span) -> Span:
    """The second difference: what lies within 5% of the value."""
    low, high = one.value - one.most, one.value + one.most
    return Span(
        max(span.low, low), min(span.high, high),
        span.holds_low or low > span.low, span.holds_high or high < span.high,
    )  # fmt: skip


def in_sum(spans: Sequence[Span]) -> Span:
    total = Span(F(0), F(0))
    for one in spans:
        total = total.plus(one)
    return total


def by_rounding(total: Fact, items: Sequence[Fact]) -> bool:
    return rounded(total).meets(in_sum([rounded(one) for one in items]))


def by_truncation(total: Fact, items: Sequence[Fact]) -> bool:
    return truncated(total).meets(in_sum([truncated(one) for one in items]))


def only_touch(total: Fact, items: Sequence[Fact]) -> bool:
    """Whether the rounded intervals have an end in common and nothing else."""
    ours, theirs = rounded(total), in_sum([rounded(one) for one in items])
    return ours.high == theirs.low or ours.low == theirs.high


def is_any_capped(total: Fact, items: Sequence[Fact]) -> bool:
    return any(one.is_capped(truncated=mode) for one in (total, *items) for mode in (False, True))


def verdict(total: Fact, items: Sequence[Fact]) -> Consistency:
    """Ours, of the figures of one claimant."""
    scopes = ["whole", *(f"p{n}" for n in range(len(items)))]
    signed = any(one.units < 0 for one in (total, *items))
    equation = Sum("m", "whole", tuple(scopes[1:]), complete=True, signed=signed)
    metric = MetricProperties("USD", signed=signed)
    figures = [
        exact(_written(one.value), precision=_written(one.unit), scope=scope, id=scope, metric=metric)
        for scope, one in zip(scopes, (total, *items), strict=True)
    ]
    ((check,),) = check_all(equation, figures, Scopes(frozenset())).values()
    return check.verdict


def _written(number: Fraction) -> str:
    return f"{Decimal(number.numerator) / Decimal(number.denominator):f}"


def agrees(total: Fact, items: Sequence[Fact]) -> bool:
    found = verdict(total, items)
    assert found in (Consistency.CONSISTENT, Consistency.WITHIN_ROUNDING, Consistency.INCONSISTENT)
    assert (found is Consistency.CONSISTENT) == (total.value == sum(one.value for one in items))
    return found is not Consistency.INCONSISTENT


@st.composite
def calculations(draw: st.DrawFn, *, least: int, most: int, signed: bool) -> tuple[Fact, list[Fact]]:
    """2 to 5 items and a total near their sum, each of at least so many units."""
    sizes = st.integers(least, most)
    if signed:
        sizes = st.builds(int.__mul__, sizes, st.sampled_from([1, -1]))
    decimals = draw(st.integers(-1, 1))
    places = st.integers(decimals, decimals + 1)
    items = draw(st.lists(st.builds(Fact, sizes, places), min_size=2, max_size=5))
    place = draw(st.integers(decimals - 1, decimals + 1))
    exactly = sum(one.value for one in items) * F(10) ** place
    total = Fact(round(exactly) + draw(st.integers(-4, 4)), place)
    assume((signed or total.units >= 0) and abs(total.units) >= least)
    return total, items


roomy = calculations(least=20, most=400, signed=False) | calculations(least=20, most=400, signed=True)
narrow = calculations(least=0, most=30, signed=False) | calculations(least=0, most=30, signed=True)


@settings(max_examples=300, deadline=None)
@given(roomy)
def test_where_5_percent_do_not_matter_a_sum_agrees_with_calculations_unless_the_intervals_only_touch(
    calculation: tuple[Fact, list[Fact]],
) -> None:
    total, items = calculation
    assert not is_any_capped(total, items)
    theirs_by_rounding, theirs_by_truncation = by_rounding(total, items), by_truncation(total, items)
    if only_touch(total, items):
        event("only touch")
        assert theirs_by_rounding
        assert agrees(total, items) == theirs_by_truncation
    else:
        event(f"rounding {theirs_by_rounding}, truncation {theirs_by_truncation}")
        assert agrees(total, items) == (theirs_by_rounding or theirs_by_truncation)


@settings(max_examples=300, deadline=None)
@given(narrow)
def test_where_5_percent_matter_a_sum_agrees_with_calculations_of_intervals_that_end_there(
    calculation: tuple[Fact, list[Fact]],
) -> None:
    total, items = calculation
    explained = [
        capped(total, read(total)).meets(in_sum([capped(one, read(one)) for one in items]))
        for read in (rounded_without_ends, truncated)
    ]
    assert agrees(total, items) == any(explained)


@settings(max_examples=200, deadline=None)
@given(narrow | roomy)
def test_a_sum_that_is_not_inconsistent_is_a_consistent_calculation_by_rounding_or_by_truncation(
    calculation: tuple[Fact, list[Fact]],
) -> None:
    if agrees(*calculation):
        assert by_rounding(*calculation) or by_truncation(*calculation)


@pytest.mark.parametrize(
    ("total", "items", "rounding", "truncation", "ours"),
    [
        # exact
        (("100", 0), [("40", 0), ("60", 0)], True, True, Consistency.CONSISTENT),
        # one above: less than 3 × 0.5 + 0.5
        (("121", 0), [("40", 0), ("40", 0), ("40", 0)], True, True, Consistency.WITHIN_ROUNDING),
        # one below: truncated items cannot make less than their sum
        (("119", 0), [("40", 0), ("40", 0), ("40", 0)], True, False, Consistency.WITHIN_ROUNDING),
        # two above: rounding explains up to 2 × 0.5 + 0.5, truncation less than 2
        (("102", 0), [("40", 0), ("60", 0)], False, False, Consistency.INCONSISTENT),
        # three above: rounding explains up to 4 × 0.5 + 0.5, truncation less than 4
        (("163", 0), [("40", 0), ("40", 0), ("40", 0), ("40", 0)], False, True, Consistency.WITHIN_ROUNDING),
        # the total in tens, the items in units
        (("1,010", -1), [("503", 0), ("504", 0)], True, False, Consistency.WITHIN_ROUNDING),
        # the first difference: two below, which is just what 3 × 0.5 + 0.5 explain (and here more than 2 × 0.5 + 0.05)
        (("98.5", 1), [("40", 0), ("60", 0)], False, False, Consistency.INCONSISTENT),
        (("198", 0), [("50", 0), ("50", 0), ("100", 0)], True, False, Consistency.INCONSISTENT),
        # the second: half a unit is 50% of 1, and zero is not moved
        (("3", 0), [("1", 0), ("1", 0)], True, True, Consistency.INCONSISTENT),
        (("100", 0), [("99", 0), ("0", 0)], True, True, Consistency.INCONSISTENT),
        (("1", 0), [("0", 0), ("0", 0)], True, True, Consistency.INCONSISTENT),
        # negative items
        (("-101", 0), [("-40", 0), ("-60", 0)], True, True, Consistency.WITHIN_ROUNDING),
        (("21", 0), [("60", 0), ("-40", 0)], True, False, Consistency.WITHIN_ROUNDING),
    ],
)
def test_calculations_by_hand(
    total: tuple[str, int], items: list[tuple[str, int]], rounding: bool, truncation: bool, ours: Consistency
) -> None:
    whole, parts = fact(total[0].replace(",", ""), total[1]), [fact(*one) for one in items]
    assert by_rounding(whole, parts) == rounding
    assert by_truncation(whole, parts) == truncation
    assert verdict(whole, parts) is ours
