"""The options of a comparison, from the request, and the figures that it is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from service.domain.comparison import By
from service.domain.figure import DEFAULT_TOLERANCE, MAX_TOLERANCE
from service.errors import Invalid
from service.schemas.comparisons import Settings
from service.schemas.pages import ComparisonPageQuery
from service.schemas.queries import ComparisonSettingsQuery, ComputeQuery
from service.store.comparisons.evidence import FigureRecord


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """The tolerance of `about`, the day as of which claims are read (None: now), and how the sides are chosen."""

    tolerance: Fraction = DEFAULT_TOLERANCE
    as_of: date | None = None
    by: By = "basis"

    def settings(self) -> Settings:
        return Settings(by=self.by, about_tolerance=float(self.tolerance), as_of=self.as_of)


def from_query(query: ComputeQuery | ComparisonPageQuery) -> ComparisonOptions:
    """Raises Invalid for a tolerance outside 0 to 0.5."""
    tolerance = Fraction(query.about_tolerance)
    if not 0 <= tolerance <= MAX_TOLERANCE:
        raise Invalid.at("/about_tolerance", "The tolerance of `about` is from 0 to 0.5.", "query")
    by: By = query.by if isinstance(query, ComparisonSettingsQuery | ComparisonPageQuery) else "basis"
    return ComparisonOptions(tolerance, query.as_of, by)


@dataclass(frozen=True, slots=True)
class Readable:
    """The figures that were readable on a day, and how many were excluded, by reason."""

    figures: list[FigureRecord]
    undated: int = 0
    not_yet_readable: int = 0


def readable(figures: Sequence[FigureRecord], day: date | None) -> Readable:
    """The readable figures whose claims were active on the day; without a day, those active now
    (`store/lists/as_of.py`)."""
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
    return Readable(kept, undated, too_new)
