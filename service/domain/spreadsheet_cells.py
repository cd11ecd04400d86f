"""Spreadsheet cells as people write them: numbers, dates, and text that could be taken for a formula.

Ambiguous forms are refused, never guessed: the meaning of `0,5` and `1.234.567` depends on the locale, and `1/2/2022`
is a day of January or of February.
"""

import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from service.domain.number import parse_number, stated_precision
from service.domain.period import MAX_LENGTH, parse_period
from service.domain.vocabulary import DateOrder, Qualifier
from service.errors import Invalid

_SIGNS = {
    "≥": Qualifier.AT_LEAST, ">=": Qualifier.AT_LEAST, "≤": Qualifier.AT_MOST, "<=": Qualifier.AT_MOST,
    ">": Qualifier.MORE_THAN, "<": Qualifier.LESS_THAN, "~": Qualifier.ABOUT, "≈": Qualifier.ABOUT,
}  # fmt: skip
_SIGN = re.compile(r"(>=|<=|[≥≤><~≈])\s*")
_SEPARATORS = ",_'’ \u00a0\u2009\u202f"
_GROUPED = re.compile(rf"([+-]?)([1-9][0-9]{{0,2}}(?:([{_SEPARATORS}])[0-9]{{3}})(?:\3[0-9]{{3}})*)(\.[0-9]+)?")
_MAX_CELL = 120
_NUMBER_ALONE = re.compile(rf"(?:(?:>=|<=|[≥≤><~≈])\s*)?[-+\u2212]?[0-9][0-9.{_SEPARATORS}]*(?:[eE][+-]?[0-9]+)?")
_TIME_OF_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}(?::[0-9.]{2,12})?(?:Z|[+-][0-9:]{4,5})?")
_QUARTER = re.compile(r"(?:Q([1-4])[ /-]?([1-9][0-9]{3})|([1-9][0-9]{3})[ /-]?Q([1-4]))", re.IGNORECASE)
_PARTS = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{1,4})")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_IN_WORDS = re.compile(
    r"(?:(?P<day>[0-9]{1,2}) )?(?P<month>[A-Za-z]{3,9})\.?(?: (?P<late>[0-9]{1,2}))?,? (?P<year>[1-9][0-9]{3})"
)
_CENTURY = 2000  # of two-digit years
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class Number(NamedTuple):
    """A number, the qualifier given by a sign before it, and one unit of the last digit that was written."""

    value: Decimal
    qualifier: Qualifier | None
    precision: Decimal | None


def parse_number_cell(text: str) -> Number:
    """Raises Invalid (pointer "") for text that is not a number, or is ambiguous."""
    if len(text) > _MAX_CELL:
        raise Invalid.at("", "This is too long to be a number.")
    text = text.strip().replace("\u2212", "-")
    sign = _SIGN.match(text)
    plain = text[sign.end() :] if sign else text
    if grouped := _GROUPED.fullmatch(plain):
        plain = grouped[1] + re.sub(rf"[{_SEPARATORS}]", "", grouped[2]) + (grouped[4] or "")
    elif "," in plain or plain.count(".") > 1:
        detail = "This can be read in two ways. Write a point before decimals, and commas between groups of three only."
        raise Invalid.at("", detail)
    try:
        value = parse_number(plain)
    except Invalid:
        raise Invalid.at("", _number_hint(plain)) from None
    return Number(value, _SIGNS[sign[1]] if sign else None, stated_precision(plain))


def is_number_cell(text: str) -> bool:
    """Whether a cell is meant as a number alone, in digits, whatever its separators; else it may be a phrase."""
    return _NUMBER_ALONE.fullmatch(text.strip()) is not None


def _number_hint(text: str) -> str:
    if re.search(r"[%$€£¥]|[A-Za-z]{3}", text):
        return "Give the number alone: put the unit into its own column, and write out millions."
    return "This is not a number. Write digits such as 294000, 294,000 or 5.576e6; before them ≥ ≤ ~ > < if need be."


def parse_date_cell(text: str, order: DateOrder | None = None) -> str:
    """The date as EDTF. Accepts EDTF, an ISO 8601 time (its day), `Q1 2024`, English words such as `April 3, 2023`,
    `A to B`, and, with an `order`, dates such as 1/31/2022, where a two-digit year is of this century. Raises Invalid
    (pointer "").
    """
    text = text.strip()
    if len(text) > 2 * MAX_LENGTH:
        raise Invalid.at("", f"A date has at most {MAX_LENGTH} characters.")
    first, to, last = text.partition(" to ")
    edtf = f"{_date(first, order)}/{_date(last, order)}" if to else _date(text, order)
    parse_period(edtf)
    return edtf


def _date(text: str, order: DateOrder | None) -> str:
    text = text.strip()
    if time := _TIME_OF_DAY.fullmatch(text):
        return time[1]
    if quarter := _QUARTER.fullmatch(text):
        year, number = (quarter[2], quarter[1]) if quarter[1] else (quarter[3], quarter[4])
        return f"{year}-{32 + int(number)}"
    if words := _IN_WORDS.fullmatch(" ".join(text.split())):
        return _in_words(words) or text
    parts = _PARTS.fullmatch(text)
    if parts is None or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return text  # the EDTF parser accepts or refuses it
    if order is None:
        detail = "Day and month can be read in two orders. Write 2022-01-31, or say which order with date_order."
        raise Invalid.at("", detail)
    return _in_order(dict(zip(order, (parts[1], parts[3], parts[4]), strict=True)))


def _in_words(parts: re.Match[str]) -> str | None:
    """None if the month is unknown, or if two days are given."""
    name = parts["month"].lower()
    month = next((number for number, full in enumerate(_MONTHS, 1) if full.startswith(name)), None)
    if month is None or (parts["day"] and parts["late"]):
        return None
    day = parts["day"] or parts["late"]
    return f"{parts['year']}-{month:02}" + (f"-{int(day):02}" if day else "")


def _in_order(parts: dict[str, str]) -> str:
    year, month, day = (int(parts[name]) for name in "ymd")
    if len(parts["y"]) not in (2, 4) or max(len(parts["m"]), len(parts["d"])) > 2:
        raise Invalid.at("", "The parts of this date are not in the order that date_order says.")
    try:
        return date(year + _CENTURY if len(parts["y"]) == 2 else year, month, day).isoformat()
    except ValueError:
        raise Invalid.at("", "No calendar day, read in the order of date_order.") from None


def guard(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula. `unguard` reverses this for any text."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
