"""Cells of spreadsheets: what is read, what is refused, and that nothing is ever guessed."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain.number import format_number
from service.domain.spreadsheet_cells import guard, parse_number_cell, unguard
from service.domain.vocabulary import Qualifier
from service.errors import Invalid


@pytest.mark.parametrize(
    ("text", "value", "qualifier"),
    [
        ("294000", "294000", None),
        ("294,000", "294000", None),
        ("1,234,567.5", "1234567.5", None),
        ("1 234 567", "1234567", None),
        ("1\u202f234", "1234", None),
        ("1'234'567", "1234567", None),
        ("1.234", "1.234", None),
        ("5.576e6", "5576000", None),
        ("\u22125", "-5", None),
        ("≥ 5", "5", Qualifier.AT_LEAST),
        (">=1,000", "1000", Qualifier.AT_LEAST),
        ("≤5", "5", Qualifier.AT_MOST),
        ("> 100,000,000", "100000000", Qualifier.MORE_THAN),
        ("<2", "2", Qualifier.LESS_THAN),
        ("~6e6", "6000000", Qualifier.ABOUT),
    ],
)
def test_a_number_is_read_with_its_sign(text: str, value: str, qualifier: Qualifier | None) -> None:
    found = parse_number_cell(text)
    assert (format_number(found.value), found.qualifier) == (value, qualifier)


@pytest.mark.parametrize(
    "text",
    ["0,5", "0,123", "1,23", "1.234.567", "1.234,56", "12,34,567", "1,234 567", "1234,567", ",5", "1,,000", "$5",
     "5 million", "5M", "50%", "(5)", "5-6", "~>5", "five", "", "-", "٣", "５", "1e", "0x10", "1_0", "1e400",
     "nan", "9" * 200],
)  # fmt: skip
def test_what_is_no_number_or_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_number_cell(text)


@given(st.integers(-(10**20), 10**20), st.sampled_from([",", " ", "'"]))
def test_any_grouped_whole_number_is_itself(number: int, separator: str) -> None:
    assert parse_number_cell(f"{number:,}".replace(",", separator)).value == Decimal(number)


@given(st.text())
@example("=1+1")
@example("'=1")
@example("''@x")
def test_no_text_is_left_a_formula_and_none_is_lost(text: str) -> None:
    cell = guard(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(cell) == text
