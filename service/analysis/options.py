"""The options of a comparison, from the request, and the figures that it is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from service.db.engine import Connection
from service.domain.comparison import BY_PARTY, REPORTED_AND_ESTIMATED, By, SideChoice
from service.domain.figure import DEFAULT_TOLERANCE, MAX_TOLERANCE
from service.domain.price_index import PriceIndex
from service.domain.vocabulary import Basis
from service.errors import Invalid
from service.schemas.comparisons import PricesUsed, Settings
from service.schemas.pages import ComparisonPageQuery
from service.schemas.queries import ComparisonSettingsQuery, ComputeQuery, Recorded
from service.store.comparisons import price_indices
from service.store.comparisons.evidence import FigureRecord, Lineage


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """The tolerance of `about`, the day as of which claims are read (None: now), how the sides are chosen, and the
    moment as of which records are taken (None: now).
    """

    tolerance: Fraction = DEFAULT_TOLERANCE
    as_of: date | None = None
    sides: SideChoice = REPORTED_AND_ESTIMATED
    prices: tuple[int, str] | None = None
    recorded_as_of: datetime | None = None

    def settings(self, index: PriceIndex | None) -> Settings:
        sides = None if self.is_usual or self.sides.by == "party" else f"{self.sides.first}:{self.sides.second}"
        return Settings(
            by=self.sides.by,
            sides=sides,
            about_tolerance=float(self.tolerance),
            as_of=self.as_of,
            recorded_as_of=self.recorded_as_of,
            prices=prices_used(index),
        )

    @property
    def is_usual(self) -> bool:
        return self.sides == REPORTED_AND_ESTIMATED


def from_query(query: ComputeQuery | ComparisonPageQuery) -> ComparisonOptions:
    """Raises Invalid for a tolerance outside 0 to 0.5."""
    tolerance = tolerance_of(query.about_tolerance)
    prices = _prices(query.prices) if isinstance(query, ComputeQuery) else None
    by: By = query.by if isinstance(query, ComparisonSettingsQuery | ComparisonPageQuery) else "basis"
    chosen = query.sides if isinstance(query, ComparisonSettingsQuery) else None
    recorded = query.recorded_as_of if isinstance(query, Recorded | ComparisonPageQuery) else None
    return ComparisonOptions(tolerance, query.as_of, _sides(by, chosen), prices, recorded)


def tolerance_of(given: Decimal) -> Fraction:
    """Raises Invalid for a tolerance outside 0 to 0.5."""
    tolerance = Fraction(given)
    if not 0 <= tolerance <= MAX_TOLERANCE:
        raise Invalid.at("/about_tolerance", "The tolerance of `about` is from 0 to 0.5.", "query")
    return tolerance


def _prices(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    year, _, series = text.partition(":")
    return int(year), series


def price_index(connection: Connection, options: ComparisonOptions) -> PriceIndex | None:
    """The index that is asked for. Raises NotFound if it is not loaded."""
    return None if options.prices is None else price_indices.read(connection, *options.prices)


def restated(figures: list[FigureRecord], index: PriceIndex | None) -> list[FigureRecord]:
    """The figures in prices of the year that is asked for."""
    if index is None:
        return figures
    return [replace(figure, evidence=index.restated(figure.evidence)) for figure in figures]


def prices_used(index: PriceIndex | None) -> PricesUsed | None:
    if index is None:
        return None
    return PricesUsed(year=index.year, series=index.series, version=index.version, currency=index.currency)


def _sides(by: By, chosen: str | None) -> SideChoice:
    if chosen is None:
        return BY_PARTY if by == "party" else REPORTED_AND_ESTIMATED
    if by == "party":
        raise Invalid.at("/sides", "Sides are bases, so they are chosen with by=basis only.", "query")
    first, second = map(Basis, chosen.split(":"))
    return SideChoice("basis", first, second)


@dataclass(frozen=True, slots=True)
class Readable:
    """The figures that were readable on a day, and how many were excluded, by reason."""

    figures: list[FigureRecord]
    undated: int = 0
    not_yet_readable: int = 0


def readable(figures: Sequence[FigureRecord], lineage: Lineage, index: PriceIndex | None = None) -> Readable:
    """The readable figures whose claims were active on the day of the lineage; without a day, those active now
    (`store/lists/as_of.py`). Relays that stand in for their origin count. `index` restates amounts.
    """
    day = lineage.day
    kept, undated, too_new = [], 0, 0
    for figure in figures:
        if not figure.stands(day):
            continue
        if figure.could_be_read(day):
            kept.append(figure)
        elif figure.readable_from is None:
            undated += 1
        else:
            too_new += 1
    return Readable(restated(lineage.with_stand_ins(kept), index), undated, too_new)
