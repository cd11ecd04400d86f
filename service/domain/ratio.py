"""A ratio of two uncertain amounts: what interval division makes of them, and the plain quotient where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from service.domain.evidence import Evidence
from service.domain.interval import Interval, divide, hull


@dataclass(frozen=True, slots=True)
class Ratio:
    """`central` is value ÷ value, only when each side is a single figure with a value."""

    interval: Interval
    central: Fraction | None


def side_hull(figures: Sequence[Evidence]) -> Interval | None:
    """The least interval that holds those of all figures, which must be computable."""
    return hull(figure.interval for figure in figures if figure.interval is not None)


def ratio(numerator: Sequence[Evidence], denominator: Sequence[Evidence]) -> Ratio | None:
    """Hull ÷ hull. None when a side is empty, the denominator is zero, or amounts may be negative."""
    top, bottom = side_hull(numerator), side_hull(denominator)
    if top is None or bottom is None or any(f.signed for f in (*numerator, *denominator)):
        return None
    quotient = divide(top, bottom)
    return Ratio(quotient, _central(numerator, denominator)) if quotient is not None else None


def ratio_to(figure: Evidence, bottom: Interval | None, single: Evidence | None) -> Ratio | None:
    """One figure ÷ a side, whose hull is known already; `single` is the figure of that side, if it is only one."""
    if figure.interval is None or bottom is None or figure.signed:
        return None
    quotient = divide(figure.interval, bottom)
    if quotient is None:
        return None
    return Ratio(quotient, _central([figure], [single]) if single is not None else None)


def _central(numerator: Sequence[Evidence], denominator: Sequence[Evidence]) -> Fraction | None:
    if len(numerator) != 1 or len(denominator) != 1:
        return None
    top, bottom = numerator[0].value, denominator[0].value
    return top / bottom if top is not None and bottom else None
