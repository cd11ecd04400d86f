"""Scopes of one metric: which is a part of which, and whether a part exceeds its whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from service.domain.interval import Interval, lies_above
from service.domain.vocabulary import Relation

PartOf = Mapping[str, str | None]  # from each scope to the one that it is a part of


def wholes(scope: str | None, part_of: PartOf) -> Iterator[str]:
    """All scopes that this one is a part of, directly or indirectly, the nearest first."""
    if scope is None:
        return
    seen = {scope}
    whole = part_of.get(scope)
    while whole is not None and whole not in seen:
        yield whole
        seen.add(whole)
        whole = part_of.get(whole)


def relation(own: str | None, other: str | None, part_of: PartOf) -> Relation:
    """The relation of the other scope to one's own. None means that a scope is not stated."""
    if own is None or other is None:
        return Relation.SCOPE_NOT_STATED
    if other in wholes(own, part_of):
        return Relation.WIDER
    return Relation.NARROWER if own in wholes(other, part_of) else Relation.OTHER


@dataclass(frozen=True, slots=True)
class Excess:
    """A part that exceeds a whole. `gap` is the factor between the two ends; None if the whole's high end is 0."""

    gap: Fraction | None


def excess(part: Interval | None, whole: Interval | None) -> Excess | None:
    """`part` is the part's figure with the highest low end, `whole` the whole's figure with the lowest high end; either
    is None if no figure has such an end. Returns None unless the part lies wholly above. Only for amounts that cannot
    be negative: otherwise a part can exceed its whole.
    """
    if part is None or whole is None or not lies_above(part, whole):
        return None
    assert part.low is not None
    assert whole.high is not None
    return Excess(part.low / whole.high if whole.high > 0 else None)
