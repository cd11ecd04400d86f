"""The chart of disagreements: one row per measurand, in multiples of the smallest amount stated for it."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from service.charts.comparison import drawn, mark_of
from service.charts.model import Chart, Group, Mark, Row
from service.charts.scale import scale_for
from service.domain.compact import apart_text, compact_factor
from service.domain.period import period_in_words
from service.domain.vocabulary import DisagreementKind
from service.schemas.comparisons import Compared, Disagreement

_TITLES = {
    DisagreementKind.CONFLICT: "Where sources disagree most",
    DisagreementKind.SELF_CONFLICT: "Where one claimant's own figures exclude each other",
    DisagreementKind.DRIFT: "Where a copy has another number than the original",
    DisagreementKind.PART_EXCEEDS_WHOLE: "Where a part is said to exceed its whole",
}


def chart(found: Sequence[Disagreement], kind: DisagreementKind) -> Chart:
    rows = tuple(row for row in map(_row, found) if row is not None)
    marks = [mark for row in rows for mark in row.marks]
    amounts = [amount for mark in marks for amount in drawn(mark)]
    is_open = any(mark.high is None for mark in marks)
    without = len(found) - len(rows)
    return Chart(
        kind="ranking",
        title=_TITLES[kind],
        subtitle="Each row begins at the smallest amount that is named in it, as 1×.",
        unit="1",
        scale=scale_for(amounts, lambda a, n: compact_factor(_exact(a), digits=n), begin=1.0, open_above=is_open),
        groups=(Group("", rows),) if rows else (),
        columns=("Apart", ""),
        notes=(f"{without} without a ratio are not drawn.",) if without else (),
    )


def _row(one: Disagreement) -> Row | None:
    """Returns None if there is no ratio: amounts that may be negative, or a bound of zero."""
    if one.least is None or one.most is None:
        return None
    least, most = (mark_of(figure, one.metric.scale) for figure in _in_one_currency(one.least, one.most))
    if least is None or most is None or least.high is None or most.low is None:
        return None
    smallest = min((a for a in (*drawn(least), *drawn(most)) if a > 0), default=None)
    has_no_factor = one.kind is DisagreementKind.CONFLICT and one.gap is None
    if smallest is None or least.high <= 0 or has_no_factor:
        return None
    gap = least.high / smallest, most.low / smallest
    return Row(
        label=f"{one.subject.name}: {one.metric.name}",
        detail=", ".join(
            filter(
                None, (one.scope.name if one.scope else "Part not stated", one.period and period_in_words(one.period))
            )
        ),
        marks=(_multiple(least, smallest), _multiple(most, smallest)),
        value=_apart(one, least, most),
        note=f"{one.least.claimant.name} least, {one.most.claimant.name} most",
        gap=gap,
        href=f"/comparisons/{one.key}",
    )


def _in_one_currency(least: Compared, most: Compared) -> tuple[Compared, Compared]:
    """The two as they were compared: in their own currency if they share it, else as converted."""
    if least.interval is None or most.interval is None or least.interval.unit != most.interval.unit:
        return least, most
    plain = {"converted": None}
    return least.model_copy(update=plain), most.model_copy(update=plain)


def _apart(one: Disagreement, least: Mark, most: Mark) -> str:
    """Computes with the decimal digits as stated: a quotient of binary numbers would be rounded down once too often."""
    if one.kind is DisagreementKind.DRIFT and least.dot and most.dot is not None:
        if most.dot == least.dot:
            return "said of something else"
        return f"{compact_factor(_exact(most.dot) / _exact(least.dot))} apart"
    assert least.high is not None
    assert most.low is not None
    return apart_text(_exact(most.low) / _exact(least.high))


def _exact(amount: float) -> Fraction:
    return Fraction(repr(amount))


def _multiple(mark: Mark, of: float) -> Mark:
    def share(amount: float | None) -> float | None:
        return None if amount is None else amount / of

    return replace(mark, dot=share(mark.dot), low=share(mark.low), high=share(mark.high))
