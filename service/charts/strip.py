"""One row's marks as an SVG as wide as its cell: positions are percentages of the width, shapes keep their size.

Used in pages, whose tables contain the texts and whose stylesheet sets the colours.
"""

from service.charts.marks import COPY, shape_svg
from service.charts.model import Mark, Row
from service.charts.scale import Scale
from service.charts.svg import text_of

_INSET = 4.0  # percent, so that shapes and labels at the ends are not cut off


def strip(row: Row, scale: Scale, reference: float | None = None) -> str:
    parts = [_vertical("grid", _at(scale, tick.value)) for tick in scale.ticks]
    if reference is not None:
        parts.append(_vertical("reference", _at(scale, reference)))
    if row.gap is not None:
        first, last = (_at(scale, amount) for amount in row.gap)
        parts.append(_line("gap", first, last))
    parts += [_mark(mark, scale) for mark in row.marks]
    return _svg("strip", "".join(parts))


def axis(scale: Scale) -> str:
    """Returns the labels below the strips."""
    labels = [
        f'<text x="{_at(scale, t.value):.2f}%" y="14" class="middle">{text_of(t.label)}</text>'
        for t in scale.ticks
        if t.label
    ]
    return _svg("axis", "".join(labels))


def key(shape: str, *, hollow: bool = False, copy: bool = False) -> str:
    """Returns a single shape, for a legend."""
    drawn = shape_svg("circle" if shape == "neutral" else shape, 9, 9, COPY if copy else 1)
    inner = f'<g class="{shape}{" hollow" if hollow else ""}{" copy" if copy else ""}">{drawn}</g>'
    return f'<svg class="key" width="18" height="18" aria-hidden="true" focusable="false">{inner}</svg>'


def _svg(kind: str, inner: str) -> str:
    return f'<svg class="{kind}" width="100%" aria-hidden="true" focusable="false">{inner}</svg>'


def _at(scale: Scale, amount: float) -> float:
    return _INSET + scale.place(amount) * (100 - 2 * _INSET)


def _vertical(kind: str, x: float) -> str:
    return f'<line class="{kind}" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="100%"/>'


def _line(kind: str, first: float, last: float) -> str:
    return f'<line class="{kind}" x1="{first:.2f}%" x2="{last:.2f}%" y1="50%" y2="50%"/>'


def _mark(mark: Mark, scale: Scale) -> str:
    parts = []
    if mark.low != mark.high or mark.is_interval:
        to_edge = mark.low is None or (scale.is_log and mark.low <= 0) or (mark.is_bound and mark.dot == mark.high)
        first = 0.0 if to_edge or mark.low is None else _at(scale, mark.low)
        last = 100.0 if mark.high is None else _at(scale, mark.high)
        parts.append(_line("span", first, last))
        parts.append(_end(first, "M7 -5L0 0L7 5" if to_edge else "M0 -5V5" if mark.is_interval else ""))
        parts.append(_end(last, "M-7 -5L0 0L-7 5" if mark.high is None else "M0 -5V5" if mark.is_interval else ""))
    if mark.dot is not None:
        shape = shape_svg(mark.shape, 0, 0, COPY if mark.is_copy else 1)
        parts.append(f'<svg x="{_at(scale, mark.dot):.2f}%" y="50%" overflow="visible">{shape}</svg>')
    return f'<g class="{mark.classes}">{"".join(parts)}</g>'


def _end(x: float, path: str) -> str:
    if not path:
        return ""
    return f'<svg x="{x:.2f}%" y="50%" overflow="visible"><path class="arrow" d="{path}"/></svg>'
