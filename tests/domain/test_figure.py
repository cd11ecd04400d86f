from decimal import Decimal
from fractions import Fraction

import pytest

from service.domain.figure import Stated, check_stated, stated_interval
from service.domain.interval import Interval
from service.domain.vocabulary import IntervalKind, Qualifier
from service.errors import Invalid

D, F, Q = Decimal, Fraction, Qualifier


@pytest.mark.parametrize(
    ("stated", "interval"),
    [
        (Stated(Q.EXACT, D(5)), Interval(F(5), F(5))),
        (Stated(Q.ABOUT, D(100)), Interval(F(90), F(110))),
        (Stated(Q.EXACT, D(5), D(4), D(7)), Interval(F(4), F(7))),
        (Stated(Q.EXACT, D(5), upper=D(7)), Interval(F(5), F(7))),
        (Stated(Q.ABOUT, D(100), lower=D(60)), Interval(F(60), F(110))),
        (Stated(Q.BETWEEN, None, D(1), D(2)), Interval(F(1), F(2))),
        (Stated(Q.AT_LEAST, lower=D(3)), Interval(F(3), None)),
        (Stated(Q.MORE_THAN, lower=D(3)), Interval(F(3), None, low_open=True)),
        (Stated(Q.AT_MOST, upper=D(3)), Interval(F(0), F(3))),
        (Stated(Q.LESS_THAN, upper=D(3)), Interval(F(0), F(3), high_open=True)),
        (Stated(Q.AT_MOST, upper=D(0)), Interval(F(0), F(0))),
        (Stated(Q.VAGUE, stated_as="tens of millions"), None),
    ],
)
def test_each_qualifier_has_its_interval(stated: Stated, interval: Interval | None) -> None:
    check_stated(stated, signed=False)
    assert stated_interval(stated, signed=False) == interval


@pytest.mark.parametrize("qualifier", [Q.AT_MOST, Q.LESS_THAN])
def test_amounts_that_may_be_negative_have_no_floor(qualifier: Qualifier) -> None:
    found = stated_interval(Stated(qualifier, upper=D(0)), signed=True)
    assert found is not None
    assert found.low is None


def test_about_a_negative_amount_is_around_it() -> None:
    assert stated_interval(Stated(Q.ABOUT, D(-10)), signed=True) == Interval(F(-11), F(-9))


def test_the_tolerance_of_about_can_be_asked_for() -> None:
    assert stated_interval(Stated(Q.ABOUT, D(10)), signed=False, tolerance=F(1, 2)) == Interval(F(5), F(15))


@pytest.mark.parametrize(
    ("stated", "pointers"),
    [
        (Stated(Q.EXACT), ["/value"]),
        (Stated(Q.BETWEEN, D(5)), ["/lower", "/upper"]),
        (Stated(Q.MORE_THAN, D(5), D(5)), ["/value"]),
        (Stated(Q.AT_MOST, None, D(1), D(5)), ["/lower"]),
        (Stated(Q.VAGUE, D(5), stated_as="some"), ["/value"]),
        (Stated(Q.VAGUE), ["/stated_as"]),
        (Stated(Q.EXACT, D(5), D(6)), ["/lower"]),
        (Stated(Q.EXACT, D(5), None, D(4)), ["/upper"]),
        (Stated(Q.BETWEEN, None, D(2), D(1)), ["/lower"]),
        (Stated(Q.EXACT, D(-1)), ["/value"]),
        (Stated(Q.LESS_THAN, upper=D(0)), ["/upper"]),
        (Stated(Q.EXACT, D(5), interval_kind=IntervalKind.CI90), ["/interval_kind"]),
        (Stated(Q.AT_LEAST, lower=D(5), interval_kind=IntervalKind.RANGE), ["/interval_kind"]),
    ],
)
def test_numbers_that_do_not_fit_are_refused_where_they_stand(stated: Stated, pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        check_stated(stated, signed=False)
    assert [fault.pointer for fault in refused.value.faults] == pointers


def test_negative_amounts_fit_a_signed_metric() -> None:
    check_stated(Stated(Q.BETWEEN, None, D(-2), D(-1)), signed=True)
    check_stated(Stated(Q.LESS_THAN, upper=D(0)), signed=True)
