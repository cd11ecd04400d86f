"""Which measurands of one subject and metric are parts of which, and whether a part exceeds its whole.

A part is of a narrower scope and the same period or, if periods add up, of the same scope and a period within the
other one.
"""

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from service.domain.scopes import PartOf, wholes
from service.domain.standing import Excess, Extent, excess

_NEAREST = 50  # periods that contain another one and are compared with it: the shortest

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Part:
    """A measurand: `quantity` is its subject and metric."""

    id: str
    key: str
    quantity: Hashable
    scope_id: str | None
    days: Days | None
    extent: Extent
    parts_add_up: bool
    periods_add_up: bool


@dataclass(frozen=True, slots=True)
class Exceeded:
    """The whole that a part exceeds most. `within_rounding` says whether rounding can explain all that it exceeds."""

    excess: Excess
    whole: Part
    within_rounding: bool


def wholes_of(parts: Sequence[Part], part_of: PartOf) -> dict[str, list[Part]]:
    """For each measurand, those that it is a part of, in the order of their keys."""
    by_place = {(one.quantity, one.days, one.scope_id): one for one in parts}
    found: dict[str, list[Part]] = {one.id: [] for one in parts}
    for one in parts:
        if one.parts_add_up:
            above = (by_place.get((one.quantity, one.days, scope)) for scope in wholes(one.scope_id, part_of))
            found[one.id] += [whole for whole in above if whole is not None]
    by_scope: dict[Hashable, list[Part]] = {}
    for one in parts:
        if one.periods_add_up and one.days is not None:
            by_scope.setdefault((one.quantity, one.scope_id), []).append(one)
    for group in by_scope.values():
        for part, containing in _containing(group):
            found[part.id] += containing
    return {one: sorted(above, key=attrgetter("key")) for one, above in found.items()}


def _containing(group: Sequence[Part]) -> Iterable[tuple[Part, list[Part]]]:
    """Each measurand with those of longer periods that contain its own."""
    begun: list[tuple[date, int]] = []  # last days of those that have begun, in order, with their places
    ordered = sorted(group, key=_by_start)
    for place, one in enumerate(ordered):
        last = _days(one)[1]
        first = bisect_left(begun, (last, -1))
        yield one, [ordered[other] for _, other in begun[first : first + _NEAREST]]
        insort(begun, (last, place))


def _by_start(one: Part) -> tuple[date, int]:
    first, last = _days(one)
    return first, -last.toordinal()


def _days(one: Part) -> Days:
    assert one.days is not None
    return one.days


def exceeded(part: Part, above: Sequence[Part]) -> Exceeded | None:
    """The widest excess of a part over the measurands that it is a part of."""
    found = [(over, whole) for whole in above if (over := excess(part.extent, whole.extent)) is not None]
    if not found:
        return None
    most, whole = max(found, key=lambda pair: (pair[0].relative_difference, pair[0].difference))
    return Exceeded(most, whole, all(over.within_rounding for over, _ in found))


def all_exceeded(parts: Sequence[Part], part_of: PartOf) -> Mapping[str, Exceeded | None]:
    above = wholes_of(parts, part_of)
    return {one.id: exceeded(one, above[one.id]) for one in parts}
