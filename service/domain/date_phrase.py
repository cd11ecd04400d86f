"""Dates as people write them, read as EDTF: `Q3 2024`, `H1 2024`, `FY2024-09`, `spring 2024`, `April 3, 2023`.

What can be read in two ways is refused: `1/2/2022` without an order; `FY2024`, whose last month differs from company to
company; `winter 2024`, which may begin or end in that year; and `2023-24`, which is a winter in EDTF and two years to
most people. So EDTF's codes of seasons are not used: a season is read as its months in the northern hemisphere,
approximately.
"""

import re
from datetime import date

from service.domain.period import MAX_LENGTH, canonical_period, fiscal_year, parse_period
from service.domain.vocabulary import DateOrder
from service.errors import Invalid

_TIME_OF_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}(?::[0-9.]{2,12})?(?:Z|[+-][0-9:]{4,5})?")
_PART_OF_YEAR = re.compile(
    r"(?:(?P<part>Q[1-4]|H[12])[ /-]?(?P<year>[1-9][0-9]{3})|(?P<first>[1-9][0-9]{3})[ /-]?(?P<second>Q[1-4]|H[12]))",
    re.IGNORECASE,
)
_HALVES = {"H1": "{0}-01/{0}-06", "H2": "{0}-07/{0}-12"}
_FISCAL = re.compile(r"(?:FY|fiscal year) ?(?P<year>[1-9][0-9]{3})-(?P<month>0[1-9]|1[0-2])", re.IGNORECASE)
_FISCAL_ALONE = re.compile(r"(?:FY|fiscal year) ?'?[0-9]{2,4}(?:[/-][0-9]{2,4})?", re.IGNORECASE)
_SEASON = re.compile(
    r"(?P<season>spring|summer|autumn|fall|winter)(?: of)? (?P<year>[1-9][0-9]{3})(?:[/-](?P<next>[0-9]{2}|[0-9]{4}))?",
    re.IGNORECASE,
)
_SEASONS = {"spring": "{0}-03~/{0}-05~", "summer": "{0}-06~/{0}-08~", "autumn": "{0}-09~/{0}-11~",
            "fall": "{0}-09~/{0}-11~", "winter": "{0}-12~/{1}-02~"}  # fmt: skip
_TWO_YEARS = re.compile(r"([1-9][0-9]{3})[-/\u2013]([0-9]{2})")
_PARTS = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{1,4})")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_IN_WORDS = re.compile(
    r"(?:(?P<day>[0-9]{1,2}) )?(?P<month>[A-Za-z]{3,9})\.?(?: (?P<late>[0-9]{1,2}))?,? (?P<year>[1-9][0-9]{3})"
)
_CENTURY = 2000  # of two-digit years


def read_date(text: str, order: DateOrder | None = None) -> str:
    """The date as EDTF. Accepts EDTF, an ISO 8601 time (its day), parts of a year, fiscal years by their last month,
    seasons, English words, `A to B`, and, with an `order`, dates such as 1/31/2022, where a two-digit year is of this
    century. Raises Invalid (pointer "").
    """
    text = text.strip()
    if len(text) > 2 * MAX_LENGTH:
        raise Invalid.at("", f"A date has at most {MAX_LENGTH} characters.")
    first, to, last = text.partition(" to ")
    edtf = _between(_date(first, order), _date(last, order)) if to else _date(text, order)
    parse_period(edtf)
    return edtf


def _between(first: str, last: str) -> str:
    """From the first day of one date to the last day of another; either may be an interval already."""
    return f"{first.partition('/')[0]}/{last.rpartition('/')[2]}"


def _date(text: str, order: DateOrder | None) -> str:
    text = " ".join(text.split())
    if time := _TIME_OF_DAY.fullmatch(text):
        return time[1]
    if part := _PART_OF_YEAR.fullmatch(text):
        return _part_of_year(part["year"] or part["first"], (part["part"] or part["second"]).upper())
    if fiscal := _FISCAL.fullmatch(text):
        year, month = int(fiscal["year"]), int(fiscal["month"])
        if month == (year + 1) % 100:  # FY2009-10
            detail = f"This may be the two years {year} and {year + 1}, or end in month {month}."
            raise Invalid.at("", f"{detail} Write its months, such as {year - 1}-11/{year}-10.")
        return canonical_period(*fiscal_year(year, month))
    if _FISCAL_ALONE.fullmatch(text):
        detail = "Fiscal years end in different months. Write FY2024-09 for the one that ends in September 2024."
        raise Invalid.at("", detail)
    if season := _SEASON.fullmatch(text):
        return _season(season["season"].lower(), int(season["year"]), season["next"])
    if (years := _TWO_YEARS.fullmatch(text)) and int(years[2]) == (int(years[1]) + 1) % 100 and int(years[2]) > 12:
        first = int(years[1])
        raise Invalid.at("", f"Write {first}/{first + 1} for both years, or winter {first}/{years[2]} for that winter.")
    if words := _IN_WORDS.fullmatch(text):
        return _in_words(words) or text
    parts = _PARTS.fullmatch(text)
    if parts is None or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return text  # the EDTF parser accepts or refuses it
    if order is None:
        detail = "Day and month can be read in two orders. Write 2022-01-31; an import can name the order (date_order)."
        raise Invalid.at("", detail)
    return _in_order(dict(zip(order, (parts[1], parts[3], parts[4]), strict=True)))


def _part_of_year(year: str, part: str) -> str:
    return _HALVES[part].format(year) if part in _HALVES else f"{year}-{32 + int(part[1])}"


def _season(season: str, year: int, following: str | None) -> str:
    if season == "winter" and following is None:
        detail = f"Winter {year} may begin or end in {year}. Write winter {year}/{(year + 1) % 100:02} for the former."
        raise Invalid.at("", detail)
    if following is not None and (season != "winter" or following not in (str(year + 1), str(year + 1)[2:])):
        raise Invalid.at("", "Only a winter lies in two years, and these follow each other.")
    return _SEASONS[season].format(year, year + 1)


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
