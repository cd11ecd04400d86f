"""Short numbers: three digits, to the safe side."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.compact import compact, compact_factor, compact_stated, exact_stated
from service.domain.figure import Stated
from service.domain.vocabulary import Qualifier


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        ("294000", "USD", "$294K"), ("1600000000", "USD", "$1.6B"), ("5576000", "USD", "$5.58M"), ("2", "USD", "$2"),
        ("999999", "USD", "$1M"), ("147000", "GPU.hour", "147K GPU-hours"), ("512", "GPU", "512 GPUs"),
        ("0", "GPU", "0 GPUs"),
        ("-2500000", "USD", "−$2.5M"), ("4.56e24", "FLOP", "4.56×10^24 FLOP"), ("0.5", "1", "0.5"),
        ("1234", "USD/GPU.hour", "$1.23K per GPU-hour"), ("999", "{people}", "999 people"),
    ],
)  # fmt: skip
def test_numbers_are_short(number: str, unit: str, text: str) -> None:
    assert compact(Fraction(Decimal(number)), unit) == text


@pytest.mark.parametrize(
    ("qualifier", "numbers", "short", "exact"),
    [
        (Qualifier.EXACT, {"value": "5576000"}, "$5.58M", "5,576,000 USD"),
        (Qualifier.ABOUT, {"value": "1000000"}, "about $1M", "about 1,000,000 USD"),
        (Qualifier.MORE_THAN, {"lower": "100999999"}, "more than $100M", "more than 100,999,999 USD"),
        (Qualifier.LESS_THAN, {"upper": "10011"}, "less than $10.1K", "less than 10,011 USD"),
        (Qualifier.BETWEEN, {"lower": "5000001", "upper": "10000001"}, "$5M to $10.1M", "5,000,001 to 10,000,001 USD"),
        (Qualifier.EXACT, {"value": "10", "lower": "5", "upper": "20"}, "$10 ($5 to $20)", "10 (5 to 20) USD"),
        (Qualifier.EXACT, {"value": "10.25", "upper": "20"}, "$10.2 (up to $20)", "10.25 (up to 20) USD"),
    ],
)
def test_a_figure_is_told_as_it_was_stated(qualifier: Qualifier, numbers: Any, short: str, exact: str) -> None:
    fields: Any = {name: Decimal(text) for name, text in numbers.items()}
    figure = Stated(qualifier, **fields)
    assert compact_stated(figure, "USD") == short
    assert exact_stated(figure, "USD") == exact


def test_what_is_vague_is_quoted() -> None:
    figure = Stated(Qualifier.VAGUE, stated_as="a few tens of millions")
    assert compact_stated(figure, "USD") == exact_stated(figure, "USD") == "“a few tens of millions”"


@given(st.decimals(min_value=Decimal("-1e30"), max_value=Decimal("1e30"), places=4))
def test_any_number_is_short(number: Decimal) -> None:
    assert len(compact(Fraction(number), "USD")) <= 12
    assert compact_factor(Fraction(number)).endswith("×")
