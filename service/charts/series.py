"""A quantity by period: what was reported and what was estimated for each, in the order of time.

Exact amounts are lines as long as their period, ranges are bands, and an amount with one bound only has an arrow. Lines
of periods that follow each other are joined; nothing is drawn where nothing is known. Where all periods begin on one
day, each is drawn from the end of the one before: these are amounts up to its end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import zip_longest

from service.charts.scale import Scale, label_of, scale_for, unit_beside
from service.charts.svg import text_of
from service.charts.text_width import width_of
from service.domain.period import canonical_period, parse_period, period_in_words
from service.schemas.comparisons import Summary
from service.schemas.figures import Interval

LEAST = 3  # periods, from which a chart says more than a table
_WIDTH, _TALL, _TOP, _SMALL = 960, 200, 30, 12
_SHAPES = (("circle", "reported"), ("diamond", "estimated"))


@dataclass(frozen=True, slots=True)
class _Amount:
    """What one side says about one period."""

    period: str
    first: date
    last: date
    interval: Interval

    def joins(self, other: "_Amount") -> bool:
        """Whether the other one is of the next period of the same kind, and both are exact."""
        follows = other.first == self.last + timedelta(days=1)
        return follows and self.exact is not None and other.exact is not None

    @property
    def exact(self) -> float | None:
        return self.interval.low if self.interval.low == self.interval.high else None


def svg(found: Sequence[Summary], unit: str) -> str:
    """Draws comparisons of one subject, metric and scope, each of another period, for a page."""
    sides = [(shape, name, _amounts(found, name, unit)) for shape, name in _SHAPES]
    every = [one for _, _, amounts in sides for one in amounts]
    ends = [end for one in every for end in (one.interval.low, one.interval.high) if end is not None]
    scale = scale_for(ends, label_of(unit), open_above=any(one.interval.high is None for one in every))
    if scale is None:
        return ""
    days = min(one.first for one in every), max(one.last for one in every)
    left = max(60.0, 24 + max(width_of(tick.label, _SMALL) for tick in scale.ticks))
    plot = _Plot(scale, days, left)
    parts = [*_axes(plot, every, unit)]
    for shape, name, amounts in sides:
        parts.append(f'<g class="{shape}">{"".join(_drawn(plot, amounts, name))}</g>')
    height = _TOP + _TALL + 34
    label = f"{found[0].subject.name}: {found[0].metric.name}, by period"
    name = text_of(label).replace('"', "&quot;")
    inner = "".join(parts)
    return f'<svg class="chart" role="img" aria-label="{name}" viewBox="0 0 {_WIDTH} {height}">{inner}</svg>'


def note(found: Sequence[Summary], unit: str) -> str:
    """How to read the drawing, in a sentence or two."""
    amounts = [one for _, name in _SHAPES for one in _amounts(found, name, unit)]
    is_running = any(parse_period(one.period).earliest != one.first for one in amounts)
    parts = ["Bands reach from the least to the most."]
    if is_running:
        parts.insert(
            0, f"Each is the total since {min(one.first for one in amounts):%Y-%m}, up to the end of its step."
        )
    return " ".join(parts)


def _amounts(found: Sequence[Summary], name: str, unit: str) -> list[_Amount]:
    amounts = []
    for one in found:
        interval: Interval | None = getattr(one, f"{name}_interval")
        if interval is not None and interval.unit == unit and one.period is not None:
            period = parse_period(one.period)
            amounts.append(_Amount(one.period, period.earliest, period.latest, interval))
    bounded = (one for one in amounts if one.first > date.min and one.last < date.max)
    return _one_after_another(sorted(bounded, key=lambda one: (one.first, one.last)))


def _one_after_another(amounts: list[_Amount]) -> list[_Amount]:
    if len(amounts) < LEAST or amounts[0].first != amounts[-1].first:
        return amounts
    firsts = [amounts[0].first, *(one.last + timedelta(days=1) for one in amounts[:-1])]
    return [replace(one, first=first) for one, first in zip(amounts, firsts, strict=True)]


@dataclass(frozen=True, slots=True)
class _Plot:
    scale: Scale
    days: tuple[date, date]
    left: float

    def x(self, day: date) -> float:
        first, last = self.days
        wide = _WIDTH - self.left - 24
        return self.left + (day - first).days / ((last - first).days + 1) * wide

    def y(self, amount: float) -> float:
        return _TOP + _TALL - self.scale.place(amount) * _TALL


def _axes(plot: _Plot, every: Sequence[_Amount], unit: str) -> Iterator[str]:
    if beside := unit_beside(unit):
        yield f'<text class="quiet" x="16" y="14">{text_of(beside)}</text>'
    for tick in plot.scale.ticks:
        y = plot.y(tick.value)
        yield f'<line class="grid" x1="{plot.left:.1f}" y1="{y:.1f}" x2="{_WIDTH - 24}" y2="{y:.1f}"/>'
        if tick.label:
            yield f'<text class="quiet end" x="{plot.left - 8:.1f}" y="{y + 4:.1f}">{text_of(tick.label)}</text>'
    right = 0.0
    for one in {(one.first, one.last): one for one in every}.values():
        text = period_in_words(canonical_period(one.first, one.last))
        text = text if parse_period(one.period).earliest == one.first else f"to {text}"
        middle = (plot.x(one.first) + plot.x(one.last + timedelta(days=1))) / 2
        half = width_of(text, _SMALL) / 2
        if middle - half >= right and middle + half <= _WIDTH:
            yield f'<text class="quiet middle" x="{middle:.1f}" y="{_TOP + _TALL + 22}">{text_of(text)}</text>'
            right = middle + half + 12


def _drawn(plot: _Plot, amounts: Sequence[_Amount], name: str) -> Iterator[str]:
    for one, following in zip_longest(amounts, amounts[1:]):
        title = f"<title>{text_of(f'{period_in_words(one.period)}, {name}: {one.interval.text}')}</title>"
        first, last = plot.x(one.first), plot.x(one.last + timedelta(days=1))
        low, high = one.interval.low, one.interval.high
        if low is not None and high is not None and low != high:
            top, bottom = plot.y(high), plot.y(low)
            size = f'width="{last - first:.1f}" height="{max(bottom - top, 1):.1f}"'
            yield f'<rect class="band" x="{first:.1f}" y="{top:.1f}" {size}>{title}</rect>'
            continue
        known = low if low is not None else high
        if known is None:
            continue
        y, middle = plot.y(known), (first + last) / 2
        yield f'<path class="span" d="M{first:.1f} {y:.1f}H{last:.1f}">{title}</path>'
        if low is None or high is None:
            tip = y - 14 if high is None else y + 14
            back = 5 if high is None else -5
            head = f"M{middle - 5:.1f} {tip + back:.1f}L{middle:.1f} {tip:.1f}L{middle + 5:.1f} {tip + back:.1f}"
            yield f'<path class="arrow" d="M{middle:.1f} {y:.1f}V{tip:.1f}{head}"/>'
        elif following is not None and one.joins(following) and following.exact is not None:
            yield f'<path class="span" d="M{last:.1f} {y:.1f}V{plot.y(following.exact):.1f}"/>'
