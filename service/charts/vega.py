"""Charts as Vega-Lite, for notebooks and dashboards that draw them. The specification contains the data."""

from typing import Any

from service.charts.model import Chart, Group, Mark, Row, is_step

_COLORS = {"circle": "#0072B2", "diamond": "#B85C00", "square": "#59626d"}
_NAMES = {"circle": "reported", "diamond": "estimated", "square": "other"}
_BASIS = {
    "field": "basis",
    "type": "nominal",
    "scale": {"domain": list(_NAMES.values()), "range": list(_COLORS.values())},
    "title": None,
}
_SHAPE = {
    "field": "basis",
    "type": "nominal",
    "scale": {"domain": list(_NAMES.values()), "range": list(_NAMES)},
    "title": None,
}
Spec = dict[str, Any]


def vega_lite(chart: Chart) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {"text": chart.title, "subtitle": chart.subtitle, "anchor": "start"},
        "description": f"{chart.title}. {chart.subtitle}",
        **(_over_time(chart) if chart.kind == "timeline" else _in_rows(chart)),
        "usermeta": {"notes": chart.remarks},
    }


def _scale(chart: Chart) -> Spec:
    if chart.scale is None:
        return {"type": "linear"}
    kind = "log" if chart.scale.is_log else "linear"
    return {"type": kind, "domain": [chart.scale.low, chart.scale.high], "nice": False}


def _axis(chart: Chart, title: str) -> Spec:
    """Returns the axis, with the same gridlines as in the SVG."""
    return {"title": title} | (
        {"values": [tick.value for tick in chart.scale.ticks]} if chart.scale is not None else {}
    )


def _values(chart: Chart) -> list[Spec]:
    """Returns one object per mark. Ends without a bound are placed at the end of the axis, and marked as unbounded."""
    placed = [(group, row) for group in chart.groups for row in group.rows]
    return [
        _value(chart, group, place, row, mark)
        for place, (group, row) in enumerate(placed)
        for mark in row.marks or (None,)
    ]


def _value(chart: Chart, group: Group, place: int, row: Row, mark: Mark | None) -> Spec:
    scale = chart.scale
    common: Spec = {
        "group": group.title,
        "reference": group.reference,
        # zero-width spaces keep rows with the same label apart
        "row": "  " * row.depth + row.label + (f", {row.detail}" if chart.kind == "ranking" else "") + "\u200b" * place,
        "number": place,
        "claimant": row.label,
        "gap_from": row.gap[0] if row.gap is not None else None,
        "gap_to": row.gap[1] if row.gap is not None else None,
        "source": row.detail,
        "stated": row.value,
        "times": row.times,
        "note": row.note,
        "faded": row.faded,
        "said": row.said.isoformat() if row.said is not None else None,
    }
    if mark is None or scale is None:
        return common | dict.fromkeys(("basis", "amount", "low", "high", "hollow", "step"))
    floor = scale.low if mark.low is None or (scale.is_log and mark.low <= 0) else max(mark.low, scale.low)
    return common | {
        "basis": _NAMES[mark.shape],
        "amount": mark.dot,
        "low": floor,
        "high": scale.high if mark.high is None else mark.high,
        "hollow": mark.hollow,
        "step": is_step(row, mark),
        "unbounded_below": mark.low is None or mark.low < floor,
        "unbounded_above": mark.high is None,
        "range": mark.range,
    }


def _points(place: Spec) -> list[Spec]:
    """Returns the shapes at the stated values: filled, or hollow if the number itself is not included."""
    opacity = {"condition": {"test": "datum.faded", "value": 0.5}, "value": 1}
    common = {**place, "shape": _SHAPE, "opacity": opacity}
    tip = [{"field": name, "type": "nominal"} for name in ("row", "stated", "times", "source", "note")]
    return [
        {
            "transform": [{"filter": "datum.amount !== null && !datum.hollow"}],
            "mark": {"type": "point", "filled": True, "size": 90},
            "encoding": {**common, "color": _BASIS, "tooltip": tip},
        },
        {
            "transform": [{"filter": "datum.amount !== null && datum.hollow"}],
            "mark": {"type": "point", "filled": False, "size": 90, "strokeWidth": 2},
            "encoding": {**common, "color": _BASIS, "tooltip": tip},
        },
    ]


def _in_rows(chart: Chart) -> Spec:
    unit = chart.unit if chart.unit != "1" else "×"
    amounts = {"type": "quantitative", "scale": _scale(chart), "axis": _axis(chart, unit)}
    row = {"field": "row", "type": "nominal", "sort": {"field": "number"}, "title": None}
    ends = {"x": {"field": "low", **amounts}, "x2": {"field": "high"}, "y": row, "color": _BASIS}
    layers: list[Spec] = [
        {"transform": [{"filter": "datum.low !== null"}], "mark": {"type": "rule", "strokeWidth": 2}, "encoding": ends},
        *_points({"x": {"field": "amount", **amounts}, "y": row}),
        *(_arrow(side, amounts, row) for side in ("below", "above")),
        *(_beside(field, place, row) for field, place in (("stated", 440), ("times", 590))),
    ]
    if any(one.gap is not None for one in chart.rows):
        gap = {"x": {"field": "gap_from", **amounts}, "x2": {"field": "gap_to"}, "y": row}
        layers.insert(0, {"mark": {"type": "rule", "strokeDash": [1, 4], "strokeWidth": 2}, "encoding": gap})
    references = [g for g in chart.groups if g.reference is not None]
    if references:
        layers.append(
            {
                "transform": [{"filter": "datum.reference !== null"}],
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": _COLORS["circle"]},
                "encoding": {"x": {"field": "reference", **amounts, "aggregate": "min"}},
            }
        )
    header = {"labelOrient": "top", "labelAnchor": "start", "labelFontWeight": "bold", "title": None}
    groups = {"field": "group", "type": "nominal", "sort": [g.title for g in chart.groups], "header": header}
    return {
        "data": {"values": _values(chart)},
        "facet": {"row": groups},
        "spec": {"width": 420, "height": {"step": 30}, "layer": layers},
        "resolve": {"scale": {"y": "independent"}},
    }


def _arrow(side: str, amounts: Spec, row: Spec) -> Spec:
    field, shape = ("low", "triangle-left") if side == "below" else ("high", "triangle-right")
    return {
        "transform": [{"filter": f"datum.unbounded_{side} === true"}],
        "mark": {"type": "point", "shape": shape, "filled": True, "size": 60},
        "encoding": {"x": {"field": field, **amounts}, "y": row, "color": _BASIS},
    }


def _beside(field: str, place: int, row: Spec) -> Spec:
    """Returns a column of text to the right of the drawing."""
    encoding = {"x": {"value": place}, "y": row, "text": {"field": field, "type": "nominal"}}
    return {"mark": {"type": "text", "align": "left"}, "encoding": encoding}


def _over_time(chart: Chart) -> Spec:
    amounts = {"type": "quantitative", "scale": _scale(chart), "axis": _axis(chart, chart.unit)}
    said = {"field": "said", "type": "temporal", "title": None}
    layers: list[Spec] = [
        {
            "transform": [{"filter": "datum.step === true"}],
            "mark": {"type": "line", "interpolate": "step-after", "color": _COLORS["circle"]},
            "encoding": {"x": said, "y": {"field": "amount", **amounts}, "detail": {"field": "claimant"}},
        },
        {
            "transform": [{"filter": "datum.low !== null"}],
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {"x": said, "y": {"field": "low", **amounts}, "y2": {"field": "high"}, "color": _BASIS},
        },
        *_points({"x": said, "y": {"field": "amount", **amounts}}),
    ]
    if chart.events:
        events = [{"said": event.day.isoformat(), "event": event.label} for event in chart.events]
        layers.append(
            {
                "data": {"values": events},
                "mark": {"type": "tick", "orient": "vertical", "thickness": 2, "size": 14},
                "encoding": {"x": said, "y": {"value": 300}, "tooltip": [{"field": "event", "type": "nominal"}]},
            }
        )
    return {"data": {"values": _values(chart)}, "width": 720, "height": 300, "layer": layers}
