"""Dates as people write them: what is read, what is refused, and that nothing is ever guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.date_phrase import read_date
from service.domain.period import canonical_period, parse_period
from service.domain.vocabulary import DateOrder
from service.errors import Invalid


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
        ("H1 2024", "2024-01/2024-06"),
        ("2024-h2", "2024-07/2024-12"),
        ("H2 2023 to Q1 2024", "2023-07/2024-33"),
        ("FY2024-09", "2023-10/2024-09"),
        ("fiscal year 2024-12", "2024"),
        ("FY2023-06 to FY2024-06", "2022-07/2024-06"),
        ("summer 2024", "2024-06~/2024-08~"),
        ("Fall of 2023", "2023-09~/2023-11~"),
        ("winter 2023/24", "2023-12~/2024-02~"),
        ("Winter 1999-2000", "1999-12~/2000-02~"),
    ],
)
def test_a_date_is_read_as_edtf(text: str, edtf: str) -> None:
    assert read_date(text) == edtf


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
    assert read_date(text, order) == edtf


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
        ("H3 2024", None),
        ("FY2024", None),
        ("FY24", None),
        ("FY2023/24", None),
        ("FY2024-13", None),
        ("winter 2024", None),
        ("winter 2023/25", None),
        ("summer 2023/24", None),
        ("2023-24", None),
        ("2019/20", None),
        ("Brumaire 2024", None),
        ("April 31, 2023", None),
        ("3 April 4, 2023", None),
        ("2024 to", None),
        ("x" * 1000, None),
    ],
)
def test_a_date_that_could_be_another_is_refused(text: str, order: DateOrder | None) -> None:
    with pytest.raises(Invalid):
        read_date(text, order)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(DateOrder))
def test_any_day_is_read_in_any_order(day: date, order: DateOrder) -> None:
    parts = {"y": day.year, "m": day.month, "d": day.day}
    assert read_date("/".join(str(parts[name]) for name in order), order) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "hint"),
    [("FY2024", "FY2024-09"), ("winter 2024", "winter 2024/25"), ("2023-24", "2023/2024"), ("1/2/22", "date_order")],
)
def test_a_refused_date_comes_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(Invalid, match=hint):
        read_date(text)


@given(st.dates(date(1000, 1, 1), date(9999, 1, 1)), st.integers(0, 800))
def test_what_is_read_is_read_again_as_the_same(first: date, days: int) -> None:
    last = date.fromordinal(min(first.toordinal() + days, date.max.toordinal()))
    text = canonical_period(first, last)
    period = parse_period(read_date(text))
    assert read_date(text) == text
    assert (period.earliest, period.latest) == (first, last)


@given(st.text(max_size=45))
def test_any_text_is_read_as_a_period_or_refused(text: str) -> None:
    try:
        edtf = read_date(text)
    except Invalid:
        return
    assert read_date(edtf) == edtf
