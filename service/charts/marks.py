"""Single marks as SVG: a shape at the stated number, and a line for the interval it allows.

Horizontal marks lie on a line of `length` from `start`; upright marks on a column that goes up from `start`.
"""

from service.charts.model import Mark
from service.charts.scale import Scale

MARGIN = 12
COPY = 0.65  # the size of a copy's mark, as a share of others'
_SIZE, _CAP, _ARROW = 5.5, 5, 7


def mark_svg(mark: Mark, scale: Scale, start: float, length: float, across: float, *, upright: bool = False) -> str:
    def at(amount: float) -> float:
        share = scale.place(amount) * length
        return start - share if upright else start + share

    far = start - length if upright else start + length
    parts = []
    low_end, high_end = _ends(mark, scale)
    if mark.low != mark.high or mark.is_interval:
        first = at(mark.low) if low_end != "arrow" and mark.low is not None else start
        last = at(mark.high) if high_end != "arrow" and mark.high is not None else far
        parts.append(_line("span", first, last, across, upright=upright))
        parts += [_end(end, place, across, sign, upright=upright)
                  for end, place, sign in ((low_end, first, -1), (high_end, last, 1))]  # fmt: skip
    if mark.dot is not None:
        place = (across, at(mark.dot)) if upright else (at(mark.dot), across)
        parts.append(shape_svg(mark.shape, *place, COPY if mark.is_copy else 1))
    return f'<g class="{mark.classes}">{"".join(parts)}</g>'


def _ends(mark: Mark, scale: Scale) -> tuple[str, str]:
    """Returns how each end of a mark's line is drawn: with a cap, an arrow, or nothing."""
    cap = "cap" if mark.is_interval else ""
    beyond = mark.low is None or (scale.is_log and mark.low <= 0) or mark.low < scale.low
    low = "arrow" if beyond else cap
    high = "arrow" if mark.high is None else cap
    if mark.is_bound and mark.dot == mark.high:
        return "arrow", ""  # at most: down to the edge
    return low, high


def _line(kind: str, first: float, last: float, across: float, *, upright: bool) -> str:
    if upright:
        return f'<line class="{kind}" x1="{across:.1f}" y1="{first:.1f}" x2="{across:.1f}" y2="{last:.1f}"/>'
    return f'<line class="{kind}" x1="{first:.1f}" y1="{across:.1f}" x2="{last:.1f}" y2="{across:.1f}"/>'


def _end(end: str, place: float, across: float, sign: int, *, upright: bool) -> str:
    if end == "cap":
        ends = f'x1="{across - _CAP:.1f}" x2="{across + _CAP:.1f}" y1="{place:.1f}" y2="{place:.1f}"'
        flat = f'x1="{place:.1f}" x2="{place:.1f}" y1="{across - _CAP:.1f}" y2="{across + _CAP:.1f}"'
        return f'<line class="cap" {ends if upright else flat}/>'
    if end == "arrow":
        back = place + sign * _ARROW * (1 if upright else -1)
        tips = [(back, across - _CAP), (place, across), (back, across + _CAP)]
        points = " ".join(f"{a:.1f},{p:.1f}" if upright else f"{p:.1f},{a:.1f}" for p, a in tips)
        return f'<polyline class="arrow" points="{points}"/>'
    return ""


def shape_svg(shape: str, x: float, y: float, share: float = 1) -> str:
    """Draws a shape. `share` is its size as a share of the usual one."""
    size = round(_SIZE * share, 1)
    if shape == "circle":
        return f'<circle class="shape" cx="{x:.1f}" cy="{y:.1f}" r="{size:g}"/>'
    if shape == "diamond":
        size = round(size + 1.5 * share, 1)
        path = f"M{x:.1f} {y - size:.1f}l{size:g} {size:g}l-{size:g} {size:g}l-{size:g} -{size:g}z"
        return f'<path class="shape" d="{path}"/>'
    size = round(5 * share, 1)
    return f'<rect class="shape" x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:g}" height="{2 * size:g}"/>'


def gap_line(gap: tuple[float, float], scale: Scale, start: float, length: float, across: float) -> str:
    """Draws the range that no figure allows, between the lowest and the highest figure."""
    first, last = (start + scale.place(amount) * length for amount in gap)
    return _line("gap", first, last, across, upright=False)
