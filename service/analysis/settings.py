"""How a comparison is computed, as a request asks for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from service.domain.comparison import By
from service.domain.figure import DEFAULT_TOLERANCE, MAX_TOLERANCE
from service.errors import Invalid
from service.schemas import comparisons as wire
from service.schemas.queries import ComparisonSettingsQuery, ComputeQuery
from service.store.evidence import ACTIVE, ACTIVE_ONCE, Filed


@dataclass(frozen=True, slots=True)
class Settings:
    tolerance: Fraction = DEFAULT_TOLERANCE
    as_of: date | None = None
    by: By = "basis"

    @property
    def statuses(self) -> Collection[str]:
        """Of the claims whose figures may count."""
        return ACTIVE if self.as_of is None else ACTIVE_ONCE

    def on_wire(self) -> wire.Settings:
        return wire.Settings(by=self.by, about_tolerance=float(self.tolerance), as_of=self.as_of)


def from_query(query: ComputeQuery) -> Settings:
    """Raises Invalid for a tolerance outside 0 to 0.5."""
    tolerance = Fraction(query.about_tolerance)
    if not 0 <= tolerance <= MAX_TOLERANCE:
        raise Invalid.at("/about_tolerance", "The tolerance of `about` is from 0 to 0.5.", "query")
    by: By = query.by if isinstance(query, ComparisonSettingsQuery) else "basis"
    return Settings(tolerance, query.as_of, by)


@dataclass(frozen=True, slots=True)
class Readable:
    """What remains of the figures on file on a given day, and how many were left out, and why."""

    figures: list[Filed]
    undated: int = 0
    not_yet_readable: int = 0


def readable_origins(origins: Mapping[str, list[list[Filed]]], day: date | None) -> dict[str, list[list[Filed]]]:
    """What relays can be held against: of what their origins said, what could be read by `day`."""
    return {
        relay: [[o for o in claim if o.could_be_read(day)] for claim in claims] for relay, claims in origins.items()
    }


def readable(figures: list[Filed], day: date | None) -> Readable:
    """The figures whose claims could be read by `day` and had not been replaced by then; without a day, those that
    stand now.
    """
    kept, undated, too_new = [], 0, 0
    for filed in figures:
        if filed.is_retracted or filed.superseded_by(day):
            continue
        if filed.could_be_read(day):
            kept.append(filed)
        elif filed.readable_from is None:
            undated += 1
        else:
            too_new += 1
    return Readable(kept, undated, too_new)
