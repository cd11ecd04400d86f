from fractions import Fraction
from itertools import product

import portion
from hypothesis import given
from hypothesis import strategies as st

from service.domain.interval import Interval, divide, hull, intersection, lies_above, overlap
from tests.domain.strategies import intervals, signed_small


def oracle(interval: Interval) -> portion.Interval:
    return portion.from_data(
        [
            (
                portion.OPEN if interval.low_open else portion.CLOSED,
                -portion.inf if interval.low is None else interval.low,
                portion.inf if interval.high is None else interval.high,
                portion.OPEN if interval.high_open else portion.CLOSED,
            )
        ]
    )


any_interval = intervals(signed_small, unbounded_low=True)


@given(any_interval, any_interval)
def test_overlap_and_order_agree_with_portion(a: Interval, b: Interval) -> None:
    x, y = oracle(a), oracle(b)
    assert overlap(a, b) == bool(not (x & y).empty)
    assert lies_above(a, b) == bool(x > y)


@given(st.lists(any_interval, min_size=1, max_size=5))
def test_hull_and_intersection_agree_with_portion(several: list[Interval]) -> None:
    union, common = oracle(several[0]), oracle(several[0])
    for interval in several[1:]:
        union, common = union | oracle(interval), common & oracle(interval)
    found = hull(several)
    assert found is not None
    assert oracle(found) == union.enclosure
    assert intersection(several).is_empty == common.empty
    if not common.empty:
        assert oracle(intersection(several)) == common


def test_the_hull_of_nothing_is_nothing() -> None:
    assert hull([]) is None


@given(any_interval)
def test_an_unbounded_end_is_open(interval: Interval) -> None:
    assert interval.low is not None or interval.low_open
    assert interval.high is not None or interval.high_open


# Values near every kind of end: on it, just inside, far out.
def samples(interval: Interval) -> list[Fraction]:
    assert interval.low is not None
    tiny, far = Fraction(1, 10**6), Fraction(10**6)
    high = interval.high if interval.high is not None else interval.low + far
    middle = (interval.low + high) / 2
    candidates = [interval.low, interval.low + tiny, middle, high - tiny, high]
    return [
        c for c in candidates if not lies_above(interval, Interval(c, c)) and not lies_above(Interval(c, c), interval)
    ]


@given(intervals(), intervals())
def test_quotients_of_members_lie_in_the_quotient_of_the_intervals(x: Interval, y: Interval) -> None:
    quotient = divide(x, y)
    pairs = [(a, b) for a, b in product(samples(x), samples(y)) if b != 0]
    if quotient is None:
        assert not pairs
        return
    for a, b in pairs:
        assert overlap(quotient, Interval(a / b, a / b)), (a, b)


@given(intervals(), intervals())
def test_the_quotient_is_no_wider_than_its_members_reach(x: Interval, y: Interval) -> None:
    """Each finite end is attained if closed, and approached if open; an unbounded end is exceeded at will."""
    quotient = divide(x, y)
    if quotient is None:
        return
    assert quotient.low is not None
    reached = [a / b for a, b in product(samples(x), samples(y)) if b != 0]
    near = Fraction(1, 1000)
    assert min(reached) - quotient.low <= near
    assert (quotient.low in reached) == (not quotient.low_open)
    if quotient.high is None:
        assert max(reached) > 10**4
    else:
        assert quotient.high - max(reached) <= near
        assert (quotient.high in reached) == (not quotient.high_open)
