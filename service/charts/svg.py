"""Charts as SVG: one file, no scripts, no external resources; readable in light and dark mode.

Every text is escaped where it is written, and truncated to fit: labels are untrusted input.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Literal
from xml.sax.saxutils import escape

from service.charts.marks import COPY, MARGIN, gap_line, mark_svg, shape_svg
from service.charts.model import Chart, Group, Row, is_step
from service.charts.scale import Scale, unit_beside
from service.charts.text_width import cut, width_of, wrapped

WIDTH = 960
_LEFT, _PLOT, _VALUE, _TIMES = 290, 324, 172, 142  # widths of the columns, from left to right
_X0 = _LEFT + 16
_ROW, _HEADING, _LINE = 34, 30, 18
_SIZE, _SMALL, _LARGE = 13, 12, 18  # of the letters, as in the style
_SOURCES_ROOM = 130  # characters
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"  # direction marks
LEGEND = {"circle": "reported", "diamond": "estimated", "square": "neither, as said beside"}
Theme = Literal["light", "dark"]
THEMES: dict[Theme, dict[str, str]] = {
    "light": {"fg": "#1b1f24", "quiet": "#59626d", "line": "#d5dae0", "bg": "#ffffff",
              "reported": "#0072B2", "estimated": "#B85C00", "other": "#59626d"},
    "dark": {"fg": "#e8eaed", "quiet": "#a4adb8", "line": "#3a424c", "bg": "#14171b",
             "reported": "#56B4E9", "estimated": "#E69F00", "other": "#a4adb8"},
}  # fmt: skip
_RULES = """
text { font-family: system-ui, sans-serif; font-size: 13px; fill: var(--fg); }
.title { font-size: 18px; font-weight: 600; } .heading { font-weight: 600; }
.quiet { fill: var(--quiet); font-size: 12px; }
.end { text-anchor: end; } .middle { text-anchor: middle; } .bg { fill: var(--bg); }
.shape, .span, .cap, .arrow, .step { stroke-width: 2; } .span, .cap, .arrow, .step { fill: none; }
{marks}
.copy .shape { fill: var(--other); } .copy .shape, .copy .span, .copy .cap, .copy .arrow { stroke: var(--other); }
.hollow .shape { fill: var(--bg); }
.grid { stroke: var(--line); } .reference { stroke: var(--reported); stroke-dasharray: 4 4; }
.gap { stroke: var(--fg); stroke-width: 2; stroke-dasharray: 1 4; stroke-linecap: round; }
.event { stroke: var(--fg); stroke-width: 2; }
.faded { opacity: .5; } .faded text.label { text-decoration: line-through; }
""".strip()
_COLOURS = {"circle": "reported", "diamond": "estimated", "square": "other", "neutral": "other"}


@cache
def style(theme: Theme | None) -> str:
    """The style of a drawing: in the colours of a theme, or else of the one that the reader prefers."""
    marks = "\n".join(
        f".{shape} .shape {{ fill: var(--{own}); }} .{shape} .shape, .{shape} .span, .{shape} .cap, .{shape} .arrow,"
        f" .step.{shape} {{ stroke: var(--{own}); }}"
        for shape, own in _COLOURS.items()
    )
    rules = _RULES.replace("{marks}", marks)
    if theme is None:
        light, dark = ("; ".join(f"--{name}: {colour}" for name, colour in THEMES[one].items()) for one in THEMES)
        preferred = f"@media (prefers-color-scheme: dark) {{ svg {{ {dark}; }} }}"
        return f"svg {{ {light}; color-scheme: light dark; }}\n{preferred}\n{rules}"
    for name, colour in THEMES[theme].items():  # programs that draw pictures know no variables
        rules = rules.replace(f"var(--{name})", colour)
    return rules


def svg(chart: Chart, theme: Theme | None = None, width: int = WIDTH, origin: str = "") -> str:
    """Draws the chart, `width` pixels wide. `origin` is the last line: where the picture comes from."""
    body = list(_timeline(chart) if chart.kind == "timeline" else _rows(chart))
    opening = wrapped(chart.subtitle, WIDTH - 32, _SMALL, 4)
    below = _LINE * (len(opening) - 1)
    height = int(body.pop()) + _LINE + below
    name = f"{chart.title}. {chart.subtitle}"
    origin_line = _cut(origin, WIDTH - 32, _SMALL)
    tall = round(height * width / WIDTH)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{width}" height="{tall}"'
    described = f'role="img" aria-labelledby="t d"><title id="t">{text_of(chart.title)}</title>'
    return "\n".join(
        [
            f'{head} {described}<desc id="d">{text_of(name)}</desc>',
            f"<style>{style(theme)}</style>",
            f'<rect class="bg" width="{WIDTH}" height="{height}"/>',
            f'<text class="title" x="16" y="30">{_cut(chart.title, WIDTH - 32, _LARGE)}</text>',
            *(
                f'<text class="quiet" x="16" y="{50 + _LINE * number}">{text_of(line)}</text>'
                for number, line in enumerate(opening)
            ),
            f'<g transform="translate(0 {below})">' if below else "<g>",
            *body,
            "</g>",
            *([f'<text class="quiet origin" x="16" y="{height - 12}">{origin_line}</text>'] if origin else []),
            "</svg>\n",
        ]
    )


def fragment(chart: Chart) -> str:
    """Returns the drawing alone, for a page that has the style and the title."""
    body = list(_timeline(chart) if chart.kind == "timeline" else _rows(chart))
    height = int(body.pop())
    label = text_of(f"{chart.title}, drawn over time").replace('"', "&quot;")
    return (
        f'<svg class="chart" role="img" aria-label="{label}" viewBox="0 60 {WIDTH} {height - 60}">{"".join(body)}</svg>'
    )


def text_of(text: str) -> str:
    """Escapes text. Removes characters that XML does not allow, and marks that change the direction of neighbouring
    text.
    """
    return escape(in_xml(text))


def in_xml(text: str) -> str:
    """Text without the characters that XML does not allow, and without marks that turn its neighbours."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and c not in TURNING))


def isolated(text: str) -> str:
    """Returns a name in its own text direction, which does not affect that of its neighbours."""
    return f"\u2068{text}\u2069"


def _cut(text: str, room: float, size: float = _SIZE) -> str:
    return text_of(cut(text, room, size))


def _notes(chart: Chart, top: float) -> Iterator[str]:
    yield from _legend(chart, top)
    for index, note in enumerate(_lines_of_notes(chart), 1):
        yield f'<text class="quiet" x="16" y="{top + index * _LINE:g}">{text_of(note)}</text>'


def _lines_of_notes(chart: Chart) -> list[str]:
    every = [*chart.remarks, *_sources(chart)]
    return [line for note in every for line in wrapped(note, WIDTH - 32, _SMALL, 2)]


def _legend(chart: Chart, top: float) -> Iterator[str]:
    """Yields the meaning of each shape in use."""
    marks = [mark for row in chart.rows for mark in row.marks]
    shown: list[tuple[str, str]] = [(s, LEGEND[s]) for s in LEGEND if any(mark.shape == s for mark in marks)]
    shown += [("circle hollow neutral", "hollow: this number is not included")] if any(m.hollow for m in marks) else []
    shown += [("circle copy neutral", "small and grey: a copy")] if any(m.is_copy for m in marks) else []
    x = 22.0
    for shape, meaning in shown:
        drawn = shape_svg(shape.partition(" ")[0], x, top - 4, COPY if "copy" in shape else 1)
        yield f'<g class="{shape}">{drawn}</g>'
        yield f'<text class="quiet" x="{x + 12:g}" y="{top:g}">{meaning}</text>'
        x += 34 + width_of(meaning, _SMALL)


def _height_of_notes(chart: Chart) -> int:
    return _LINE * (1 + len(_lines_of_notes(chart)))


def _sources(chart: Chart) -> list[str]:
    """The titles of the sources in one line, as many as fit."""
    titles = list(dict.fromkeys(row.detail for row in chart.rows if row.detail and row.is_sourced))
    if not titles:
        return []
    line = "Sources: "
    for number, title in enumerate(titles):
        more = f"{line}{'; ' if number else ''}{title if len(title) <= 60 else title[:59] + '…'}"
        rest = f"; and {len(titles) - number} more"
        if len(more) > _SOURCES_ROOM and number:
            return [line + rest]
        line = more
    return [line]


# Rows ----------------------------------------------------------------------------------------------------------------


def _rows(chart: Chart) -> Iterator[str]:
    """Yields the lines of the drawing, and finally its height."""
    top = 78.0
    bottom = top + sum((_HEADING if g.title else 0) + _ROW * len(g.rows) for g in chart.groups)
    value, times = chart.columns
    yield f'<text class="quiet end" x="{_X0 + _PLOT + _VALUE}" y="{top}">{text_of(value)}</text>'
    yield f'<text class="quiet end" x="{WIDTH - 16}" y="{top}">{text_of(times)}</text>'
    if chart.scale is not None:
        yield f'<text class="quiet" x="{_X0}" y="{top}">{_cut(unit_beside(chart.unit), _PLOT, _SMALL)}</text>'
        yield from _grid(chart.scale, top + 8, bottom + 8)
    if not chart.rows:
        yield f'<text x="16" y="{top + 30}">There is nothing to draw.</text>'
        bottom += 40
    y = top + 8
    for group in chart.groups:
        yield from _group(group, chart.scale, y)
        y += (_HEADING if group.title else 0) + _ROW * len(group.rows)
    yield from _notes(chart, bottom + 52)
    yield str(round(bottom + 52 + _height_of_notes(chart)))


def _grid(scale: Scale, top: float, bottom: float) -> Iterator[str]:
    for tick in scale.ticks:
        x = _X0 + scale.place(tick.value) * _PLOT
        yield f'<line class="grid" x1="{x:.1f}" y1="{top:g}" x2="{x:.1f}" y2="{bottom:g}"/>'
        if tick.label:
            yield f'<text class="quiet middle" x="{x:.1f}" y="{bottom + 16:g}">{text_of(tick.label)}</text>'


def _group(group: Group, scale: Scale | None, y: float) -> Iterator[str]:
    heading = _HEADING if group.title else 0
    if group.title:
        yield f'<text class="heading" x="16" y="{y + 20:g}">{_cut(group.title, _X0 + _PLOT - 32)}</text>'
    if group.reference is not None and scale is not None:
        x = _X0 + scale.place(group.reference) * _PLOT
        bottom = y + heading + _ROW * len(group.rows)
        yield f'<line class="reference" x1="{x:.1f}" y1="{y + heading:g}" x2="{x:.1f}" y2="{bottom:g}"/>'
    for index, row in enumerate(group.rows):
        yield _row(row, scale, y + heading + index * _ROW)


def _row(row: Row, scale: Scale | None, y: float) -> str:
    indent = 16 + 14 * min(row.depth, 6)
    middle = y + _ROW / 2
    room = _LEFT - indent
    detail = "; ".join(filter(None, (row.note, row.detail)))
    name = isolated(_cut(row.label, room - (18 if row.depth else 0)))
    relay = '<tspan class="quiet">↳ </tspan>' if row.depth else ""
    parts = [
        f'<text class="label" x="{indent}" y="{middle - 2:g}">{relay}{name}</text>',
        f'<text class="quiet" x="{indent}" y="{middle + 12:g}">{_cut(detail, room, _SMALL)}</text>',
        f'<text class="end" x="{_X0 + _PLOT + _VALUE}" y="{middle + 4:g}">{_cut(row.value, _VALUE - 16)}</text>',
        f'<text class="end" x="{WIDTH - 16}" y="{middle + 4:g}">{_cut(row.times, _TIMES - 16)}</text>',
    ]
    if scale is not None:
        if row.gap is not None:
            parts.append(gap_line(row.gap, scale, _X0, _PLOT, middle))
        parts += [mark_svg(mark, scale, _X0, _PLOT, middle) for mark in row.marks]
    return f"<g{_faded(row)}>{''.join(parts)}</g>"


# Over time -----------------------------------------------------------------------------------------------------------

_TOP, _TALL = 90, 300
_NAME_ROOM = 130  # pixels of a name, and of an amount


def _timeline(chart: Chart) -> Iterator[str]:
    if chart.scale is None or chart.days is None:
        yield '<text x="16" y="108">There is nothing to draw.</text>'
        yield str(130 + _height_of_notes(chart))
        return
    scale, bottom = chart.scale, _TOP + _TALL
    days = chart.days
    left = max(60, 24 + max(width_of(tick.label, _SMALL) for tick in scale.ticks))
    wide = WIDTH - left - 40

    def across(day: date) -> float:
        return left + MARGIN + share_of(day, days) * (wide - 2 * MARGIN)

    yield f'<text class="quiet" x="16" y="{_TOP - 12}">{_cut(unit_beside(chart.unit), WIDTH / 2, _SMALL)}</text>'
    for tick in scale.ticks:
        y = bottom - scale.place(tick.value) * _TALL
        yield f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + wide}" y2="{y:.1f}"/>'
        if tick.label:
            yield f'<text class="quiet end" x="{left - 8}" y="{y + 4:.1f}">{text_of(tick.label)}</text>'
    for day, label in day_ticks(*days):
        yield f'<text class="quiet middle" x="{across(day):.1f}" y="{bottom + 20}">{label}</text>'
    placed = [(row, across(row.said)) for row in chart.rows if row.said is not None]
    yield from _steps(placed, scale, bottom, left + wide)
    for event in chart.events:
        x = across(event.day)
        yield f'<line class="event" x1="{x:.1f}" y1="{bottom - 8}" x2="{x:.1f}" y2="{bottom + 6}">'
        yield f"<title>{text_of(event.label)}, {event.day.isoformat()}</title></line>"
    for row, x in placed:
        drawn = "".join(mark_svg(mark, scale, bottom, _TALL, x, upright=True) for mark in row.marks)
        said = f"{row.label}: {row.value}, {row.said}"
        yield f"<g{_faded(row)}><title>{text_of(said)}</title>{drawn}</g>"
    named = _named(placed, scale, _Box(left, _TOP - 6, left + wide, bottom))
    for text, box in named:
        yield f'<text class="quiet" x="{box.left:.1f}" y="{box.bottom - 4:.1f}">{text_of(text)}</text>'
    unnamed = len(placed) - len(named)
    if unnamed:
        some = f"{unnamed} of {len(placed)} figures are drawn without a name, for lack of room."
        chart = replace(chart, notes=(*chart.notes, some))
    yield from _notes(chart, bottom + 48)
    yield str(bottom + 48 + _height_of_notes(chart))


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a text is drawn."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


_OFFSETS = (-8, 18, -22, 32, -36, 46)  # of a name's baseline from its mark, nearest first


def _named(placed: list[tuple[Row, float]], scale: Scale, plot: _Box) -> list[tuple[str, _Box]]:
    """The names of claimants with their amounts, each beside its mark where there is room: none meets another one or
    leaves the plot.
    """
    taken: list[tuple[str, _Box]] = []
    for row, x in placed:
        dot = next((mark.dot for mark in row.marks if mark.dot is not None), None)
        if dot is None:
            continue
        text = f"{isolated(cut(row.label, _NAME_ROOM, _SMALL))}: {cut(row.value, _NAME_ROOM, _SMALL)}"
        wide = width_of(text, _SMALL)
        y = plot.bottom - scale.place(dot) * _TALL
        for offset, left in ((offset, left) for offset in _OFFSETS for left in (x + 8, x - 8 - wide)):
            box = _Box(left, y + offset - 11, left + wide, y + offset + 4)
            is_inside = plot.left <= box.left and box.right <= plot.right and plot.top <= box.top
            if is_inside and box.bottom <= plot.bottom and not any(box.meets(other) for _, other in taken):
                taken.append((text, box))
                break
    return taken


def _faded(row: Row) -> str:
    return ' class="faded"' if row.faded else ""


def _steps(placed: list[tuple[Row, float]], scale: Scale, bottom: float, end: float) -> Iterator[str]:
    """Yields a line per claimant: a reported value holds until the claimant reports another."""
    by_claimant: dict[str, list[tuple[float, float]]] = {}
    for row, x in placed:
        mark = next((mark for mark in row.marks if is_step(row, mark)), None)
        if mark is not None and mark.dot is not None:
            by_claimant.setdefault(row.label, []).append((x, bottom - scale.place(mark.dot) * _TALL))
    for points in by_claimant.values():
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
        yield f'<path class="step circle" d="{path}H{end - 4:.1f}"/>'


def share_of(day: date, days: tuple[date, date]) -> float:
    first, last = days
    return 0.5 if first == last else (day - first).days / (last - first).days


def day_ticks(first: date, last: date) -> list[tuple[date, str]]:
    """Returns the first and the last day, and years between if they are far enough apart."""
    ticks = [(first, first.isoformat())]
    span = (last - first).days
    step = 1 if span < 3 * 366 else -(-span // (366 * 6))
    for year in range(first.year + 1, last.year + 1, step):
        day = date(year, 1, 1)
        if min((day - first).days, (last - day).days) > span * 0.12:
            ticks.append((day, str(year)))
    return [*ticks, (last, last.isoformat())] if span else ticks
