"""The stored price indices."""

from fractions import Fraction

from sqlalchemy import Connection, bindparam, select

from service.db.models import PriceIndexRow, SeriesVersionRow
from service.domain.price_index import PriceIndex
from service.errors import NotFound

_NEWEST = (
    select(PriceIndexRow.levels, SeriesVersionRow.version, SeriesVersionRow.unit)
    .join(SeriesVersionRow, SeriesVersionRow.series == PriceIndexRow.series)
    .where(PriceIndexRow.series == bindparam("series"))
    .order_by(SeriesVersionRow.loaded_at.desc())
    .limit(1)
)


def read(connection: Connection, year: int, series: str) -> PriceIndex:
    """Raises NotFound if the index is not loaded, or does not have the year."""
    row = connection.execute(_NEWEST, {"series": series}).first()
    if row is None:
        raise NotFound.at("/prices", f"No price index {series!r} is loaded.", "query")
    levels = {int(text): Fraction(level) for text, level in row.levels.items()}
    if year not in levels:
        known = f"{min(levels)} to {max(levels)}"
        raise NotFound.at("/prices", f"The index {series!r} has no year {year}; it has {known}.", "query")
    return PriceIndex(series, row.version, row.unit, year, levels)
