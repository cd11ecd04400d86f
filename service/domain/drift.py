"""Whether a relay kept the number of its origin.

A relay's figure is paired with a figure of its origin of the same metric and period: the one of the same scope, or, if
the relay states no scope, the only candidate. An only candidate of another stated scope is paired only if its number
was kept: a different number of a different scope is not a copy, and stays unpaired. A relay in prices of another year
than its origin's may correctly give another number (docs/decisions/0004).
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from service.domain.evidence import Evidence
from service.domain.interval import Interval, lies_above, overlap
from service.domain.vocabulary import DriftFlag, DriftResult, Qualifier

_BEYOND_ALL = Fraction(10) ** 100
_SAME = Fraction(1, 10**9)
_MAX_ROUNDING = Fraction(11, 10)
_NEAREST = 2  # figures of an origin on each side: a claim may give a thousand, and have thousands of relays
_ORDER = (DriftResult.SAME, DriftResult.REQUALIFIED, DriftResult.ROUNDED, DriftResult.DRIFT, DriftResult.UNPAIRED)


@dataclass(frozen=True, slots=True)
class Drift:
    """`factor` is relay ÷ origin of the values; without values, the gap between the two intervals."""

    relay: Evidence
    origin: Evidence | None
    result: DriftResult
    factor: Fraction | None
    flags: tuple[DriftFlag, ...]

    @property
    def size(self) -> Fraction:
        """How far the number moved, as a factor ≥ 1 in either direction. A move to or from zero exceeds all others."""
        if self.factor:
            return max(abs(self.factor), abs(1 / self.factor))
        return _BEYOND_ALL if self.result is DriftResult.DRIFT else Fraction(1)


class Origin:
    """The figures of one claim that share metric and period, in order of size within each scope."""

    def __init__(self, figures: Iterable[Evidence]) -> None:
        self.figures = list(figures)
        self._by_scope: dict[str | None, list[Evidence]] = {}
        for figure in sorted(self.figures, key=_size):
            self._by_scope.setdefault(figure.scope_id, []).append(figure)
        self._sizes = {scope: [_size(figure) for figure in own] for scope, own in self._by_scope.items()}

    def of_scope(self, relay: Evidence) -> list[Evidence]:
        """The figures of the relay's scope; if there are very many, those nearest in size."""
        own = self._by_scope.get(relay.scope_id, [])
        if len(own) <= 2 * _NEAREST:
            return own
        place = bisect_left(self._sizes[relay.scope_id], _size(relay))
        first = min(max(place - _NEAREST, 0), len(own) - 2 * _NEAREST)
        return own[first : first + 2 * _NEAREST]


def _size(figure: Evidence) -> Fraction:
    """The number by which figures are ordered; 0 if it cannot be computed with."""
    interval = figure.interval
    ends = () if interval is None else (figure.value, interval.low, interval.high)
    return next((end for end in ends if end is not None), Fraction(0))


def trace(relay: Evidence, origin: Origin) -> Drift:
    """Compares the relay's figure with those figures of one origin that share its metric and period."""
    same_scope = origin.of_scope(relay)
    if same_scope:
        # if a claim gives two numbers for one quantity, the one that fits best was relayed
        return min((hold(relay, o) for o in same_scope), key=lambda d: (_ORDER.index(d.result), d.size))
    if len(origin.figures) == 1:
        found = hold(relay, origin.figures[0])
        if found.result is not DriftResult.DRIFT or relay.scope_id is None:
            return found
    return Drift(relay, None, DriftResult.UNPAIRED, None, ())


def hold(relay: Evidence, origin: Evidence) -> Drift:
    """Compares one relayed figure with one figure of its origin."""
    result, factor = _result(relay, origin)
    flags = []
    if relay.scope_id != origin.scope_id:
        flags.append(DriftFlag.SCOPE_CHANGED)
    if relay.subject_id != origin.subject_id:
        flags.append(DriftFlag.SUBJECT_CHANGED)
    if relay.price_year not in (None, origin.price_year):
        flags.append(DriftFlag.PRICE_YEAR_CHANGED)
        if result is DriftResult.DRIFT:
            result = DriftResult.REQUALIFIED
    return Drift(relay, origin, result, factor, tuple(flags))


def _result(relay: Evidence, origin: Evidence) -> tuple[DriftResult, Fraction | None]:
    if relay.interval is None or origin.interval is None:
        return _vague(relay, origin), None
    if relay.factor == origin.factor and _is_stated_alike(relay, origin):  # the usual case, without arithmetic
        return DriftResult.SAME, Fraction(1) if relay.stated.value else None
    ours, theirs = relay.value, origin.value
    factor = ours / theirs if ours is not None and theirs else None
    if _same_numbers(relay, origin):
        same_word = relay.stated.qualifier is origin.stated.qualifier
        return (DriftResult.SAME if same_word else DriftResult.REQUALIFIED), factor
    if overlap(relay.interval, origin.interval):
        return DriftResult.REQUALIFIED, factor
    if ours is not None and theirs is not None:
        if _rounded(ours, theirs, relay.last_digit):
            return DriftResult.ROUNDED, factor
        return DriftResult.DRIFT, factor
    return DriftResult.DRIFT, _gap(relay.interval, origin.interval)


def _is_stated_alike(relay: Evidence, origin: Evidence) -> bool:
    ours, theirs = relay.stated, origin.stated
    return ours.qualifier is theirs.qualifier and (ours.value, ours.lower, ours.upper) == (
        theirs.value,
        theirs.lower,
        theirs.upper,
    )


def _vague(relay: Evidence, origin: Evidence) -> DriftResult:
    both = relay.stated.qualifier is origin.stated.qualifier is Qualifier.VAGUE
    return DriftResult.SAME if both and relay.stated.stated_as == origin.stated.stated_as else DriftResult.UNPAIRED


def _close(a: Fraction, b: Fraction) -> bool:
    return abs(a - b) <= _SAME * max(abs(a), abs(b))


def _numbers(figure: Evidence) -> list[Fraction]:
    assert figure.factor is not None
    stated = (figure.stated.lower, figure.stated.value, figure.stated.upper)
    return [Fraction(number) * figure.factor for number in stated if number is not None]


def _same_numbers(relay: Evidence, origin: Evidence) -> bool:
    ours, theirs = _numbers(relay), _numbers(origin)
    return len(ours) == len(theirs) and all(map(_close, ours, theirs))


def _rounded(relay: Fraction, origin: Fraction, unit: Fraction) -> bool:
    if relay * origin <= 0 or abs(relay - origin) >= unit:
        return False
    larger, smaller = max(abs(relay), abs(origin)), min(abs(relay), abs(origin))
    return larger <= _MAX_ROUNDING * smaller


def _gap(relay: Interval, origin: Interval) -> Fraction | None:
    upper, lower = (relay, origin) if lies_above(relay, origin) else (origin, relay)
    assert upper.low is not None
    assert lower.high is not None
    return upper.low / lower.high if lower.high > 0 else None


def extremes(drift: Drift) -> tuple[Evidence, Evidence]:
    """The lower and the higher of the two figures."""
    assert drift.origin is not None
    ours, theirs = drift.relay.interval, drift.origin.interval
    grown = ours is not None and theirs is not None and lies_above(ours, theirs)
    return (drift.origin, drift.relay) if grown else (drift.relay, drift.origin)
