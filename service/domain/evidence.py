"""A figure as used in the arithmetic: its claimant, how it is stated, and its interval in the metric's unit."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from service.domain.figure import DEFAULT_TOLERANCE, Stated, stated_interval
from service.domain.interval import Interval
from service.domain.number import last_digit_unit
from service.domain.vocabulary import Basis, ClaimantRole, IntervalKind, NotComputed, Qualifier

_UNCOUNTED_BASES = (Basis.PROJECTED, Basis.ASSUMED)
_MISSABLE_KINDS = (None, IntervalKind.CI90, IntervalKind.CI95, IntervalKind.P5_P95, IntervalKind.IQR)


@dataclass(frozen=True)  # without slots, so that the value can be cached
class Evidence:
    """Amounts are in the metric's unit. `interval` is None if the figure cannot be computed with."""

    id: str
    claimant_id: str
    basis: Basis
    role: ClaimantRole
    stated: Stated
    subject_id: str
    metric_id: str
    scope_id: str | None
    price_year: int | None
    is_relay: bool
    period_approximate: bool
    factor: Fraction | None
    signed: bool
    interval: Interval | None

    @property
    def not_computed(self) -> NotComputed | None:
        if self.stated.qualifier is Qualifier.VAGUE:
            return NotComputed.VAGUE
        return NotComputed.NO_EXCHANGE_RATE if self.factor is None else None

    @property
    def aside(self) -> str | None:
        return exclusion_reason(self.basis, self.not_computed, is_relay=self.is_relay)

    @property
    def takes_a_side(self) -> bool:
        """Whether the figure belongs to a side: it counts, or would if its currency could be converted."""
        return self.aside in (None, NotComputed.NO_EXCHANGE_RATE)

    @cached_property
    def value(self) -> Fraction | None:
        if self.stated.value is None or self.factor is None:
            return None
        value = Fraction(self.stated.value)
        return value if self.factor == 1 else value * self.factor

    @property
    def last_digit(self) -> Fraction:
        """One unit of the last stated digit of the value."""
        assert self.stated.value is not None
        assert self.factor is not None
        return last_digit_unit(self.stated.value) * self.factor

    @property
    def may_miss(self) -> bool:
        """Whether its bounds are a probability interval, or of no stated kind, rather than limits."""
        return self.stated.has_bounds and self.stated.interval_kind in _MISSABLE_KINDS


def exclusion_reason(basis: Basis, not_computed: NotComputed | None, *, is_relay: bool) -> str | None:
    """Why a figure is excluded from every aggregate; None if it counts."""
    if is_relay:
        return "relay"
    if basis in _UNCOUNTED_BASES:
        return basis.value
    return not_computed.value if not_computed else None


def metric_interval(
    stated: Stated, *, signed: bool, factor: Fraction | None, tolerance: Fraction = DEFAULT_TOLERANCE
) -> Interval | None:
    """The figure's interval in the metric's unit; `factor` converts its unit to that one (None: not possible)."""
    interval = stated_interval(stated, signed=signed, tolerance=tolerance)
    if interval is None or factor is None:
        return None
    return interval if factor == 1 else interval.scaled(factor)
