"""The numbers that represent a measurand in comparisons with others: a few exact ones, which can be stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from service.domain.evidence import Evidence
from service.domain.interval import Interval
from service.domain.ratio import Ratio, only_value, quotient, side_hull
from service.domain.vocabulary import Basis, NotComputed


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the representing side: the hull, the value if there is only one, and the stated price years. `max_low` and
    `min_high` are the intervals with the most restrictive ends among all counted figures.
    """

    hull: Interval | None
    value: Fraction | None
    price_years: frozenset[int]
    period_approximate: bool
    lacks_exchange_rate: bool
    max_low: Interval | None
    min_high: Interval | None

    @property
    def is_zero(self) -> bool:
        return self.hull is not None and self.hull.low == self.hull.high == 0

    def divided_by(self, other: "Standing") -> Ratio | None:
        """Only for amounts that cannot be negative. None if a side is empty or `other` is zero."""
        return quotient(self.hull, other.hull, self.value, other.value)


def standing(figures: Sequence[Evidence]) -> Standing:
    side = standing_side(figures)
    counted = [figure.interval for figure in figures if figure.aside is None and figure.interval is not None]
    return Standing(
        hull=side_hull(side),
        value=only_value(side),
        price_years=frozenset(figure.price_year for figure in side if figure.price_year is not None),
        period_approximate=any(figure.period_approximate for figure in side),
        lacks_exchange_rate=lacks_exchange_rate(side),
        max_low=max(counted, key=lambda interval: interval.low_rank, default=None),
        min_high=max(counted, key=lambda interval: interval.high_rank, default=None),
    )


def standing_side(figures: Sequence[Evidence]) -> list[Evidence]:
    """The side that represents a measurand: the reported figures if there are any, else the estimates.

    Amounts in another currency belong to their side, though they cannot be computed with.
    """
    stated = [figure for figure in figures if figure.takes_a_side]
    reported = [figure for figure in stated if figure.basis is Basis.REPORTED]
    return reported or [figure for figure in stated if figure.basis is Basis.ESTIMATED]


def lacks_exchange_rate(side: Sequence[Evidence]) -> bool:
    """Whether this side has figures, but none can be computed with for lack of an exchange rate."""
    return bool(side) and all(figure.not_computed is NotComputed.NO_EXCHANGE_RATE for figure in side)
