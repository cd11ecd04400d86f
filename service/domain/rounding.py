"""Readings of stated numbers as rounded or as truncated, to find out whether that explains a conflict."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from service.domain.evidence import Evidence
from service.domain.interval import Interval
from service.domain.vocabulary import Qualifier, Scale

_MOST = Fraction(1, 20)  # of the value

Reading = Callable[[Sequence[Evidence]], list[Evidence]]


def _widened(figure: Evidence, *, truncated: bool) -> Evidence:
    """The figure as a range, if it is an exact number without bounds whose precision is known.

    A rounded number is less than half a unit of its last digit from the true one. A truncated one is less than a whole
    unit nearer to zero. Neither reading moves a number by more than 5%.
    """
    value, precision = figure.own_value, figure.precision
    if figure.stated.qualifier is not Qualifier.EXACT or figure.stated.has_bounds or not value or precision is None:
        return figure
    slack, most = precision if truncated else precision / 2, _MOST * abs(value)
    is_open, slack = slack <= most, min(slack, most)
    if not truncated:
        return replace(figure, own_interval=Interval(value - slack, value + slack, is_open, is_open))
    if value > 0:
        return replace(figure, own_interval=Interval(value, value + slack, high_open=is_open))
    return replace(figure, own_interval=Interval(value - slack, value, low_open=is_open))


def as_rounded(figures: Sequence[Evidence]) -> list[Evidence]:
    return [_widened(figure, truncated=False) for figure in figures]


def as_truncated(figures: Sequence[Evidence]) -> list[Evidence]:
    return [_widened(figure, truncated=True) for figure in figures]


READINGS: tuple[Reading, ...] = (as_rounded, as_truncated)


def explains(figures: Sequence[Evidence], are_apart: Callable[[list[Evidence]], bool]) -> bool:
    """Whether the figures are no longer apart once all are read as rounded, or all as truncated. Ranks are neither."""
    if not figures or figures[0].metric.scale is Scale.ORDINAL:
        return False
    return any(not are_apart(read(figures)) for read in READINGS)
