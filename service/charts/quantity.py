"""The chart of a quantity: its subjects on one axis, each with what was reported and what was estimated."""

from collections.abc import Sequence

from service.charts.comparison import drawn
from service.charts.model import Chart, Group, Mark, Row, Shape
from service.charts.scale import label_of, scale_for
from service.domain.period import period_in_words
from service.schemas.comparisons import Summary
from service.schemas.figures import Interval
from service.schemas.metrics import Metric


def chart(metric: Metric, found: Sequence[Summary]) -> Chart:
    """`found` are comparisons of the metric. Those that are computed in another unit have no marks."""
    rows = tuple(_row(one, metric.unit) for one in found)
    marks = [mark for row in rows for mark in row.marks]
    amounts = [amount for mark in marks for amount in drawn(mark)]
    is_open = any(mark.high is None for mark in marks)

    return Chart(
        kind="quantity",
        title=metric.name,
        subtitle="What was reported, and what was estimated, of each subject.",
        unit=metric.unit,
        scale=scale_for(amounts, label_of(metric.unit), open_above=is_open),
        groups=(Group("", rows),) if rows else (),
    )


def _row(one: Summary, unit: str) -> Row:
    sides: tuple[tuple[Shape, Interval | None], ...] = (
        ("circle", one.reported_interval),
        ("diamond", one.estimated_interval),
    )
    marks = tuple(_mark(shape, side) for shape, side in sides if side is not None and side.unit == unit)
    return Row(
        label=one.subject.name,
        detail=", ".join(
            filter(None, (one.scope.name if one.scope else "", one.period and period_in_words(one.period)))
        ),
        marks=tuple(mark for mark in marks if mark is not None),
        value=one.text,
        href=f"/comparisons/{one.key}",
    )


def _mark(shape: Shape, side: Interval) -> Mark | None:
    """Returns None for a side that bounds nothing."""
    if side.low is None and side.high is None:
        return None
    is_point = side.low == side.high
    is_bound = side.low is None or side.high is None or (side.low == 0 and side.high != 0)
    return Mark(
        shape=shape,
        dot=_dot(side, is_point=is_point, is_bound=is_bound),
        hollow=is_bound and (side.low_open if side.high is None else side.high_open),
        low=side.low,
        high=side.high,
        is_interval=not is_point and not is_bound,
        is_bound=is_bound,
        range="" if not is_point and not is_bound else None,
    )


_NARROW = 1.5  # most ÷ least, up to which a range is drawn as one mark


def _dot(side: Interval, *, is_point: bool, is_bound: bool) -> float | None:
    """Where the shape is drawn: at the amount, at the only bound, or in the middle of a narrow range."""
    if is_point or side.high is None:
        return side.low
    if is_bound or side.low is None:
        return side.high
    return (side.low + side.high) / 2 if side.low > 0 and side.high <= side.low * _NARROW else None
