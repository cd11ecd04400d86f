"""Comparisons of one quantity in several periods, for pages that show them as one chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from service.charts import series
from service.domain.period import parse_period
from service.schemas.comparisons import Summary


def first_days(one: Summary) -> tuple[date, date]:
    """The days by which the periods of a quantity are in order; one without a period comes first."""
    period = parse_period(one.period) if one.period else None
    return (period.earliest, period.latest) if period else (date.min, date.min)


@dataclass(frozen=True, slots=True)
class Series:
    """The comparisons of one part of a quantity, in the order of their periods. `chart` is empty for a few of them."""

    found: Sequence[Summary]
    chart: Markup
    note: str

    @property
    def days(self) -> str:
        """From when to when, in months."""
        return f"{first_days(self.found[0])[0]:%Y-%m} to {max(first_days(one)[1] for one in self.found):%Y-%m}"


def in_series(every: Sequence[Summary]) -> list[Series]:
    """Comparisons of one subject and metric: first those that make no series, then a series for each part."""
    by_scope: dict[str, list[Summary]] = {}
    for one in every:
        if one.period:
            by_scope.setdefault(one.scope.id if one.scope else "", []).append(one)
    drawn = [group for group in by_scope.values() if len(group) >= series.LEAST]
    rest = [one for one in every if not any(one in group for group in drawn)]
    charts = [_drawn(group) for group in drawn]
    return [*([Series(rest, Markup(), "")] if rest else []), *charts]


def _drawn(group: Sequence[Summary]) -> Series:
    unit = group[0].metric.unit
    return Series(group, Markup(series.svg(group, unit)), series.note(group, unit))
