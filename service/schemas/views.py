"""Converts the domain's exact values to API models. Computed numbers become the nearest JSON number."""

from fractions import Fraction
from sys import float_info
from typing import Any

from service.domain.assessment import RULES_VERSION, Assessment
from service.domain.comparability import Comparability as DomainComparability
from service.domain.comparison import Comparison
from service.domain.display import interval_text, ratio_text
from service.domain.interval import Interval as DomainInterval
from service.domain.ratio import Ratio as DomainRatio
from service.domain.sentences import separation_unit, summary_text
from service.domain.units import in_currency
from service.domain.vocabulary import Basis
from service.schemas.base import MeasurandRef
from service.schemas.comparisons import Comparability, Ratio
from service.schemas.figures import Interval


def to_number(value: Fraction | None) -> float | None:
    """The nearest JSON number, which is the largest one for a number beyond it."""
    if value is None:
        return None
    try:
        return float(value)
    except OverflowError:
        return float_info.max if value > 0 else -float_info.max


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
        low=to_number(low) or 0.0,
        high=to_number(ratio.interval.high),
        low_open=ratio.interval.low_open,
        high_open=ratio.interval.high_open,
        central=to_number(ratio.central),
        text=ratio_text(ratio),
    )


def to_comparability(found: DomainComparability | None) -> Comparability | None:
    return None if found is None else Comparability(status=found.status, reasons=list(found.reasons))


def computed_unit(comparison: Comparison, metric_unit: str) -> str:
    """The unit in which a measurand is computed."""
    return in_currency(metric_unit, comparison.currency) if comparison.currency else metric_unit


def to_summary(
    assessment: Assessment, metric_unit: str, dispute_count: int, origin: tuple[str, str] | None = None
) -> dict[str, Any]:
    """The computed fields of a Summary: all except the measurand's own, and what depends on other measurands. `origin`
    is the id and the key of the measurand that its copies come from.
    """
    comparison = assessment.comparison
    unit = computed_unit(comparison, metric_unit)
    found, apart = comparison.disagreement, comparison.disagreement.conflict
    signed = any(figure.metric.signed for figure in comparison.counted)
    is_copied = comparison.has_copies_only and origin is not None
    return {
        "unit": unit,
        "rules_version": RULES_VERSION,
        "verdict": comparison.verdict,
        "ratio": to_ratio(comparison.ratio),
        "comparability": to_comparability(comparison.comparability),
        "agreement": found.agreement,
        "gap": to_number(apart.gap) if apart else None,
        "gap_open": apart is not None and apart.open,
        "difference": to_number(apart.difference) if apart else None,
        "relative_difference": to_number(apart.relative_difference) if apart else None,
        "conflict_reasons": list(found.reasons),
        "conflict_unit": separation_unit(apart, unit) if apart else None,
        "text": summary_text(comparison, unit, origin[1] if origin else None),
        "self_conflict": found.self_conflict is not None,
        "self_conflict_within_rounding": found.self_conflict_within_rounding,
        "within_rounding": found.within_rounding,
        "origin_measurand": MeasurandRef(id=origin[0], key=origin[1]) if is_copied and origin else None,
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
