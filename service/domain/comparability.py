"""Whether two numbers may be compared. This is decided before any arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.vocabulary import ComparabilityStatus, Reason

NO_RATIO = frozenset({Reason.UNITS_DIFFER, Reason.NO_EXCHANGE_RATE, Reason.DENOMINATOR_ZERO})


@dataclass(frozen=True, slots=True)
class Comparability:
    reasons: tuple[Reason, ...] = ()

    @property
    def status(self) -> ComparabilityStatus:
        if NO_RATIO.intersection(self.reasons):
            return ComparabilityStatus.NOT_COMPARABLE
        return ComparabilityStatus.CONDITIONAL if self.reasons else ComparabilityStatus.COMPARABLE


def comparability(reasons: Iterable[Reason]) -> Comparability:
    return Comparability(tuple(sorted(set(reasons))))


def price_years_differ(left: Iterable[int | None], right: Iterable[int | None]) -> bool:
    """Whether a *stated* price year of one side differs from one of the other side."""
    ours, theirs = set(left) - {None}, set(right) - {None}
    return bool(ours) and bool(theirs) and len(ours | theirs) > 1
