"""The stored exchange rates: their version, and the range of rates over some days."""

from datetime import date
from fractions import Fraction
from functools import cached_property

from sqlalchemy import Connection, bindparam, select

from service.db.models import ExchangeRateRow, SeriesVersionRow
from service.domain.exchange_rates import BASE, LONGEST_GAP, Days, Quote, RateRange, rate_range

SERIES = "ecb"
NO_RATES = ""  # the version where none are loaded
VERSION = (
    select(SeriesVersionRow.version)
    .where(SeriesVersionRow.series == SERIES)
    .order_by(SeriesVersionRow.loaded_at.desc(), SeriesVersionRow.version)
    .limit(1)
)
_YEAR = select(ExchangeRateRow.rates).where(
    ExchangeRateRow.currency == bindparam("currency"), ExchangeRateRow.year == bindparam("year")
)


def version(connection: Connection) -> str:
    """The version of the rates that answers use."""
    found: str | None = connection.execute(VERSION).scalar()
    return found or NO_RATES


class ExchangeRates:
    """The rates, as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._years: dict[tuple[str, int], list[Quote]] = {}
        self._ranges: dict[tuple[str, str, Days], RateRange | None] = {}  # most figures ask for the same ones

    @cached_property
    def version(self) -> str:
        return version(self.connection)

    def range(self, own: str, target: str, days: Days | None) -> RateRange | None:
        """From one currency to another; None if a day has no rate."""
        if days is None or self.version == NO_RATES:
            return None
        key = (own, target, days)
        if key not in self._ranges:
            self._ranges[key] = rate_range(self._quotes(own, days), self._quotes(target, days), days)
        return self._ranges[key]

    def _quotes(self, currency: str, days: Days) -> list[Quote] | None:
        if currency == BASE:
            return None
        first = max(days.first, date.min + LONGEST_GAP) - LONGEST_GAP
        every = [quote for year in range(first.year, days.last.year + 1) for quote in self._of_year(currency, year)]
        return [quote for quote in every if first <= quote[0] <= days.last]

    def _of_year(self, currency: str, year: int) -> list[Quote]:
        if (currency, year) not in self._years:
            found = self.connection.execute(_YEAR, {"currency": currency, "year": year}).scalar() or {}
            self._years[currency, year] = sorted(
                (date.fromisoformat(f"{year}-{day}"), Fraction(rate)) for day, rate in found.items()
            )
        return self._years[currency, year]
