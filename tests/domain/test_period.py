from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.period import Period, canonical_period, parse_period, period_in_words
from service.errors import Invalid


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "approximate"),
    [
        ("2023", "2023-01-01", "2023-12-31", False),
        ("2023~", "2023-01-01", "2023-12-31", True),
        ("2025-01~", "2025-01-01", "2025-01-31", True),
        ("2024-02", "2024-02-01", "2024-02-29", False),
        ("2024-33", "2024-01-01", "2024-03-31", False),
        ("2024-33~", "2024-01-01", "2024-03-31", True),
        ("2024-36?", "2024-10-01", "2024-12-31", True),
        ("202X", "2020-01-01", "2029-12-31", False),
        ("2025-09-17%", "2025-09-17", "2025-09-17", True),
        ("2023/2024-06", "2023-01-01", "2024-06-30", False),
        ("2023-05/..", "2023-05-01", "9999-12-31", False),
        ("../2023-05", "0001-01-01", "2023-05-31", False),
        ("2023-04-13~/2023-04-14~", "2023-04-13", "2023-04-14", True),
    ],
)
def test_a_date_spans_its_days(text: str, earliest: str, latest: str, approximate: bool) -> None:
    expected = Period(date.fromisoformat(earliest), date.fromisoformat(latest), approximate)
    assert parse_period(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "25", "2025-2", "2025-13", "2025-00", "2025-02-29", "2025-04-31", "2024-32", "2024-37", "2024-33-01", "0999",
     "2025-09-17T00:00", "2025/2024", "../..", "/", "2025/", "/2025", "2025//2026", "2025~~", "2025?~", "20XX", "202x",
     "２０２５", "2025\n", " 2025", "2025/2026/2027", "2023-01-01~/2023-01-02~" + "~" * 40],
)  # fmt: skip
def test_what_is_outside_the_grammar_or_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_period(text)


days = st.dates(date(1000, 1, 1), date(9998, 12, 31))


@given(days, st.integers(0, 4000))
def test_the_canonical_text_spans_just_those_days(first: date, length: int) -> None:
    last = first + timedelta(days=min(length, (date(9998, 12, 31) - first).days))
    found = parse_period(canonical_period(first, last))
    assert (found.earliest, found.latest) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "2023",
        "2023-05",
        "2023-05-01",
        "2024-34",
        "202X",
        "2020/2022",
        "2023-05/2023-08",
        "2023-05-01/..",
        "../2023-05-31",
    ],
)
def test_the_canonical_text_is_the_shortest(text: str) -> None:
    period = parse_period(text)
    assert canonical_period(period.earliest, period.latest) == text


@given(st.text(max_size=45))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        found = parse_period(text)
    except Invalid:
        return
    assert found.earliest <= found.latest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2022-33", "Q1 2022"),
        ("2022-36", "Q4 2022"),
        ("2022", "2022"),
        ("2022-03", "2022-03"),
        ("2022-03-01", "2022-03-01"),
        ("202X", "the 2020s"),
        ("2022~", "2022~"),
        ("2020/2022", "2020 to 2022"),
        ("2020-33/..", "Q1 2020 to now"),
        ("../2020", "up to 2020"),
    ],
)
def test_a_period_is_written_in_words(text: str, words: str) -> None:
    assert period_in_words(text) == words
