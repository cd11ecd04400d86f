"""The chart of a comparison: a forest plot, with one row per figure, grouped by scope."""

from dataclasses import replace

from service.analysis.forest import Forest, ForestGroup, ForestRow
from service.charts.model import Chart, Group, Mark, Row, Shape
from service.charts.scale import Scale, label_of, scale_for
from service.domain.compact import compact_stated
from service.domain.figure import Stated
from service.domain.period import period_in_words
from service.domain.units import convert
from service.domain.vocabulary import Basis, ClaimStatus, DriftResult, IntervalKind, NotComputed, Qualifier
from service.domain.vocabulary import Scale as MetricScale
from service.schemas.comparisons import Compared, Comparison

SHAPES: dict[Basis, Shape] = {Basis.REPORTED: "circle", Basis.ESTIMATED: "diamond"}
NOT_STATED = "Part not stated"
RANGES = {
    IntervalKind.CI90: "90% interval",
    IntervalKind.CI95: "95% interval",
    IntervalKind.CI99: "99% interval",
    IntervalKind.P5_P95: "5th to 95th percentile",
    IntervalKind.IQR: "interquartile range",
    IntervalKind.RANGE: "range",
    IntervalKind.OTHER: "interval of another kind",
}


def chart(forest: Forest) -> Chart:
    """Returns the chart. Amounts are in the metric's unit; the texts beside them are as stated."""
    comparison = forest.comparison
    unit = comparison.unit
    groups = tuple(_group(group, comparison) for group in forest.groups)
    return Chart(
        kind="comparison",
        title=f"{comparison.subject.name}: {comparison.metric.name}",
        subtitle=comparison.text,
        unit=unit,
        scale=scale_of(groups, unit),
        groups=groups,
        columns=("Stated", "× reported" if comparison.settings.by == "basis" else "× first party"),
        notes=_notes(forest, groups),
    )


def scale_of(groups: tuple[Group, ...], unit: str) -> Scale | None:
    marks = [mark for group in groups for row in group.rows for mark in row.marks]
    amounts = [amount for mark in marks for amount in drawn(mark)]
    is_open = any(mark.high is None for mark in marks)
    return scale_for(amounts, label_of(unit), open_above=is_open)


def drawn(mark: Mark) -> list[float]:
    """Returns the amounts that a mark needs room for. The zero of "at most" needs none: it is where the axis starts."""
    low = None if mark.low == 0 and mark.is_bound else mark.low
    return [amount for amount in (mark.dot, low, mark.high) if amount is not None]


def _group(group: ForestGroup, comparison: Comparison) -> Group:
    title = group.scope.name if group.scope else NOT_STATED
    if comparison.period:
        title = f"{title}, {period_in_words(comparison.period)}"
    return Group(title, tuple(row_of(row, comparison) for row in group.rows), group.reference, group.left_out)


def row_of(row: ForestRow, comparison: Comparison) -> Row:
    figure = row.figure
    prices = comparison.settings.prices
    is_restated = prices is not None and figure.price_year not in (None, prices.year)
    mark = mark_of(figure, comparison.metric.scale, restated=is_restated)
    if mark is not None and row.is_relay:
        mark = replace(mark, is_copy=True)
    return Row(
        label=figure.claimant.name,
        detail=figure.source.title,
        marks=(mark,) if mark is not None else (),
        value=compact_stated(stated(figure), figure.unit),
        times=row.times.text if row.times is not None else "",
        note="; ".join(_remarks(row)),
        depth=row.depth,
        faded=not row.stands,
        is_relay=row.is_relay,
        said=row.said,
        is_sourced=True,
        href=f"/claims/{figure.claim.key or figure.claim.id}",
    )


def stated(figure: Compared) -> Stated:
    return Stated(figure.qualifier, figure.value, figure.lower, figure.upper, figure.interval_kind, figure.stated_as)


def mark_of(figure: Compared, scale: MetricScale, *, restated: bool = False) -> Mark | None:
    """Returns None for a figure that cannot be computed with."""
    interval = figure.converted or figure.interval
    if interval is None or figure.not_computed is not None:
        return None
    has_bounds = figure.lower is not None or figure.upper is not None
    one_sided = figure.qualifier in (Qualifier.AT_LEAST, Qualifier.MORE_THAN, Qualifier.AT_MOST, Qualifier.LESS_THAN)
    return Mark(
        shape=SHAPES.get(figure.basis, "square"),
        dot=_dot(figure, scale, restated=restated),
        low=interval.low,
        high=interval.high,
        hollow=figure.qualifier in (Qualifier.MORE_THAN, Qualifier.LESS_THAN),
        is_bound=one_sided,
        is_interval=has_bounds and not one_sided,
        range=RANGES[figure.interval_kind] if figure.interval_kind else "" if has_bounds and not one_sided else None,
    )


def _dot(figure: Compared, scale: MetricScale, *, restated: bool) -> float | None:
    """Returns the number that the source gives, in the metric's unit: the value, or the only bound."""
    interval = figure.converted or figure.interval
    assert interval is not None
    if figure.qualifier in (Qualifier.AT_LEAST, Qualifier.MORE_THAN):
        return interval.low
    if figure.qualifier in (Qualifier.AT_MOST, Qualifier.LESS_THAN):
        return interval.high
    if figure.converted is not None or restated:
        return interval.low if interval.low == interval.high else None
    if figure.value is None:
        return None
    conversion, _ = convert(figure.unit, interval.unit, scale)
    return float(conversion.of(figure.value))


def _remarks(row: ForestRow) -> list[str]:
    """Returns the remarks on a row, beside its number."""
    remarks = []
    if row.status is not ClaimStatus.ACTIVE:
        remarks.append(str(row.status))
    if row.figure.basis not in SHAPES:
        remarks.append(str(row.figure.basis))
    if row.figure.interval_kind is not None:
        remarks.append(RANGES[row.figure.interval_kind])
    if row.is_relay and (row.drift is None or row.drift.result is not DriftResult.DRIFT):
        remarks.append("copy")
    if row.drift is not None:  # a drift names its origin, which says by itself that this is a copy
        remarks.append(row.drift.text)
    if row.figure.not_computed is NotComputed.NO_EXCHANGE_RATE:
        remarks.append("no exchange rate")
    return remarks


def _notes(forest: Forest, groups: tuple[Group, ...]) -> tuple[str, ...]:
    comparison = forest.comparison
    notes = []
    left_out = sum(group.left_out for group in groups)
    if left_out:
        notes.append(f"{left_out:,} more figures are not drawn.")
    if forest.scopes_left_out:
        notes.append(f"{forest.scopes_left_out:,} more scopes are not drawn.")
    if any(group.reference is not None for group in groups):
        whose = "was reported" if comparison.settings.by == "basis" else "the first party said"
        notes.append(f"The dashed line is what {whose}, in its own scope.")
    if comparison.settings.as_of is not None:
        notes.append(f"As it could be read on {comparison.settings.as_of.isoformat()}.")
    excluded = comparison.excluded
    if excluded.undated:
        notes.append(f"Left out, since their date is unknown: {excluded.undated}.")
    return tuple(notes)
