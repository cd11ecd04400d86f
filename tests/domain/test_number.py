from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.number import canonical, format_number, parse_number, stated_precision
from service.errors import Invalid

in_bounds = st.builds(
    lambda sign, digits, places: Decimal(sign * digits).scaleb(-places),
    st.sampled_from([1, -1]),
    st.integers(0, 10**20 - 1),
    st.integers(0, 18),
)


@given(in_bounds)
def test_text_and_number_are_two_forms_of_one_value(number: Decimal) -> None:
    text = format_number(canonical(number))
    assert parse_number(text) == number
    assert format_number(parse_number(text)) == text
    assert "e" not in text.lower()
    assert text != "-0"
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("294000", "294000"),
        ("5.576e6", "5576000"),
        ("1E-18", "0.000000000000000001"),
        ("-0.0", "0"),
        ("007.50", "7.5"),
        (".5", "0.5"),
        (3, "3"),
        (Decimal("4.64E+26"), "464000000000000000000000000"),
        ("9" * 38, "9" * 38),
    ],
)
def test_every_way_to_write_a_number_has_one_text(raw: object, text: str) -> None:
    assert format_number(parse_number(raw)) == text


@pytest.mark.parametrize(
    "raw",
    ["", "abc", "NaN", "Infinity", "1e400", "1E+100000000", "1" * 5000, "1e-19", "9" * 39, "1e38", "1,000", "1_000",
     "٣", " 1", "0x10", True, None, 1.5, 10**400, Decimal("1E+100000000"), Decimal("NaN"), []],
)  # fmt: skip
def test_what_is_no_number_or_out_of_bounds_is_refused(raw: object) -> None:
    with pytest.raises(Invalid):
        parse_number(raw)


@pytest.mark.parametrize(
    ("written", "precision"),
    [("5500000", "100000"), ("0.25", "0.01"), ("6000000", "1000000"), ("512", "1"), ("120", "10"), ("0", "1"),
     ("2.00", "0.01"), ("294000", "1000"), ("5.60e6", "10000"), ("5576000.0", "0.1"), ("0.000", "0.001"),
     ("-50", "10"), (5576000, "1000"), (Decimal("2.50"), "0.01"), (0, "1")],
)  # fmt: skip
def test_the_precision_is_one_unit_of_the_last_stated_digit(written: object, precision: str) -> None:
    assert stated_precision(written) == Decimal(precision)


def test_what_is_no_number_has_no_precision() -> None:
    assert stated_precision("about 5") is None
