from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.display import amount, interval_text, ratio_text, rounded
from service.domain.interval import Interval, point
from service.domain.ratio import Ratio

F = Fraction
positive = st.fractions(F(1, 10**9), F(10**30))


@given(positive)
def test_rounding_goes_the_way_it_says(number: Fraction) -> None:
    down, up = Fraction(rounded(number, "ROUND_FLOOR")), Fraction(rounded(number, "ROUND_CEILING"))
    assert down <= number <= up
    assert up - down <= number / 100


@pytest.mark.parametrize(
    ("interval", "unit", "text"),
    [
        (point(F(294000)), "USD", "$294,000"),
        (point(F("78352033.69")), "USD", "$78,352,033.69"),
        (point(F(1, 3)), "hour", "about 0.333 hours"),
        (point(F(512)), "GPU", "512 GPUs"),
        (point(F(2)), "USD/GPU.hour", "$2 per GPU-hour"),
        (point(F("2.1e25")), "FLOP", "2.1×10^25 FLOP"),
        (point(F(0)), "USD", "$0"),
        (point(F(-5)), "USD", "−$5"),
        (point(F(5)), "1", "5"),
        (Interval(F(900000), F(1100000)), "USD", "$900,000 to $1,100,000"),
        (Interval(F(123456), F(234567)), "EUR", "€123,000 to €235,000"),
        (Interval(F(10**8), None, low_open=True), "USD", "more than $100,000,000"),
        (Interval(F(1239), None), "GPU", "at least 1,230 GPUs"),
        (Interval(F(0), F(1231)), "GPU", "at most 1,240 GPUs"),
        (Interval(F(0), F(1231), high_open=True), "GPU", "less than 1,240 GPUs"),
        (Interval(None, F(5)), "USD", "at most $5"),
        (Interval(None, None), "USD", "any amount"),
    ],
)
def test_amounts_are_exact_and_bounds_are_rounded_outwards(interval: Interval, unit: str, text: str) -> None:
    assert interval_text(interval, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "low_open", "high_open", "central", "text"),
    [
        (F(150, 49), F(550, 147), False, False, F(500, 147), "about 3.4×"),
        (F(10**8, 294000), None, True, True, None, "more than 340×"),
        (F(10**8, 294000), None, False, True, None, "at least 340×"),
        (F(0), F("0.7856"), True, True, None, "less than 0.786×"),
        (F(0), F(2), True, False, None, "at most 2×"),
        (F(0), None, True, True, None, "any ratio"),
        (F("3.0612"), F("3.7415"), False, False, None, "3.06× to 3.75×"),
        (F(2), F(2), False, False, F(2), "2×"),
        (F(2, 3), F(2, 3), False, False, F(2, 3), "about 0.667×"),
    ],
)
def test_ratios_are_told_to_the_safe_side(
    low: Fraction, high: Fraction | None, low_open: bool, high_open: bool, central: Fraction | None, text: str
) -> None:
    assert ratio_text(Ratio(Interval(low, high, low_open, high_open), central)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**37), max_value=10**37, places=6))
def test_every_amount_has_a_short_text(number: object) -> None:
    assert len(amount(number, "USD")) < 80  # type: ignore[arg-type]
