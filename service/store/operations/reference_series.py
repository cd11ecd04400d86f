"""Loads exchange rates and price indices: only the newest version holds, and every loading is on record."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from service.db.engine import Database
from service.db.models import ExchangeRateRow, PriceIndexRow, ReplacedSeriesRow, SeriesVersionRow
from service.domain.exchange_rates import BASE
from service.domain.key import is_key
from service.domain.units import currencies
from service.errors import Invalid
from service.schemas.types import format_time
from service.store import locks
from service.store.audit import history
from service.store.comparisons.exchange_rates import SERIES
from service.store.comparisons.outdated_summaries import recompute
from service.store.locks import Lock
from service.store.records import record_writes

NAME = "Euro foreign exchange reference rates"
SOURCE = "European Central Bank"


class Series(NamedTuple):
    """A version of a series. `unit` is the currency that rates price one unit of, or whose prices an index follows."""

    series: str
    version: str
    loaded_at: datetime
    name: str
    source: str
    unit: str
    first_day: date
    last_day: date
    entries: int


_SERIES = [getattr(SeriesVersionRow, name) for name in Series._fields]


def versions(connection: Connection) -> list[Series]:
    """All that were loaded, by series, the newest first."""
    ordered = select(*_SERIES).order_by(SeriesVersionRow.series, SeriesVersionRow.loaded_at.desc())
    return [Series(*row) for row in connection.execute(ordered)]


def newest(connection: Connection, series: str) -> Series | None:
    return next((one for one in versions(connection) if one.series == series), None)


def load_rates(
    database: Database,
    version: str,
    rates: Mapping[tuple[str, int], Mapping[str, str]],
    days: tuple[date, date],
    advance: Callable[[int, int], None],
) -> bool:
    """Replaces the rates, and recomputes what depends on them. Returns False if these are loaded already."""
    entries = sum(len(one) for one in rates.values())

    def work(connection: Connection) -> bool:
        locks.acquire(connection, Lock.SERIES)
        if _is_newest(connection, SERIES, version):
            return False
        known = select(ExchangeRateRow.currency, ExchangeRateRow.year, ExchangeRateRow.rates)
        before = {f"{currency} {year}": one for currency, year, one in connection.execute(known)}
        after = {f"{code} {year}": one for (code, year), one in rates.items()}
        connection.execute(delete(ExchangeRateRow))
        found = [{"currency": code, "year": year, "rates": dict(one)} for (code, year), one in rates.items()]
        connection.execute(insert(ExchangeRateRow), found)
        at = _note(connection, Series(SERIES, version, record_writes.now(), NAME, SOURCE, BASE, *days, entries))
        _keep_replaced(connection, SERIES, at, before, after)
        return True

    is_new = database.write(work)
    if recompute(database, advance) or is_new:  # answers made meanwhile are no longer served from a cache
        database.write(lambda connection: _note_recomputed(connection, SERIES))
    return is_new


def load_index(database: Database, series: Series, levels: Mapping[str, str]) -> bool:
    """Replaces a price index. Returns False if it is loaded already. Raises Invalid."""
    if not is_key(series.series) or series.series == SERIES:
        raise Invalid("The key of an index is lower-case words joined by hyphens, such as us-cpi-u.")
    if series.unit not in currencies():
        raise Invalid("Give the currency of the prices by its code, such as USD.")

    def work(connection: Connection) -> bool:
        locks.acquire(connection, Lock.SERIES)
        if _is_newest(connection, series.series, series.version):
            return False
        known = select(PriceIndexRow.levels).where(PriceIndexRow.series == series.series)
        levels_before = connection.execute(known).scalar()
        before = {} if levels_before is None else {"": levels_before}
        connection.execute(delete(PriceIndexRow).where(PriceIndexRow.series == series.series))
        connection.execute(insert(PriceIndexRow), {"series": series.series, "levels": dict(levels)})
        _keep_replaced(connection, series.series, _note(connection, series), before, {"": levels})
        return True

    return database.write(work)


def _keep_replaced(
    connection: Connection,
    series: str,
    at: datetime,
    before: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Mapping[str, str]],
) -> None:
    """Keeps what changes, so that answers as of an earlier moment use it."""
    replaced = [
        {"series": series, "part": part, "replaced_at": at, "content": dict(before.get(part, {}))}
        for part in before.keys() | after.keys()
        if dict(before.get(part, {})) != dict(after.get(part, {}))
    ]
    if replaced:
        connection.execute(insert(ReplacedSeriesRow), replaced)


def _is_newest(connection: Connection, series: str, version: str) -> bool:
    known = newest(connection, series)
    return known is not None and known.version == version


def _note(connection: Connection, series: Series) -> datetime:
    """Makes this version the newest one. An earlier loading of it is forgotten in the table, and stays on record.
    Returns when it was recorded.
    """
    same = (SeriesVersionRow.series == series.series, SeriesVersionRow.version == series.version)
    connection.execute(delete(SeriesVersionRow).where(*same))
    connection.execute(insert(SeriesVersionRow), series._asdict())
    return history.record_series(connection, series.series, _snapshot(series), ["version"])


def _note_recomputed(connection: Connection, name: str) -> None:
    series = newest(connection, name)
    if series is not None:
        history.record_series(connection, name, _snapshot(series), ["summaries"])


def _snapshot(series: Series) -> dict[str, Any]:
    return series._asdict() | {
        "loaded_at": format_time(series.loaded_at),
        "first_day": series.first_day.isoformat(),
        "last_day": series.last_day.isoformat(),
    }
