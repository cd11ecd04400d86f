"""Axes: which kind, from where to where, and where an amount stands."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.charts.scale import Scale, scale_for

amounts = st.floats(min_value=-1e30, max_value=1e30, allow_nan=False)


def made(*values: float, begin: float | None = None, open_above: bool = False) -> Scale:
    scale = scale_for(values, lambda amount, digits: f"{amount:.{digits}g}", begin=begin, open_above=open_above)
    assert scale is not None
    return scale


@pytest.mark.parametrize(
    ("values", "is_log", "low", "high"),
    [
        ((294_000, 29_400_000), True, 1e5, 1e8),
        ((1, 20), True, 1, 100),
        ((1, 19.9), False, 0, 20),
        ((0, 1000), False, 0, 1000),
        ((-5, 1000), False, -500, 1000),
        ((95, 105), False, 94, 106),
        ((5,), False, 0, 10),
        ((0,), False, 0, 1),
        ((-4,), False, -8, 0),
    ],
)
def test_it_is_logarithmic_where_positive_amounts_are_far_apart(
    values: tuple[float, ...], is_log: bool, low: float, high: float
) -> None:
    scale = made(*values)
    assert scale.is_log is is_log
    assert scale.low == pytest.approx(low)
    assert scale.high >= max(values)
    assert scale.high == pytest.approx(high)


def test_each_gridline_of_a_logarithmic_axis_is_ten_times_the_last() -> None:
    scale = made(294_000, 29_400_000)
    assert [tick.value for tick in scale.ticks] == [1e5, 1e6, 1e7, 1e8]
    assert scale.note == "Each gridline is 10×."
    assert scale.place(1e6) == pytest.approx(1 / 3)


def test_many_decades_have_fewer_gridlines() -> None:
    scale = made(1e-18, 1e37)
    assert len(scale.ticks) <= 13
    assert "100,000×" in scale.note
    assert scale.high >= 1e37


def test_an_arrow_has_room_and_a_beginning_is_kept() -> None:
    assert made(75, 100, open_above=True).high > 103
    scale = made(1.0, 3.7, begin=1.0)
    assert (scale.low, scale.ticks[0].value) == (1.0, 1.0)
    assert scale.place(1.0) == 0


def test_there_is_no_axis_without_amounts() -> None:
    assert scale_for([], lambda *_: "") is None
    assert scale_for([math.inf], lambda *_: "") is None


@given(st.lists(amounts, min_size=1, max_size=6))
@example([5e-324])
@example([5e-324, 1.0])
def test_every_amount_stands_on_the_axis_in_its_order(values: list[float]) -> None:
    scale = made(*values)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    little = 1e-8 * (scale.high - scale.low)
    assert scale.low <= min(values) + little
    assert scale.high >= max(values) - little
    assert 2 <= len(scale.ticks) <= 13
