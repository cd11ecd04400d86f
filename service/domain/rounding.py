"""Readings of stated numbers as rounded or as truncated, to find out whether that explains a conflict."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from service.domain.evidence import Evidence
from service.domain.interval import Interval
from service.domain.vocabulary import Qualifier, Scale

_MOST = Fraction(1, 20)  # of the value

Reading = Callable[[Sequence[Evidence]], list[Evidence]]


def widened(figure: Evidence, *, truncated: bool) -> Interval | None:
    """The amounts that an exact number without bounds may stand for, in the figure's own currency; of any other figure,
    the interval that it has.

    A rounded number is less than half a unit of its last digit from the true one. A truncated one is less than a whole
    unit nearer to zero. Neither reading moves a number by more than 5%.
    """
    value, precision = figure.own_value, figure.precision
    if figure.stated.qualifier is not Qualifier.EXACT or figure.stated.has_bounds or not value or precision is None:
        return figure.own_interval
    slack, most = precision if truncated else precision / 2, _MOST * abs(value)
    is_open, slack = slack <= most, min(slack, most)
    if not truncated:
        return Interval(value - slack, value + slack, is_open, is_open)
    if value > 0:
        return Interval(value, value + slack, high_open=is_open)
    return Interval(value - slack, value, low_open=is_open)


def read_interval(figure: Evidence, *, truncated: bool) -> Interval | None:
    """The amounts that a figure allows if it is read so, in the currency of the measurand."""
    own = widened(figure, truncated=truncated)
    if not figure.is_foreign or own is None:
        return own
    return None if figure.rates is None else figure.rates.converted(own)


def _widened(figure: Evidence, *, truncated: bool) -> Evidence:
    interval = widened(figure, truncated=truncated)
    return figure if interval == figure.own_interval else replace(figure, own_interval=interval)


def as_rounded(figures: Sequence[Evidence]) -> list[Evidence]:
    return [_widened(figure, truncated=False) for figure in figures]


def as_truncated(figures: Sequence[Evidence]) -> list[Evidence]:
    return [_widened(figure, truncated=True) for figure in figures]


# the same for one figure as for many
SINGLE_READINGS = (partial(read_interval, truncated=False), partial(read_interval, truncated=True))
READINGS: tuple[Reading, ...] = (as_rounded, as_truncated)


def explains(figures: Sequence[Evidence], are_apart: Callable[[list[Evidence]], bool]) -> bool:
    """Whether the figures are no longer apart once all are read as rounded, or all as truncated. Ranks are neither."""
    if not figures or figures[0].metric.scale is Scale.ORDINAL:
        return False
    return any(not are_apart(read(figures)) for read in READINGS)
