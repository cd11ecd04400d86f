"""The content of a chart, whether it is drawn as SVG, as Vega-Lite, or as a table with marks.

Amounts are in the unit of the value axis. A position on an axis is a share of its length, 0 to 1.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from service.charts.scale import Scale

Shape = Literal["circle", "diamond", "square"]  # reported, estimated, anything else


@dataclass(frozen=True, slots=True)
class Mark:
    """One amount. A null end of an interval is unbounded.

    `hollow`: the number at the shape is not included, as in "more than". `range`: the kind of the bounds, if they are
    stated. `dot`: the number at which the shape is drawn, the value or the only bound (`is_bound`); None if only a
    range is stated.
    """

    shape: Shape
    dot: float | None
    low: float | None
    high: float | None
    hollow: bool = False
    is_interval: bool = False
    is_bound: bool = False
    range: str | None = None
    is_copy: bool = False  # drawn small and grey

    @property
    def classes(self) -> str:
        """The classes of its drawing."""
        return " ".join([self.shape, *(["hollow"] if self.hollow else []), *(["copy"] if self.is_copy else [])])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the chart, and the texts beside it. `said` is its day on the time axis."""

    label: str
    detail: str
    marks: tuple[Mark, ...]
    value: str
    times: str = ""
    note: str = ""
    depth: int = 0
    faded: bool = False
    is_relay: bool = False
    gap: tuple[float, float] | None = None  # the range between two marks that exclude each other
    said: date | None = None
    href: str | None = None
    is_sourced: bool = False  # `detail` is the title of its source


def is_step(row: Row, mark: Mark) -> bool:
    """Returns whether a mark is a reported number of an active claim: no relay, no bound."""
    return mark.shape == "circle" and not (mark.is_bound or row.faded or row.depth or row.is_relay)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that answer one question. `reference` is the amount of its dashed line."""

    title: str
    rows: tuple[Row, ...]
    reference: float | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """An event on the time axis: a dispute."""

    label: str
    day: date


@dataclass(frozen=True, slots=True)
class Chart:
    """`scale` is the scale of amounts; None if there are none to draw."""

    kind: Literal["comparison", "ranking", "timeline", "quantity"]
    title: str
    subtitle: str
    unit: str
    scale: Scale | None
    groups: tuple[Group, ...]
    days: tuple[date, date] | None = None
    events: tuple[Event, ...] = ()
    columns: tuple[str, str] = ("", "")  # headings of the texts beside the rows
    notes: tuple[str, ...] = field(default=())

    @property
    def remarks(self) -> list[str]:
        """The notes below the chart; that of its axis comes first."""
        of_scale = [self.scale.note] if self.scale is not None and self.scale.note else []
        return [*of_scale, *self.notes]

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]
