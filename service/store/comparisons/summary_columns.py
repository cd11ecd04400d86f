"""The columns of a measurand's summary: stored with it, or computed as of a day."""

from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from service.db.views import NO_RANK, OFF_RATIO
from service.domain.assessment import RULES_VERSION, Assessment, assess_measurand
from service.domain.drift import extremes
from service.domain.interval import Interval
from service.domain.parts import Exceeded
from service.domain.rounding import READINGS
from service.domain.sentences import part_text, self_conflict_text, widest_drift_text
from service.domain.separation import Separation
from service.domain.standing import Bounds, Extent, extent
from service.domain.vocabulary import Word
from service.schemas.views import to_number, to_summary
from service.store.rows import Values

PART_COLUMNS = ("part_rank", "part_gap", "part_least_id", "part_most_id", "part_text", "part_within_rounding")
NO_PART: Values = dict.fromkeys(PART_COLUMNS) | {"part_within_rounding": False}
_READINGS = ("_rounded", "_truncated")
assert len(_READINGS) == len(READINGS)


def columns_of(
    found: Assessment,
    *,
    unit: str,
    present_count: int,
    dispute_count: int,
    origin: tuple[str, str] | None = None,
    rates_version: str | None = None,
) -> Values:
    """All columns but those of a part that exceeds its whole. `unit` is the metric's. `origin` is the id and the key of
    the measurand that its copies come from. `rates_version` is that of the exchange rates, if figures are in other
    currencies.
    """
    summary = to_summary(found, unit, dispute_count, origin)
    comparability, ratio = summary.pop("comparability"), summary.pop("ratio")
    del summary["origin_measurand"]
    return {
        "rules_version": RULES_VERSION,
        "rates_version": rates_version,
        "present_count": present_count,
        "copies_only": found.comparison.has_copies_only,
        "origin_measurand_id": origin[0] if origin and found.comparison.has_copies_only else None,
        "comparability": str(comparability.status) if comparability else None,
        "reasons": ", ".join(comparability.reasons) if comparability else None,
        "conflict_reasons": ", ".join(summary.pop("conflict_reasons")),
        **ends_columns("ratio", ratio),
        "ratio_central": ratio and ratio.central,
        **ends_columns("reported", summary.pop("reported_interval")),
        **ends_columns("estimated", summary.pop("estimated_interval")),
        **{name: str(value) if isinstance(value, Word) else value for name, value in summary.items()},
        **_disagreements(found, str(summary["unit"])),
        **_extent_columns(extent(found.comparison.counted, found.comparison.currency)),
    }


def ends_columns(name: str, ends: Any) -> Values:
    fields = ("low", "high", "low_open", "high_open", "text")
    return {f"{name}_{field}": getattr(ends, field) if ends is not None else None for field in fields}


def _disagreements(found: Assessment, unit: str) -> Values:
    """For each kind of disagreement, its rank and gap, and the figures that hold its extremes."""
    disagreement, drift = found.comparison.disagreement, found.widest_drift
    apart, own = disagreement.conflict, disagreement.self_conflict
    least, most = extremes(drift) if drift else (None, None)
    return {
        "rank": rank_of(apart) if apart else NO_RANK,
        "conflict_least_id": apart and apart.least.id,
        "conflict_most_id": apart and apart.most.id,
        "self_rank": rank_of(own) if own else None,
        "self_gap": to_number(own.gap) if own else None,
        "self_least_id": own and own.least.id,
        "self_most_id": own and own.most.id,
        "self_text": self_conflict_text(own, unit, disagreement.self_conflict_within_rounding) if own else None,
        "drift_rank": float(drift.size) if drift else None,
        "drift_gap": drift_gap(drift.factor) if drift else None,
        "drift_least_id": least and least.id,
        "drift_most_id": most and most.id,
        "drift_text": widest_drift_text(drift, unit) if drift else None,
    }


def rank_of(apart: Separation) -> float:
    """Orders disagreements, widest first: those off the ratio scale come last."""
    relative = apart.relative_difference
    return OFF_RATIO if relative is None else float(relative)


def drift_gap(factor: Fraction | None) -> float | None:
    """A drift's factor as one of at least 1."""
    return None if not factor else float(max(abs(factor), abs(1 / factor)))


def part_columns(part: Extent, found: Exceeded | None) -> Values:
    if found is None:
        return NO_PART
    return {
        "part_rank": float(found.excess.relative_difference),
        "part_gap": to_number(found.excess.gap),
        "part_least_id": found.whole.extent.most_id,
        "part_most_id": part.least_id,
        "part_text": part_text(found.excess),
        "part_within_rounding": found.within_rounding,
    }


# Extents -------------------------------------------------------------------------------------------------------------


def _extent_columns(found: Extent) -> Values:
    columns: Values = {"least_id": found.least_id, "most_id": found.most_id, "total_start": found.start}
    columns["total_first"], columns["total_last"] = found.days or (None, None)
    for suffix, bounds in zip(("", *_READINGS), (found.stated, *found.readings), strict=True):
        columns[f"least{suffix}"] = _bound_text(bounds.least, low=True)
        columns[f"most{suffix}"] = _bound_text(bounds.most, low=False)
    return columns


def _bound_text(bound: Interval | None, *, low: bool) -> str | None:
    """`[5/2` for a closed end, `(5/2` for an open one."""
    if bound is None:
        return None
    is_open = bound.low_open if low else bound.high_open
    return f"{'(' if is_open else '['}{bound.low if low else bound.high}"


def extent_of(columns: Values) -> Extent:
    """The extent in these columns."""
    stated, *readings = (
        Bounds(_bound(columns[f"least{suffix}"], low=True), _bound(columns[f"most{suffix}"], low=False))
        for suffix in ("", *_READINGS)
    )
    days: tuple[date, date] | None = None
    if columns["total_last"] is not None:
        days = columns["total_first"], columns["total_last"]
    return Extent(stated, tuple(readings), columns["least_id"], columns["most_id"], days, columns["total_start"])


def _bound(text: str | None, *, low: bool) -> Interval | None:
    if text is None:
        return None
    number, is_open = Fraction(text[1:]), text[0] == "("
    return Interval(number, None, is_open) if low else Interval(None, number, high_open=is_open)


@cache
def empty_columns(unit: str) -> Values:
    """Those of a measurand without figures."""
    nothing = assess_measurand([], [], scope_stated=True)
    return columns_of(nothing, unit=unit, present_count=0, dispute_count=0) | NO_PART
