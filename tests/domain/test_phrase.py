"""Phrases of numbers: a table of readings, written before the grammar, and what holds for any text."""

import contextlib
import csv
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.number import format_number
from service.domain.phrase import Phrase, Unreadable, read_phrase

_TABLE = Path(__file__).with_name("phrase_cases.csv")
with _TABLE.open(encoding="utf-8", newline="") as _file:
    CASES = list(csv.DictReader(_file))


def decimal_sign(case: dict[str, str]) -> str | None:
    return "," if case["decimal"] == "," else None


def as_row(phrase: Phrase) -> dict[str, str]:
    numbers = {name: getattr(phrase, name) for name in ("value", "lower", "upper", "precision")}
    return {
        "qualifier": str(phrase.qualifier),
        **{name: "" if number is None else format_number(number) for name, number in numbers.items()},
        "unit": phrase.unit or "",
        "noun": phrase.noun or "",
    }


@pytest.mark.parametrize("case", CASES, ids=[f"{c['text']}{c['decimal'] and ' with a comma'}" for c in CASES])
def test_a_phrase_is_read_as_the_table_says(case: dict[str, str]) -> None:
    if case["refused"]:
        with pytest.raises(Unreadable) as refused:
            read_phrase(case["text"], decimal_sign(case))
        assert str(refused.value.doubt) == case["refused"]
        return
    found = as_row(read_phrase(case["text"], decimal_sign(case)))
    assert found == {name: case[name] for name in found}


@given(
    st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=3, allow_nan=False),
    st.sampled_from(["", "about ", "more than ", "at least ", "less than ", "at most "]),
    st.sampled_from(["", " GPUs", " hours", " EUR", " training runs", "%"]),
)
def test_a_number_that_is_written_out_is_read_back(number: Decimal, words: str, unit: str) -> None:
    found = read_phrase(f"{words}{number:,.4f}{unit}")  # four decimals, so that they cannot be thousands
    assert number in (found.value, found.lower, found.upper)
    assert sum(end is not None for end in (found.value, found.lower, found.upper)) == 1


@given(
    st.decimals(min_value=1, max_value=Decimal("1e9"), places=2, allow_nan=False),
    st.decimals(min_value=1, max_value=Decimal("1e9"), places=2, allow_nan=False),
)
def test_a_range_is_read_back(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    for text in (f"{low:,.2f}–{high:,.2f}", f"between {low:,.2f} and {high:,.2f}", f"{low:.2f} to {high:.2f}"):
        found = read_phrase(text)
        assert (found.lower, found.upper) == (low, high)


@given(st.text(max_size=200) | st.text(alphabet="0123456789.,'- –kmb$€%±+eE to", max_size=200))
def test_any_text_has_a_reading_or_is_refused(text: str) -> None:
    try:
        found = read_phrase(text)
    except Unreadable:
        return
    if found.lower is not None and found.upper is not None:
        assert found.lower <= found.upper


@pytest.mark.parametrize(
    "text",
    ["1," * 100, "1 " * 100, "1'111" * 40, "-" * 200, "to " * 66, "a few " * 33, "more than " * 20, "9" * 200, "1e999",
     "½", "١٢٣", "x" * 201, "{" * 200],
)  # fmt: skip
def test_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    for _ in range(10):
        with contextlib.suppress(Unreadable):
            read_phrase(text)
    assert time.process_time() - began < 0.1


def test_a_phrase_takes_at_most_a_millisecond() -> None:
    texts = [case["text"] for case in CASES if not case["refused"] and not case["decimal"]]
    began = time.process_time()
    for text in texts:
        read_phrase(text)
    assert time.process_time() - began < 0.001 * len(texts)
