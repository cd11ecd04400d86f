"""Exchange rates and price indices, by which amounts are converted. The newest version of each is kept, which versions
there were, and what was replaced.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base
from service.db.types import Day, Document, String, UtcTime


class SeriesVersionRow(Base):
    """One loading of a series: `ecb` for the rates, or the key of a price index. The newest one holds."""

    __tablename__ = "series_version"
    __table_args__: Any = (STRICT,)

    series: Mapped[str] = mapped_column(String, primary_key=True)
    version: Mapped[str] = mapped_column(String, primary_key=True)  # a checksum of the content
    loaded_at: Mapped[datetime] = mapped_column(UtcTime)
    name: Mapped[str] = mapped_column(String)
    source: Mapped[str] = mapped_column(String)
    unit: Mapped[str] = mapped_column(
        String
    )  # the currency that the rates are of one unit of, or whose prices these are
    first_day: Mapped[date] = mapped_column(Day)
    last_day: Mapped[date] = mapped_column(Day)
    entries: Mapped[int]


class ExchangeRateRow(Base):
    """The daily rates of one currency in one year: units of it for one euro, as decimal strings by day (`06-30`)."""

    __tablename__ = "exchange_rate"
    __table_args__: Any = (STRICT,)

    currency: Mapped[str] = mapped_column(String, primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    rates: Mapped[dict[str, str]] = mapped_column(Document)


class ReplacedSeriesRow(Base):
    """What a part of a series was until it was replaced: the rates of a currency in a year (part `USD 2024`), or the
    levels of an index (part empty). Empty content: there was none.
    """

    __tablename__ = "replaced_series"
    __table_args__: Any = (STRICT,)

    series: Mapped[str] = mapped_column(String, primary_key=True)
    part: Mapped[str] = mapped_column(String, primary_key=True)
    replaced_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    content: Mapped[dict[str, str]] = mapped_column(Document)


class PriceIndexRow(Base):
    """A price index by year, as decimal strings."""

    __tablename__ = "price_index"
    __table_args__: Any = (STRICT,)

    series: Mapped[str] = mapped_column(String, primary_key=True)
    levels: Mapped[dict[str, str]] = mapped_column(Document)
