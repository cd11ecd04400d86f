"""Conversions against an independent calculation in fractions, from the bank's own file."""

import csv
import io
import random
import zipfile
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

import pytest

from service.db.engine import Database
from service.domain.exchange_rates import Days
from service.store.comparisons.exchange_rates import ExchangeRates
from service.store.operations.reference_series import load_rates
from service.transfer.reference_files import carried_rates, read_rates

TRIPLES = 10_000
# weekends, holidays, partial years, currencies that ended, the gap in ISK, the change from TRL to TRY
CHOSEN = ["HRK", "RUB", "BGN", "ISK", "TRL", "TRY", "USD", "GBP", "JPY", "EUR", "KRW", "CNY"]


@cache
def published() -> dict[str, dict[date, Fraction]]:
    """The units of each currency for one euro, by day."""
    path = carried_rates()
    assert path is not None
    with zipfile.ZipFile(path) as archive:
        content = archive.read(archive.namelist()[0]).decode()
    found: dict[str, dict[date, Fraction]] = {}
    for row in csv.DictReader(io.StringIO(content)):
        for code, text in row.items():
            if code and code != "Date" and text not in (None, "", "N/A"):
                found.setdefault(code, {})[date.fromisoformat(row["Date"])] = Fraction(text)
    return found


def on(currency: str, day: date) -> Fraction | None:
    if currency == "EUR":
        return Fraction(1)
    quotes = published().get(currency, {})
    return next((quotes[day - timedelta(n)] for n in range(6) if day - timedelta(n) in quotes), None)


def expected(own: str, target: str, first: date, last: date) -> tuple[Fraction, Fraction] | None:
    rates = []
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        one, other = on(own, day), on(target, day)
        if one is None or other is None:
            return None
        rates.append(other / one)
    return min(rates), max(rates)


def triples() -> list[tuple[str, str, date, date]]:
    chance = random.Random(20_260_101)
    newest = max(published()["USD"])
    made = [("EUR", "USD", newest, newest + timedelta(n)) for n in range(8)]
    made += [("TRL", "TRY", date(2004, 12, 1), date(2005, 1, 31)), ("HRK", "USD", date(2022, 1, 1), date(2022, 12, 31))]
    while len(made) < TRIPLES:
        own, target = chance.choice(CHOSEN), chance.choice(CHOSEN)
        first = date(1998, 12, 1) + timedelta(chance.randrange(10_300))
        length = chance.choice([0, 0, 0, 1, 2, 6, 30]) if chance.random() < 0.98 else 365
        made.append((own, target, first, first + timedelta(length)))
    return made


@pytest.mark.parametrize("kind", ["sqlite"])
def test_ten_thousand_ranges_are_those_of_the_published_rates(database: Database) -> None:
    path = carried_rates()
    assert path is not None
    file = read_rates(path)
    assert load_rates(database, file.version, file.rates, (file.first_day, file.last_day), lambda _n, _of: None)
    found = 0
    with database.read() as connection:
        rates = ExchangeRates(connection)
        for own, target, first, last in triples():
            got = rates.range(own, target, Days(first, last, is_assumed=False))
            assert (None if got is None else (got.low, got.high)) == expected(own, target, first, last), (
                own, target, first, last,
            )  # fmt: skip
            found += got is not None
    assert found > TRIPLES // 4
