"""Whether a relay kept the number of its origin.

The figures of a relay are paired one to one with those of its origin that share metric and period. A pair of one scope
comes first. A figure without a scope is paired with the only candidate that is left. An only candidate of another scope
is paired only if its number was kept: a different number of a different scope is not a copy.

A figure is compared in its own currency, so a number that was relayed unchanged needs no exchange rate.
"""

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from service.domain.evidence import Evidence
from service.domain.exchange_rates import RateRange
from service.domain.interval import Interval, lies_above, overlap, same_side_of_zero
from service.domain.separation import factor_between, relative_difference
from service.domain.vocabulary import Basis, DriftFlag, DriftResult, Scale

_MAX_ROUNDING = Fraction(11, 10)
_MAX_INFLATION = Fraction(11, 10)  # a year
_MAX_REPRICING = Fraction(3)
_CHANGED = (DriftResult.SHARPENED, DriftResult.DRIFT)
_KEPT = (DriftResult.SAME, DriftResult.ROUNDED)
_UNSURE = (Basis.ESTIMATED, Basis.ALLEGED, Basis.PROJECTED)
_LISTED_FLAGS = {DriftFlag.BASIS_CHANGED, DriftFlag.SUBJECT_CHANGED}
_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Drift:
    """`factor` is relay ÷ origin of the values; without values, the gap between the two intervals. `difference` is how
    far apart these are. None where they cannot be computed, and `factor` for amounts of different signs.
    """

    relay: Evidence
    origin: Evidence | None
    result: DriftResult
    factor: Fraction | None
    difference: Fraction | None
    flags: tuple[DriftFlag, ...]

    @property
    def is_listed(self) -> bool:
        """Whether it counts as a disagreement: the number, or what it is said of, is not its origin's."""
        if self.result in _CHANGED or _LISTED_FLAGS.intersection(self.flags):
            return True
        if DriftFlag.CURRENCY_CHANGED in self.flags and self.result is not DriftResult.CONVERTED:
            return True
        return (
            DriftFlag.SCOPE_CHANGED in self.flags
            and self.origin is not None
            and None not in (self.relay.scope_id, self.origin.scope_id)
        )

    @property
    def size(self) -> Fraction:
        """How far the number moved, from 0 to 1: 0 if it was kept, 1 if it moved across or from zero."""
        if self.result not in _CHANGED:
            return _ZERO
        if self.factor:
            return relative_difference(max(abs(self.factor), abs(1 / self.factor)), _ONE)
        return _ONE if self.difference else _ZERO


RateOf = Callable[[Evidence, str], RateRange | None]  # the rates of a figure's days to another currency


def _no_rate(_origin: Evidence, _currency: str) -> None:
    """Where no exchange rates are at hand."""


class Origin:
    """The figures of one claim that share metric and period, in order of size within each scope.

    A claim may give a thousand figures and have thousands of relays, so a relay is only compared with those figures
    that it can be paired with.
    """

    def __init__(self, figures: Iterable[Evidence], rate_of: RateOf = _no_rate) -> None:
        self.figures = list(figures)
        self.rate_of = rate_of
        self._by_scope: dict[str | None, list[Evidence]] = {}
        self._alike: dict[Any, list[Evidence]] = {}
        for figure in sorted(self.figures, key=lambda one: (_size(one), one.order)):
            self._by_scope.setdefault(figure.scope_id, []).append(figure)
            for likeness in _LIKENESSES:
                self._alike.setdefault((figure.scope_id, likeness(figure)), []).append(figure)
        self._sizes = {scope: [_size(figure) for figure in own] for scope, own in self._by_scope.items()}

    def candidates(self, relays: Sequence[Evidence], scope_id: str | None) -> list[Evidence]:
        """The figures of this scope with which these relays, all of one claim, can be paired."""
        own, most = self._by_scope.get(scope_id, []), len(relays)
        if len(own) <= 2 * most * most:
            return own
        sizes = self._sizes[scope_id]
        found: dict[str, Evidence] = {}
        for relay in relays:
            place = bisect_left(sizes, _size(relay))
            near = own[max(place - most, 0) : place + most]
            for likeness in _LIKENESSES:
                near += self._alike.get((scope_id, likeness(relay)), [])[:most]
            found |= {figure.id: figure for figure in near}
        return list(found.values())


def trace_all(relays: Sequence[Evidence], origin: Origin) -> dict[str, Drift]:
    """Compares the figures of one relay with those of one origin, all of one metric and period. By id of the relay."""
    pairs: dict[str, Evidence] = {}
    by_scope: dict[str | None, list[Evidence]] = {}
    for relay in relays:
        by_scope.setdefault(relay.scope_id, []).append(relay)
    for scope_id, own in by_scope.items():
        pairs |= _matched(own, origin.candidates(own, scope_id))
    found = {relay.id: hold(relay, pairs[relay.id], origin.rate_of) for relay in relays if relay.id in pairs}
    rest = [relay for relay in relays if relay.id not in pairs]
    only = _only_one_left(origin, pairs) if rest else None
    for relay in sorted(rest, key=lambda one: (one.scope_id is not None, one.order)):
        drift = hold(relay, only, origin.rate_of) if only is not None else None
        if drift is not None and (relay.scope_id is None or drift.result in _KEPT):
            found[relay.id], only = drift, None
        else:
            found[relay.id] = Drift(relay, None, DriftResult.UNPAIRED, None, None, ())
    return found


def _only_one_left(origin: Origin, pairs: Mapping[str, Evidence]) -> Evidence | None:
    if len(origin.figures) != len(pairs) + 1:
        return None
    used = {figure.id for figure in pairs.values()}
    return next(figure for figure in origin.figures if figure.id not in used)


# Pairing -------------------------------------------------------------------------------------------------------------


def _matched(relays: Sequence[Evidence], origins: Sequence[Evidence]) -> dict[str, Evidence]:
    """Pairs figures of one scope: those with equal numbers first, then the nearest."""
    pairs: dict[str, Evidence] = {}
    waiting, free = sorted(relays, key=lambda one: one.order), sorted(origins, key=lambda one: one.order)
    for likeness in _LIKENESSES:
        alike: dict[Any, list[Evidence]] = {}
        for origin in reversed(free):
            alike.setdefault(likeness(origin), []).append(origin)
        for relay in waiting:
            same = alike.get(likeness(relay))
            if same:
                pairs[relay.id] = same.pop()
        used = {origin.id for origin in pairs.values()}
        waiting = [relay for relay in waiting if relay.id not in pairs]
        free = [origin for origin in free if origin.id not in used]
    return pairs | _nearest(waiting, free)


def _numbers(figure: Evidence) -> Any:
    stated = (figure.stated.value, figure.stated.lower, figure.stated.upper)
    numbers = tuple(None if n is None else figure.conversion.of(n) for n in stated)
    return numbers, figure.stated.stated_as if figure.own_interval is None else None, figure.currency


def _statement(figure: Evidence) -> Any:
    return _numbers(figure), figure.stated.qualifier


def _statement_and_basis(figure: Evidence) -> Any:
    return _statement(figure), figure.basis


_LIKENESSES = (_statement_and_basis, _statement, _numbers)  # the closest first


def _nearest(relays: Sequence[Evidence], origins: Sequence[Evidence]) -> dict[str, Evidence]:
    """Pairs again and again the two that are nearest in size. The nearest pair is always next to each other in the
    order of size, so each step only looks at neighbours.
    """
    line = sorted([*relays, *origins], key=lambda one: (_size(one), one.order))
    is_relay = {figure.id for figure in relays}
    before = [*range(-1, len(line) - 1)]
    after = [*range(1, len(line)), -1]
    gone: set[int] = set()
    heap: list[tuple[Fraction, Any, int, int]] = []

    def consider(left: int, right: int) -> None:
        if left >= 0 <= right and (line[left].id in is_relay) != (line[right].id in is_relay):
            apart = _size(line[right]) - _size(line[left])
            heapq.heappush(heap, (apart, (line[left].order, line[right].order), left, right))

    for place in range(len(line) - 1):
        consider(place, place + 1)
    pairs: dict[str, Evidence] = {}
    while heap:
        _, _, left, right = heapq.heappop(heap)
        if left in gone or right in gone:
            continue
        relay, origin = (left, right) if line[left].id in is_relay else (right, left)
        pairs[line[relay].id] = line[origin]
        gone |= {left, right}
        outer_left, outer_right = before[left], after[right]
        if outer_left >= 0:
            after[outer_left] = outer_right
        if outer_right >= 0:
            before[outer_right] = outer_left
        consider(outer_left, outer_right)
    return pairs


def _size(figure: Evidence) -> Fraction:
    """The number by which figures are ordered: the value, else the lower or the upper bound; 0 if none is stated."""
    stated = figure.stated
    number = next((n for n in (stated.value, stated.lower, stated.upper) if n is not None), None)
    return _ZERO if number is None else figure.conversion.of(number)


# Comparing -----------------------------------------------------------------------------------------------------------


def hold(relay: Evidence, origin: Evidence, rate_of: RateOf = _no_rate) -> Drift:
    """Compares one relayed figure with one figure of its origin."""
    result = _result(relay, origin, rate_of)
    factor, difference = (None, None) if relay.currency != origin.currency else _apart(relay, origin)
    return Drift(relay, origin, result, factor, difference, tuple(_flags(relay, origin)))


def _flags(relay: Evidence, origin: Evidence) -> Iterable[DriftFlag]:
    if relay.scope_id != origin.scope_id:
        yield DriftFlag.SCOPE_CHANGED
    if relay.subject_id != origin.subject_id:
        yield DriftFlag.SUBJECT_CHANGED
    if relay.price_year not in (None, origin.price_year):
        yield DriftFlag.PRICE_YEAR_CHANGED
    if relay.currency != origin.currency:
        yield DriftFlag.CURRENCY_CHANGED
    if relay.basis is Basis.REPORTED and origin.basis in _UNSURE:
        yield DriftFlag.BASIS_CHANGED


def _result(relay: Evidence, origin: Evidence, rate_of: RateOf) -> DriftResult:
    if _statement(relay) == _statement(origin):
        return DriftResult.SAME
    if relay.own_interval is None or origin.own_interval is None:
        return DriftResult.UNPAIRED
    if relay.currency != origin.currency:
        rates = rate_of(origin, relay.currency) if relay.currency is not None else None
        meets = rates is not None and overlap(_rounded_interval(relay), rates.converted(origin.own_interval))
        return DriftResult.CONVERTED if meets else DriftResult.DRIFT
    if _is_rounded(relay, origin):
        return DriftResult.ROUNDED
    if _contains(relay.own_interval, origin.own_interval):
        return DriftResult.WEAKENED
    if _is_repriced(relay, origin):
        return DriftResult.REPRICED
    if _contains(_closed(origin.own_interval), relay.own_interval):
        return DriftResult.SHARPENED
    return DriftResult.DRIFT


def _rounded_interval(relay: Evidence) -> Interval:
    """What the relay allows, where a value may be rounded by less than one unit of its last digit and by a tenth."""
    assert relay.own_interval is not None
    value, precision = relay.own_value, relay.precision
    if value is None or precision is None or not relay.own_interval.is_point:
        return relay.own_interval
    slack = min(precision, abs(value) * (_MAX_ROUNDING - 1))
    return Interval(value - slack, value + slack, low_open=True, high_open=True) if slack else relay.own_interval


def _is_rounded(relay: Evidence, origin: Evidence) -> bool:
    ours, theirs, precision = relay.own_value, origin.own_value, relay.precision
    if ours is None or theirs is None:
        return False
    if ours == theirs:
        return True
    if precision is None or abs(ours - theirs) >= precision or ours * theirs <= 0:
        return False
    return _times(ours, theirs) <= _MAX_ROUNDING


def _is_repriced(relay: Evidence, origin: Evidence) -> bool:
    """Whether the relay gives the amount in prices of another year, and inflation can explain the number."""
    year = origin.price_year or (origin.said.earliest.year if origin.said else None)
    if relay.price_year is None or year is None or relay.price_year == year:
        return False
    ours, theirs = relay.own_value, origin.own_value
    if ours is None or theirs is None or ours * theirs <= 0:
        return False
    times = _times(ours, theirs)
    years = min(abs(relay.price_year - year), 50)  # more years than that exceed the factor in any case
    return times <= _MAX_REPRICING and times <= _MAX_INFLATION**years


def _times(one: Fraction, other: Fraction) -> Fraction:
    small, large = sorted((abs(one), abs(other)))
    return large / small


def _contains(outer: Interval, inner: Interval) -> bool:
    return outer.low_rank <= inner.low_rank and outer.high_rank <= inner.high_rank


def _closed(interval: Interval) -> Interval:
    return Interval(interval.low, interval.high)


def _apart(relay: Evidence, origin: Evidence) -> tuple[Fraction | None, Fraction | None]:
    ours, theirs = relay.own_interval, origin.own_interval
    if ours is None or theirs is None or relay.metric.scale is Scale.ORDINAL:
        return None, None
    one, other = relay.own_value, origin.own_value
    if one is not None and other is not None:
        has_factor = relay.metric.is_ratio and one * other > 0 and same_side_of_zero(ours, theirs)
        return one / other if has_factor else None, abs(one - other)
    for upper, lower in ((ours, theirs), (theirs, ours)):
        if lies_above(upper, lower):
            assert upper.low is not None
            assert lower.high is not None
            factor = factor_between(upper, lower, upper.low, lower.high) if relay.metric.is_ratio else None
            return factor, upper.low - lower.high
    return None, None


def extremes(drift: Drift) -> tuple[Evidence, Evidence]:
    """The lower and the higher of the two figures."""
    assert drift.origin is not None
    return (drift.relay, drift.origin) if _size(drift.relay) < _size(drift.origin) else (drift.origin, drift.relay)
