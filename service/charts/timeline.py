"""The chart of a measurand over time: what was said when. Nothing is averaged, and estimates are not connected."""

from collections.abc import Iterator
from datetime import date

from service.analysis.forest import Forest
from service.charts.comparison import row_of, scale_of
from service.charts.model import Chart, Event, Group, Row
from service.domain.period import parse_period


def chart(forest: Forest) -> Chart:
    """Shows only figures of the measurand itself; other scopes have their own timelines."""
    comparison = forest.comparison
    own = [g for g in forest.groups if g.measurand.id == comparison.id]
    every = [row_of(row, comparison) for group in own for row in group.rows]
    rows = tuple(sorted((row for row in every if row.said is not None), key=lambda row: (row.said, row.label)))
    events = tuple(
        Event(f"Disputed by {dispute.raised_by.name}", day)
        for dispute in comparison.disputes
        if (day := _first_day(dispute.opened)) is not None
    )
    groups = (Group("", rows),) if rows else ()
    days = [row.said for row in rows if row.said is not None] + [event.day for event in events]
    return Chart(
        kind="timeline",
        title=f"{comparison.subject.name}: {comparison.metric.name}",
        subtitle=comparison.scope.name if comparison.scope else "Part not stated",
        unit=comparison.unit,
        scale=scale_of(groups, comparison.unit),
        groups=groups,
        days=(min(days), max(days)) if days else None,
        events=events,
        notes=tuple(_notes(every, events)),
    )


def _notes(every: list[Row], events: tuple[Event, ...]) -> Iterator[str]:
    if events:
        yield "A tick on the axis is a dispute."
    undated = list(dict.fromkeys(row.label for row in every if row.said is None))
    if undated:
        named = ", ".join(undated[:5]) + (" and others" if len(undated) > 5 else "")
        yield f"Not drawn, since the date is unknown: {named}."


def _first_day(period: str | None) -> date | None:
    return parse_period(period).earliest if period is not None else None
