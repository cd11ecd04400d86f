"""Spreadsheet cells as people write them: numbers, dates, and text that could be taken for a formula.

Ambiguous forms are refused, never guessed: the meaning of `0,5` and `1.234.567` depends on the locale, and `1/2/2022`
is a day of January or of February.
"""

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from service.domain.number import parse_number, stated_precision
from service.domain.vocabulary import Qualifier
from service.errors import Invalid

_SIGNS = {
    "≥": Qualifier.AT_LEAST, ">=": Qualifier.AT_LEAST, "≤": Qualifier.AT_MOST, "<=": Qualifier.AT_MOST,
    ">": Qualifier.MORE_THAN, "<": Qualifier.LESS_THAN, "~": Qualifier.ABOUT, "≈": Qualifier.ABOUT,
}  # fmt: skip
_SIGN = re.compile(r"(>=|<=|[≥≤><~≈])\s*")
_SEPARATORS = ",_'’ \u00a0\u2009\u202f"
_MAX_CELL = 120
_NUMBER_ALONE = re.compile(rf"(?:{_SIGN.pattern})?[-+\u2212]?[0-9][0-9.{_SEPARATORS}]*(?:[eE][+-]?[0-9]+)?")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class NumberStyle(NamedTuple):
    """The signs before decimals and between groups of three digits, as far as they are known."""

    decimal: str | None = None
    thousands: str | None = None

    @property
    def is_given(self) -> bool:
        return self.decimal is not None or self.thousands is not None

    @property
    def decimal_sign(self) -> str:
        """A point, unless that stands between groups."""
        return self.decimal or ("," if self.thousands == "." else ".")

    @property
    def separators(self) -> str:
        """The signs that can stand between groups."""
        return self.thousands or _SEPARATORS.replace(",", "." if self.decimal_sign == "," else ",")


PLAIN = NumberStyle()


class Number(NamedTuple):
    """A number, the qualifier given by a sign before it, and one unit of the last digit that was written."""

    value: Decimal
    qualifier: Qualifier | None
    precision: Decimal | None


@cache
def _grouped(style: NumberStyle) -> re.Pattern[str]:
    separators, decimal = re.escape(style.separators), re.escape(style.decimal_sign)
    return re.compile(
        rf"([+-]?)([1-9][0-9]{{0,2}}(?:([{separators}])[0-9]{{3}})(?:\3[0-9]{{3}})*)(?:{decimal}([0-9]+))?"
    )


def parse_number_cell(text: str, style: NumberStyle = PLAIN) -> Number:
    """Raises Invalid (pointer "") for text that is not a number, or is ambiguous."""
    if len(text) > _MAX_CELL:
        raise Invalid.at("", "This is too long to be a number.")
    text = text.strip().replace("\u2212", "-")
    sign = _SIGN.match(text)
    plain = text[sign.end() :] if sign else text
    if grouped := _grouped(style).fullmatch(plain):
        plain = grouped[1] + grouped[2].replace(grouped[3], "") + (f".{grouped[4]}" if grouped[4] else "")
    elif style.decimal_sign == ",":
        if "." in plain or plain.count(",") > 1:
            raise Invalid.at("", "This can be read in two ways, where a comma is the sign before decimals.")
        plain = plain.replace(",", ".")
    elif "," in plain or plain.count(".") > 1:
        detail = "This can be read in two ways. Write a point before decimals, and commas between groups of three only."
        raise Invalid.at("", f"{detail} An import can name the signs (decimal, thousands).")
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


def guard(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula. `unguard` reverses this for any text."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
