"""Scopes of one metric: which is a part of which."""

from collections.abc import Iterator, Mapping

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
