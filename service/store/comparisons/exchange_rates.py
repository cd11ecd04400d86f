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
_YEARS = select(ExchangeRateRow.year, ExchangeRateRow.rates).where(
    ExchangeRateRow.currency == bindparam("currency"),
    ExchangeRateRow.year.between(bindparam("first"), bindparam("last")),
)


def version(connection: Connection) -> str:
    """The version of the rates that answers use."""
    found: str | None = connection.execute(VERSION).scalar()
    return found or NO_RATES


class ExchangeRates:
    """The rates, as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
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
        years = {"currency": currency, "first": first.year, "last": days.last.year}
        return sorted(
            (day, Fraction(rate))
            for row in self.connection.execute(_YEARS, years)
            for text, rate in row.rates.items()
            if first <= (day := date.fromisoformat(f"{row.year}-{text}")) <= days.last
        )
