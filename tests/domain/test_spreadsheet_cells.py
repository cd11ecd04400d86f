"""Cells of spreadsheets: what is read, what is refused, and that nothing is ever guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain.number import format_number
from service.domain.spreadsheet_cells import guard, parse_date_cell, parse_number_cell, unguard
from service.domain.vocabulary import DateOrder, Qualifier
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


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("2024", "2024"),
        ("2024-33~", "2024-33~"),
        ("Q1 2024", "2024-33"),
        ("2024-Q4", "2024-36"),
        ("2025-07-22T00:00:00.000Z", "2025-07-22"),
        ("2024 to 2025-06", "2024/2025-06"),
        (".. to 2024", "../2024"),
        ("April 3, 2023", "2023-04-03"),
        ("3 Sept. 2023", "2023-09-03"),
        ("march  2023", "2023-03"),
        ("Jan 2024 to Feb 2024", "2024-01/2024-02"),
    ],
)
def test_a_date_is_read_as_edtf(text: str, edtf: str) -> None:
    assert parse_date_cell(text) == edtf


@pytest.mark.parametrize(
    ("text", "order", "edtf"),
    [
        ("1/31/2022", DateOrder.MDY, "2022-01-31"),
        ("31.1.2022", DateOrder.DMY, "2022-01-31"),
        ("2022/1/31", DateOrder.YMD, "2022-01-31"),
        ("1/1/23 to 12/31/24", DateOrder.MDY, "2023-01-01/2024-12-31"),
        ("2024-05", DateOrder.MDY, "2024-05"),
    ],
)
def test_an_order_makes_dates_of_numbers_plain(text: str, order: DateOrder, edtf: str) -> None:
    assert parse_date_cell(text, order) == edtf


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("1/2/2022", None),
        ("31/1/2022", None),
        ("31/1/2022", DateOrder.MDY),
        ("2022/1/31", DateOrder.MDY),
        ("1/31/222", DateOrder.MDY),
        ("2/29/2023", DateOrder.MDY),
        ("Q5 2024", None),
        ("Brumaire 2024", None),
        ("April 31, 2023", None),
        ("3 April 4, 2023", None),
        ("2024 to", None),
        ("x" * 1000, None),
    ],
)
def test_a_date_that_could_be_another_is_refused(text: str, order: DateOrder | None) -> None:
    with pytest.raises(Invalid):
        parse_date_cell(text, order)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(DateOrder))
def test_any_day_is_read_in_any_order(day: date, order: DateOrder) -> None:
    parts = {"y": day.year, "m": day.month, "d": day.day}
    assert parse_date_cell("/".join(str(parts[name]) for name in order), order) == day.isoformat()


@given(st.text())
@example("=1+1")
@example("'=1")
@example("''@x")
def test_no_text_is_left_a_formula_and_none_is_lost(text: str) -> None:
    cell = guard(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(cell) == text
