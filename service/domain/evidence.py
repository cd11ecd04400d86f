"""A figure as used in the arithmetic: whose it is, how it is stated, and its interval in the metric's unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from service.domain.exchange_rates import RateRange
from service.domain.figure import DEFAULT_TOLERANCE, Stated, stated_interval
from service.domain.interval import Interval
from service.domain.metric import MetricProperties
from service.domain.period import Period
from service.domain.units import SAME, Conversion
from service.domain.vocabulary import Basis, ClaimantRole, IntervalKind, NotComputed, Qualifier

_UNCOUNTED_BASES = (Basis.PROJECTED, Basis.ASSUMED)
_PROBABILITY_KINDS = (IntervalKind.CI90, IntervalKind.CI95, IntervalKind.CI99, IntervalKind.P5_P95,
                      IntervalKind.IQR, IntervalKind.OTHER)  # fmt: skip
_FROM_BELOW = (Qualifier.AT_LEAST, Qualifier.MORE_THAN)
_FROM_ABOVE = (Qualifier.AT_MOST, Qualifier.LESS_THAN)


@dataclass(frozen=True)  # without slots, so that values can be cached
class Evidence:
    """Amounts are in the metric's unit. Those named `own` are in the figure's own currency: `is_foreign` says that this
    is another one than that of the measurand, to which `rates` convert. Without rates, it cannot be computed with.
    `as_stated` is the figure before it was restated in prices of another year.

    `voice` is the claimant for whom the claim speaks, `name` what texts call them. `said` is the span of days on which
    the claim was asserted or, if that is not known, published. `keys` orders figures independently of the order in
    which they arrived: the keys of voice, source and claim.
    """

    id: str
    claim_id: str
    voice: str
    name: str
    keys: tuple[str, str, str]
    basis: Basis
    role: ClaimantRole
    stated: Stated
    subject_id: str
    metric_id: str
    metric: MetricProperties
    scope_id: str | None
    price_year: int | None
    period: Period | None
    said: Period | None
    currency: str | None
    is_relay: bool
    stands_in: bool
    is_foreign: bool
    conversion: Conversion
    own_interval: Interval | None
    rates: RateRange | None = None
    rate_day_assumed: bool = False
    as_stated: "Evidence | None" = None
    source_id: str = ""

    @cached_property
    def interval(self) -> Interval | None:
        """In the currency of the measurand; None if the figure cannot be computed with."""
        if not self.is_foreign or self.own_interval is None:
            return self.own_interval
        return None if self.rates is None else self.rates.converted(self.own_interval)

    @property
    def is_converted(self) -> bool:
        return self.is_foreign and self.rates is not None

    @property
    def not_computed(self) -> NotComputed | None:
        if self.stated.qualifier is Qualifier.VAGUE:
            return NotComputed.VAGUE
        return NotComputed.NO_EXCHANGE_RATE if self.is_foreign and self.rates is None else None

    @property
    def aside(self) -> str | None:
        return exclusion_reason(self.basis, self.not_computed, is_relay=self.is_relay and not self.stands_in)

    @property
    def takes_a_side(self) -> bool:
        """Whether the figure belongs to a side: it counts, or would if its currency could be converted."""
        return self.aside in (None, NotComputed.NO_EXCHANGE_RATE)

    @cached_property
    def own_value(self) -> Fraction | None:
        """The value in the metric's unit and the figure's own currency."""
        return None if self.stated.value is None else self.conversion.of(self.stated.value)

    @property
    def value(self) -> Fraction | None:
        """The value in the currency of the measurand; None if a conversion leaves a range."""
        if not self.is_foreign or self.own_value is None:
            return self.own_value
        return self.own_value * self.rates.low if self.rates and self.rates.low == self.rates.high else None

    @property
    def precision(self) -> Fraction | None:
        """One unit of the last stated digit of the value."""
        return None if self.stated.precision is None else Fraction(self.stated.precision) * self.conversion.factor

    @property
    def is_bounded_below_only(self) -> bool:
        return self.stated.qualifier in _FROM_BELOW

    @property
    def is_bounded_above_only(self) -> bool:
        return self.stated.qualifier in _FROM_ABOVE

    def end_may_miss(self, *, low: bool) -> bool:
        """Whether this end belongs to a probability interval, which may miss the truth, rather than being a limit."""
        bound = self.stated.lower if low else self.stated.upper
        return bound is not None and self.stated.has_bounds and self.stated.interval_kind in _PROBABILITY_KINDS

    @cached_property
    def order(self) -> tuple[Any, ...]:
        """Sorts figures by what they say and who says it, whatever the order in which they arrived."""
        numbers = (self.stated.value, self.stated.lower, self.stated.upper)
        content = tuple((number is not None, number or 0) for number in numbers)
        return (
            *self.keys,
            self.basis,
            self.stated.qualifier,
            content,
            self.price_year or 0,
            self.stated.stated_as or "",
            _days(self.period),
            _days(self.said),
            self.stated.interval_kind or "",
            self.stated.precision or 0,
            self.currency or "",
            self.is_relay,
        )


def _days(period: Period | None) -> tuple[int, int, bool]:
    if period is None:
        return 0, 0, False
    return period.earliest.toordinal(), period.latest.toordinal(), period.approximate


def interval_of(figure: Evidence) -> Interval:
    """The interval of a figure that can be computed with."""
    assert figure.interval is not None
    return figure.interval


def exclusion_reason(basis: Basis, not_computed: NotComputed | None, *, is_relay: bool) -> str | None:
    """Why a figure is excluded from every aggregate; None if it counts."""
    if is_relay:
        return "relay"
    if basis in _UNCOUNTED_BASES:
        return basis.value
    return not_computed.value if not_computed else None


def metric_interval(
    stated: Stated, *, signed: bool, conversion: Conversion, tolerance: Fraction = DEFAULT_TOLERANCE
) -> Interval | None:
    """The figure's interval in the metric's unit, to which `conversion` converts. None if it is vague."""
    interval = stated_interval(stated, signed=signed, zero=conversion.zero, tolerance=tolerance)
    if interval is None or conversion == SAME:
        return interval
    return interval.scaled(conversion.factor).shifted(conversion.offset)


def in_common_currency(figures: Sequence[Evidence]) -> tuple[list[Evidence], str | None]:
    """If all figures that would count share one foreign currency, the figures as computed in it, and that currency.
    Otherwise the figures as they are, and None.
    """
    counted = {figure.currency for figure in figures if figure.takes_a_side}
    if len(counted) != 1 or not any(figure.is_foreign and figure.takes_a_side for figure in figures):
        return list(figures), None
    (currency,) = counted
    beside = {figure.currency for figure in figures if not figure.is_relay and figure.own_interval is not None}
    if len(beside) > 1 and all(figure.rates for figure in figures if figure.takes_a_side):
        return list(figures), None  # the other figures use another currency, and rates convert all of them
    return computed_in(figures, currency), currency


def sharing_rates(figures: Sequence[Evidence]) -> list[Evidence]:
    """The figures of one measurand, those of each other currency at one range of rates: from the lowest to the highest
    of all. So no rate can set two amounts apart that are stated in the same currency.
    """
    ranges: dict[str | None, RateRange] = {}
    for figure in figures:
        if figure.is_converted and figure.rates is not None:
            known = ranges.get(figure.currency)
            ranges[figure.currency] = figure.rates if known is None else known.union(figure.rates)
    return [
        replace(figure, rates=ranges[figure.currency])
        if figure.is_converted and figure.rates != ranges[figure.currency]
        else figure
        for figure in figures
    ]


def in_shared_currency(*sides: Sequence[Evidence]) -> list[list[Evidence]]:
    """If all figures of the sides are stated in one other currency, the sides as computed in it; else as they are."""
    currencies = {figure.currency for side in sides for figure in side}
    if len(currencies) != 1 or not any(figure.is_converted for side in sides for figure in side):
        return [list(side) for side in sides]
    (currency,) = currencies
    return [computed_in(side, currency) for side in sides]


def computed_in(figures: Iterable[Evidence], currency: str | None) -> list[Evidence]:
    """The figures, of which those in this currency can be computed with and the others cannot: rates convert to the
    metric's currency, and this is another one.
    """
    return [replace(figure, is_foreign=figure.currency != currency, rates=None) for figure in figures]
