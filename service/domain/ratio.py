"""The ratio of two uncertain amounts: interval division, and the plain quotient of single values."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from service.domain.evidence import Evidence
from service.domain.interval import Interval, divide, hull, same_side_of_zero


@dataclass(frozen=True, slots=True)
class Ratio:
    """`central` is value ÷ value, only when each side is a single figure with a value."""

    interval: Interval
    central: Fraction | None


def intervals(figures: Sequence[Evidence]) -> list[Interval]:
    """Those of the figures that can be computed with."""
    return [figure.interval for figure in figures if figure.interval is not None]


def side_hull(figures: Sequence[Evidence]) -> Interval | None:
    """The smallest interval that contains those of all figures that can be computed with."""
    return hull(intervals(figures))


def ratio(numerator: Sequence[Evidence], denominator: Sequence[Evidence]) -> Ratio | None:
    """Hull ÷ hull. None when a side is empty, the denominator is zero, amounts may be of different signs, or the metric
    has no ratio scale.
    """
    if not all(figure.metric.is_ratio for figure in (*numerator, *denominator)):
        return None
    return quotient(side_hull(numerator), side_hull(denominator), only_value(numerator), only_value(denominator))


def ratio_to(figure: Evidence, bottom: Interval | None, single: Evidence | None) -> Ratio | None:
    """One figure ÷ a side with the hull `bottom`; `single` is the figure of that side, if it has only one."""
    if not figure.metric.is_ratio:
        return None
    return quotient(figure.interval, bottom, figure.value, single.value if single is not None else None)


def only_value(side: Sequence[Evidence]) -> Fraction | None:
    """The value of the only figure of a side."""
    return side[0].value if len(side) == 1 else None


def signs_differ(top: Interval | None, bottom: Interval | None) -> bool:
    """Whether some amounts of the two have, or may have, different signs, so that no ratio is formed."""
    return top is not None and bottom is not None and not same_side_of_zero(top, bottom)


def is_zero(interval: Interval | None) -> bool:
    return interval is not None and interval.low == interval.high == 0


def quotient(
    top: Interval | None, bottom: Interval | None, value: Fraction | None, by: Fraction | None
) -> Ratio | None:
    """Divides amounts on one side of zero, each given as an interval and optionally as a single value."""
    if top is None or bottom is None or signs_differ(top, bottom):
        return None
    if top.low is None or top.low < 0 or bottom.low is None or bottom.low < 0:
        top, bottom = top.negated(), bottom.negated()  # both are 0 at most
    found = divide(top, bottom)
    if found is None:
        return None
    return Ratio(found, value / by if value is not None and by else None)
