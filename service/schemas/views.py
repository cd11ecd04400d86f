"""Converts the domain's exact values to API models. Computed numbers become the nearest JSON number."""

from fractions import Fraction
from typing import Any

from service.domain.assessment import Assessment
from service.domain.comparability import Comparability as DomainComparability
from service.domain.display import comparison_text, interval_text, ratio_text, self_conflict_text
from service.domain.interval import Interval as DomainInterval
from service.domain.ratio import Ratio as DomainRatio
from service.domain.vocabulary import Basis
from service.schemas.comparisons import Comparability, Ratio
from service.schemas.figures import Interval


def to_number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def to_interval(interval: DomainInterval | None, unit: str, *, signed: bool) -> Interval | None:
    if interval is None:
        return None
    # not validated: a response has hundreds of intervals, and all their values were computed here
    return Interval.model_construct(
        low=to_number(interval.low),
        high=to_number(interval.high),
        low_open=interval.low_open,
        high_open=interval.high_open,
        unit=unit,
        text=interval_text(interval, unit, signed=signed),
    )


def to_ratio(ratio: DomainRatio | None) -> Ratio | None:
    if ratio is None:
        return None
    low = ratio.interval.low
    assert low is not None
    return Ratio(
        low=float(low),
        high=to_number(ratio.interval.high),
        low_open=ratio.interval.low_open,
        high_open=ratio.interval.high_open,
        central=to_number(ratio.central),
        text=ratio_text(ratio),
    )


def to_comparability(found: DomainComparability) -> Comparability:
    return Comparability(status=found.status, reasons=list(found.reasons))


def to_summary(assessment: Assessment, unit: str, dispute_count: int) -> dict[str, Any]:
    """The computed fields of a Summary: all except the measurand's own."""
    comparison = assessment.comparison
    found, apart = comparison.disagreement, comparison.disagreement.conflict
    signed = any(figure.signed for figure in (*comparison.base, *comparison.other))
    text = comparison_text(comparison, unit)
    if found.self_conflict is not None:
        text = f"{text} {self_conflict_text(found.self_conflict)}"
    return {
        "verdict": comparison.verdict,
        "ratio": to_ratio(comparison.ratio),
        "comparability": to_comparability(comparison.comparability),
        "agreement": found.agreement,
        "gap": to_number(apart.gap) if apart else None,
        "gap_open": apart is not None and apart.open,
        "difference": float(apart.difference) if apart and apart.gap is None else None,
        "text": text,
        "self_conflict": found.self_conflict is not None,
        "within_rounding": found.within_rounding,
        "interval_basis": found.interval_basis,
        "agreeing": found.agreeing,
        "claimant_count": found.claimant_count,
        "figure_count": found.figure_count,
        "relay_count": len(comparison.relays),
        "drift_count": assessment.drift_count,
        "dispute_count": dispute_count,
        "reported_interval": to_interval(comparison.hulls[Basis.REPORTED], unit, signed=signed),
        "estimated_interval": to_interval(comparison.hulls[Basis.ESTIMATED], unit, signed=signed),
    }
