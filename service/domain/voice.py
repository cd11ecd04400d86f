"""For whom a claim speaks, and whether its claimant is the first party.

Several figures of one voice are not independent of each other. In first-party claims, people speak for their
organisation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.vocabulary import ClaimantRole, EntityKind

_MOST = 100  # entities in a chain: more than any path that writes allows


@dataclass(frozen=True, slots=True)
class Party:
    """An entity, and the one that it is a part of."""

    id: str
    kind: EntityKind
    part_of: str | None


Parties = Mapping[str, Party]


def wholes(entity: str, parties: Parties) -> list[str]:
    """The entity and all that it is a part of, the nearest first."""
    chain = [entity]
    while len(chain) <= _MOST and entity in parties and (above := parties[entity].part_of) is not None:
        if above in chain:
            break
        chain.append(above)
        entity = above
    return chain


def organization_of(entity: str, parties: Parties) -> str | None:
    """The nearest organisation that the entity is a part of."""
    above = wholes(entity, parties)[1:]
    return next((one for one in above if one in parties and parties[one].kind is EntityKind.ORGANIZATION), None)


def inferred_role(claimant: str, subject: str, parties: Parties) -> ClaimantRole:
    """First party, if the claimant, or the organisation that they are part of, is the subject, or a part of it or its
    whole at any depth. Otherwise unknown.
    """
    above_subject = wholes(subject, parties)
    for one in (claimant, organization_of(claimant, parties)):
        if one is not None and (one in above_subject or subject in wholes(one, parties)):
            return ClaimantRole.FIRST_PARTY
    return ClaimantRole.UNKNOWN


def voice_of(claimant: str, role: ClaimantRole, speaks_for: str | None, parties: Parties) -> str:
    """`speaks_for` if it is given; for people in first-party claims, their organisation; otherwise the claimant."""
    if speaks_for is not None:
        return speaks_for
    is_person = claimant in parties and parties[claimant].kind is EntityKind.PERSON
    if is_person and role is ClaimantRole.FIRST_PARTY:
        return organization_of(claimant, parties) or claimant
    return claimant
