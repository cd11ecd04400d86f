"""Whether two numbers may be compared. This is decided before any arithmetic."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from service.domain.evidence import Evidence, interval_of
from service.domain.interval import same_side_of_zero
from service.domain.period import Period
from service.domain.vocabulary import ComparabilityStatus, OverTime, Reason

NO_RATIO = frozenset({Reason.UNITS_DIFFER, Reason.NO_EXCHANGE_RATE, Reason.DENOMINATOR_ZERO, Reason.SIGNS_DIFFER})


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


def figure_reasons(left: Sequence[Evidence], right: Sequence[Evidence], *, scope_stated: bool) -> set[Reason]:
    """What the figures of two sides of one measurand differ in. For a pair, each side is one figure."""
    reasons = set()
    both = (*left, *right)
    metric = both[0].metric
    if metric.has_scopes and not scope_stated:
        reasons.add(Reason.SCOPE_NOT_STATED)
    if metric.over_time is OverTime.FIXED and _stated_periods_differ(left, right):
        reasons.add(Reason.PERIODS_DIFFER)
    if any(figure.period is not None and figure.period.approximate for figure in both):
        reasons.add(Reason.PERIOD_APPROXIMATE)
    if any(figure.is_converted for figure in both):
        reasons.add(Reason.CONVERTED)
    if any(figure.is_converted and figure.rate_day_assumed for figure in both):
        reasons.add(Reason.RATE_DAY_ASSUMED)
    if any(figure.as_stated is not None for figure in both):
        reasons.add(Reason.RESTATED)
    if price_years_differ((f.price_year for f in left), (f.price_year for f in right)):
        reasons.add(Reason.PRICE_YEARS_DIFFER)
    return reasons


def pair_reasons(one: Evidence, other: Evidence, *, scope_stated: bool) -> set[Reason]:
    """On what a comparison of two figures depends."""
    reasons = figure_reasons([one], [other], scope_stated=scope_stated)
    if one.metric.over_time is OverTime.FIXED and said_apart([one], [other]):
        reasons.add(Reason.ASSERTED_APART)
    if one.metric.is_ratio and not same_side_of_zero(interval_of(one), interval_of(other)):
        reasons.add(Reason.SIGNS_DIFFER)
    return reasons


def _stated_periods_differ(left: Iterable[Evidence], right: Iterable[Evidence]) -> bool:
    ours, theirs = ({_days(f.period) for f in side if f.period is not None} for side in (left, right))
    return bool(ours) and bool(theirs) and len(ours | theirs) > 1


def _days(period: Period) -> tuple[date, date]:
    return period.earliest, period.latest


def said_apart(left: Iterable[Evidence], right: Iterable[Evidence]) -> bool:
    """Whether all figures of one side were said more than a year from all of the other, by the nearest possible days.
    Figures without a date are never apart.
    """
    ours, theirs = ([f.said for f in side] for side in (left, right))
    dated = [(said.earliest, said.latest, side) for side, found in enumerate((ours, theirs)) for said in found if said]
    if len(dated) < len(ours) + len(theirs) or not ours or not theirs:
        return False
    latest: dict[int, date] = {}  # by side, the latest last day of those that began before
    for first, last, side in sorted(dated):
        before = latest.get(1 - side)
        if before is not None and first <= _a_year_after(before):
            return False
        latest[side] = max(last, latest.get(side, last))
    return True


def _a_year_after(day: date) -> date:
    """The same calendar day of the next year; of 29 February, the 28th."""
    if day.year == date.max.year:
        return date.max
    year = day.year + 1
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
