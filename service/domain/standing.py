"""The numbers that represent a measurand in comparisons with others: a few exact ones, which can be stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from service.domain import running_totals
from service.domain.comparison import representing
from service.domain.evidence import Evidence, in_common_currency, sharing_rates
from service.domain.hull import attaining, hulls
from service.domain.interval import Interval, lies_above
from service.domain.ratio import Ratio, only_value, quotient, side_hull
from service.domain.rounding import READINGS
from service.domain.running_totals import Days
from service.domain.units import in_currency
from service.domain.vocabulary import Basis, NotComputed


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the representing side: its figures, and its hull and value if they can be computed with."""

    figures: tuple[Evidence, ...]
    hull: Interval | None
    value: Fraction | None
    currency: str | None

    @property
    def lacks_exchange_rate(self) -> bool:
        return lacks_exchange_rate(self.figures)

    def unit(self, metric_unit: str) -> str:
        return in_currency(metric_unit, self.currency) if self.currency else metric_unit

    def divided_by(self, other: "Standing") -> Ratio | None:
        """None if a side is empty, `other` is zero, or signs may differ."""
        return quotient(self.hull, other.hull, self.value, other.value)


def standing(figures: Sequence[Evidence], *, converted: bool = False) -> Standing:
    """`converted`: in the metric's currency, even if all figures share another one."""
    computed, currency = (figures, None) if converted else in_common_currency(figures)
    computed = sharing_rates(computed)
    side = standing_side(computed)
    side = representing([figure for figure in side if figure.interval is not None] or side)
    return Standing(tuple(side), side_hull(side), only_value(side), currency)


def standing_side(figures: Sequence[Evidence]) -> list[Evidence]:
    """The side that represents a measurand: the reported figures if there are any, else the estimates, else all.

    Amounts in another currency belong to their side, though they cannot be computed with.
    """
    stated = [figure for figure in figures if figure.takes_a_side]
    for basis in (Basis.REPORTED, Basis.ESTIMATED):
        side = [figure for figure in stated if figure.basis is basis]
        if side:
            return side
    return stated


def lacks_exchange_rate(side: Sequence[Evidence]) -> bool:
    """Whether this side has figures, but none can be computed with for lack of an exchange rate."""
    return bool(side) and all(figure.not_computed is NotComputed.NO_EXCHANGE_RATE for figure in side)


# Parts and wholes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least that a measurand is said to be, and the most: the highest low end of the claimants' hulls, as an
    interval without a high end, and the lowest high end, as one without a low end. None if no hull has such an end.
    """

    least: Interval | None
    most: Interval | None


@dataclass(frozen=True, slots=True)
class Extent:
    """What is needed to find that a part exceeds a whole: the bounds as stated, and read as rounded and as truncated
    (`rounding.READINGS`), and the figures that hold the stated ones. For running totals, the days and the start of the
    period of those figures.
    """

    stated: Bounds
    readings: tuple[Bounds, ...]
    least_id: str | None
    most_id: str | None
    days: Days | None = None
    start: date | None = None


NOWHERE = Extent(Bounds(None, None), tuple(Bounds(None, None) for _ in READINGS), None, None)


def extent(figures: Iterable[Evidence], currency: str | None = None) -> Extent:
    """`figures` are those of one measurand that count. A measurand computed in another currency than its metric's is
    compared with no other one; nor is a total whose latest figures count from different days.
    """
    side = representing([figure for figure in figures if figure.aside is None])
    if not side or currency is not None:
        return NOWHERE
    is_total = side[0].metric.is_total
    starts = running_totals.starts_of(side) if is_total else set()
    if len(starts) > 1:
        return NOWHERE
    stated = _bounds(side)
    return Extent(
        stated,
        tuple(_bounds(read(side)) for read in READINGS),
        _holder(side, stated.least, low=True),
        _holder(side, stated.most, low=False),
        running_totals.date_of(side) if is_total else None,
        next(iter(starts), None),
    )


def _bounds(side: Sequence[Evidence]) -> Bounds:
    intervals = [one.interval for one in hulls(side)]
    low, high = max(intervals, key=lambda i: i.low_rank), max(intervals, key=lambda i: i.high_rank)
    return Bounds(
        None if low.low is None else Interval(low.low, None, low.low_open),
        None if high.high is None else Interval(None, high.high, False, high.high_open),
    )


def _holder(side: Sequence[Evidence], bound: Interval | None, *, low: bool) -> str | None:
    if bound is None:
        return None
    held = [figure for one in hulls(side) for figure in attaining(one.figures, bound, low=low)]
    return min(held, key=lambda figure: figure.order).id


@dataclass(frozen=True, slots=True)
class Excess:
    """A part that exceeds a whole: by the factor `gap`, if that is not null, and by `difference`."""

    gap: Fraction | None
    difference: Fraction
    relative_difference: Fraction
    within_rounding: bool


def excess(part: Extent, whole: Extent) -> Excess | None:
    """Returns None unless the part lies wholly above. Only for amounts that cannot be negative and add up."""
    above, below = part.stated.least, whole.stated.most
    if above is None or below is None or not _excludes(part, whole, above, below):
        return None
    assert above.low is not None
    assert below.high is not None
    least, most = below.high, above.low
    within = any(
        ours.least is None or theirs.most is None or not lies_above(ours.least, theirs.most)
        for ours, theirs in zip(part.readings, whole.readings, strict=True)
    )
    size = most + least
    return Excess(most / least if least > 0 else None, most - least, (most - least) / size if size else size, within)


def _excludes(part: Extent, whole: Extent, above: Interval, below: Interval) -> bool:
    if part.days is None and whole.days is None:
        return lies_above(above, below)
    if running_totals.count_from_different_days(part.start, whole.start):
        return False
    return running_totals.excludes(above, below, part.days, whole.days)
