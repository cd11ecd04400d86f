"""What a chart shows, whichever way it is drawn: as SVG, as Vega-Lite, or as a table with marks in it.

Amounts are in one unit, that of the value axis, and a place on an axis is a share of its length, 0 to 1.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from service.charts.scale import Scale

Shape = Literal["circle", "diamond", "square"]  # reported, estimated, anything else


@dataclass(frozen=True, slots=True)
class Mark:
    """One amount. A null end of an interval is unbounded.

    `hollow`: the value is only about so much. `range`: of which kind the bounds are, where they are stated. `dot`: the
    number that the shape stands at, the value or the only bound (`is_bound`); None where the range is all there is.
    """

    shape: Shape
    dot: float | None
    low: float | None
    high: float | None
    hollow: bool = False
    is_interval: bool = False
    is_bound: bool = False
    range: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the chart, and the texts beside it. `said` is where it stands in time."""

    label: str
    detail: str
    marks: tuple[Mark, ...]
    value: str
    times: str = ""
    note: str = ""
    depth: int = 0
    faded: bool = False
    is_relay: bool = False
    gap: tuple[float, float] | None = None  # what lies between two marks, where they exclude each other
    said: date | None = None
    href: str | None = None


def is_step(row: Row, mark: Mark) -> bool:
    """Whether a mark is a number that was reported, and stands: no relay, no bound."""
    return mark.shape == "circle" and not (mark.is_bound or row.faded or row.depth or row.is_relay)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that answer one question. `reference` is where its dashed line stands."""

    title: str
    rows: tuple[Row, ...]
    reference: float | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something at a time: a dispute."""

    label: str
    day: date


@dataclass(frozen=True, slots=True)
class Chart:
    """`scale` is that of amounts; None where there is none to draw."""

    kind: Literal["comparison", "ranking", "timeline"]
    title: str
    subtitle: str
    unit: str
    scale: Scale | None
    groups: tuple[Group, ...]
    days: tuple[date, date] | None = None
    events: tuple[Event, ...] = ()
    columns: tuple[str, str] = ("", "")  # what the texts beside the rows are
    notes: tuple[str, ...] = field(default=())

    @property
    def remarks(self) -> list[str]:
        """What is to be told below the chart: of its axis first."""
        of_scale = [self.scale.note] if self.scale is not None and self.scale.note else []
        return [*of_scale, *self.notes]

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]
