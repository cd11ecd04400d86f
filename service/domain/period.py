"""Dates as people state them: a small, strict subset of EDTF (ISO 8601-2), and the days they span.

`YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYY-33` to `YYYY-36` (quarters), `YYYX` as in `202X`, each followed by at most one of
`?`, `~`, `%`; intervals `A/B`, `A/..`, `../B`. Years 1000 to 9999, real days only, A not after B, at most 40
characters. Marks of approximation do not widen the span.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from service.errors import Invalid

MAX_LENGTH = 40
_POINT = re.compile(
    r"(?:(?P<decade>[1-9][0-9]{2})X|(?P<year>[1-9][0-9]{3})(?:-(?P<part>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?)(?P<mark>[?~%])?"
)
_HINT = (
    "Write a date as 2025, 2025-09, 2025-09-17, Q1 2025, H1 2025, FY2025-09, 202X, with ?, ~ or % after a date in "
    "digits, or an interval A/B."
)


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both included. `date.min` and `date.max` mean an open end."""

    earliest: date
    latest: date
    approximate: bool = False


def _span(match: re.Match[str]) -> tuple[date, date]:
    if match["decade"]:
        first = int(match["decade"]) * 10
        return date(first, 1, 1), date(first + 9, 12, 31)
    year = int(match["year"])
    if match["part"] is None:
        return date(year, 1, 1), date(year, 12, 31)
    part = int(match["part"])
    if match["day"] is not None:
        day = date(year, part, int(match["day"]))
        return day, day
    if 33 <= part <= 36:
        month = (part - 33) * 3 + 1
        return date(year, month, 1), date(year, month + 2, calendar.monthrange(year, month + 2)[1])
    return date(year, part, 1), date(year, part, calendar.monthrange(year, part)[1])


def _point(text: str) -> Period:
    match = _POINT.fullmatch(text)
    if match is None:
        raise Invalid.at("", f"Not a date this service reads. {_HINT}")
    try:
        earliest, latest = _span(match)
    except ValueError:
        raise Invalid.at("", "This day or month does not exist.") from None
    return Period(earliest, latest, match["mark"] is not None)


@lru_cache(maxsize=4_096)  # most claims have the same few dates, which every comparison parses
def parse_period(text: str) -> Period:
    """Raises Invalid (pointer "") for text that is not in the grammar or not in the calendar."""
    if len(text) > MAX_LENGTH:
        raise Invalid.at("", f"A date has at most {MAX_LENGTH} characters.")
    start, slash, end = text.partition("/")
    if not slash:
        return _point(text)
    if start == end == "..":
        raise Invalid.at("", "An interval needs at least one date.")
    first = Period(date.min, date.min) if start == ".." else _point(start)
    last = Period(date.max, date.max) if end == ".." else _point(end)
    if first.earliest > last.latest:
        raise Invalid.at("", "The interval ends before it begins.")
    return Period(first.earliest, last.latest, first.approximate or last.approximate)


def fiscal_year(year: int, month: int) -> tuple[date, date]:
    """The first and last day of the fiscal year that ends with this month."""
    first = date(year, 1, 1) if month == 12 else date(year - 1, month + 1, 1)
    return first, date(year, month, calendar.monthrange(year, month)[1])


def _last_of_month(day: date) -> bool:
    return day == date.max or (day + timedelta(days=1)).day == 1


def canonical_period(earliest: date, latest: date) -> str:
    """The shortest EDTF text that spans exactly these days: `2023` for 2023-01-01/2023-12-31."""
    if earliest == date.min or latest == date.max:
        start = ".." if earliest == date.min else earliest.isoformat()
        return f"{start}/{'..' if latest == date.max else latest.isoformat()}"
    if earliest == latest:
        return earliest.isoformat()
    whole_months = earliest.day == 1 and _last_of_month(latest)
    if whole_months and earliest.month == 1 and latest.month == 12:
        if earliest.year == latest.year:
            return f"{earliest.year}"
        if earliest.year % 10 == 0 and latest.year == earliest.year + 9:
            return f"{earliest.year // 10}X"
        return f"{earliest.year}/{latest.year}"
    if whole_months:
        if (earliest.year, earliest.month) == (latest.year, latest.month):
            return f"{earliest:%Y-%m}"
        if earliest.year == latest.year and earliest.month % 3 == 1 and latest.month == earliest.month + 2:
            return f"{earliest.year}-{33 + earliest.month // 3}"
        return f"{earliest:%Y-%m}/{latest:%Y-%m}"
    return f"{earliest.isoformat()}/{latest.isoformat()}"


def period_in_words(text: str) -> str:
    """A period as people write it: `Q1 2022` for `2022-33`, `the 2020s` for `202X`, `2020 to 2022` for `2020/2022`."""
    start, slash, end = text.partition("/")
    if slash:
        return f"{'up' if start == '..' else _date_in_words(start)} to {'now' if end == '..' else _date_in_words(end)}"
    return _date_in_words(text)


def _date_in_words(text: str) -> str:
    match = _POINT.fullmatch(text)
    if match is None:
        return text
    if match["decade"]:
        return f"the {match['decade']}0s"
    part = int(match["part"] or 0)
    return f"Q{part - 32} {match['year']}" if 33 <= part <= 36 and match["mark"] is None else text
