"""The roles and voices of claims (`domain/voice.py`). They depend on what claimants and subjects are parts of."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from service.db.models import ClaimRow, EntityRow
from service.domain.vocabulary import ClaimantRole, EntityKind
from service.domain.voice import Parties, Party, inferred_role, voice_of
from service.errors import Conflict, Invalid
from service.store import rows
from service.store.comparisons import summary
from service.store.records import chains
from service.store.records.bounds import refuse_too_many_figures
from service.store.rows import Values

_CHUNK = 5_000
_ABOVE = chains.chain_of(EntityRow.id, EntityRow.part_of_id).alias("above")
_CHAIN = select(EntityRow.id, EntityRow.kind, EntityRow.part_of_id).where(EntityRow.id.in_(select(_ABOVE.c.id)))
_LOCKED = _CHAIN.with_only_columns(EntityRow.id).order_by(EntityRow.id).with_for_update(read=True)


def derived(connection: Connection, claims: Sequence[Values]) -> list[Values]:
    """The columns that follow from who is a part of whom. Raises Invalid for a party that cannot be spoken for.

    Locks the entities until the transaction ends, so that nobody changes what they are parts of meanwhile.
    """
    named = {claim[name] for claim in claims for name in ("claimant_id", "subject_id", "speaks_for_id")} - {None}
    parties = _parties(connection, named, lock=True)
    for claim in claims:
        _check(claim, parties)
    return [_derived(claim, parties) for claim in claims]


def _check(claim: Values, parties: Parties) -> None:
    spoken_for = claim["speaks_for_id"]
    if spoken_for in (None, claim["claimant_id"]) or parties[spoken_for].kind is EntityKind.ORGANIZATION:
        return
    raise Invalid.at("/speaks_for", "A claimant speaks for an organization, or for nobody else: name the claimant.")


def _derived(claim: Any, parties: Parties) -> Values:
    given = claim["claimant_role"]
    claimant, subject = claim["claimant_id"], claim["subject_id"]
    role = ClaimantRole(given) if given else inferred_role(claimant, subject, parties)
    voice = voice_of(claimant, role, claim["speaks_for_id"], parties)
    return {"effective_role": str(role), "voice_id": voice}


def _parties(connection: Connection, ids: Collection[str], *, lock: bool = False) -> Parties:
    """The entities and all that they are parts of."""
    found: dict[str, Party] = {}
    for part in rows.chunks(sorted(ids), _CHUNK):
        if lock and connection.dialect.name == "postgresql":
            connection.execute(_LOCKED, {"ids": list(part)})
        for row in connection.execute(_CHAIN, {"ids": list(part)}):
            found[row.id] = Party(row.id, EntityKind(row.kind), row.part_of_id)
    return found


# Changes of an entity ------------------------------------------------------------------------------------------------


def _claims_below(entity_id: str) -> Any:
    """The condition that a claim is made by the entity or a part of it, or is about one."""
    tree = chains.descendants(EntityRow.id, EntityRow.part_of_id, entity_id)
    below = select(tree.c.id)
    return or_(ClaimRow.claimant_id.in_(below), ClaimRow.subject_id.in_(below), ClaimRow.speaks_for_id == entity_id)


def refuse_change_of_kind(connection: Connection, entity_id: str, kind: str) -> None:
    """Raises Conflict if somebody else's claim speaks for an entity that would be no organization."""
    if kind == EntityKind.ORGANIZATION:
        return
    for_it = select(ClaimRow.id).where(ClaimRow.speaks_for_id == entity_id, ClaimRow.claimant_id != entity_id)
    if connection.execute(for_it.limit(1)).first() is not None:
        raise Conflict.at("/kind", "Claims speak for this organization. Change their speaks_for first.")


def derive_below(connection: Connection, entity_id: str, most: int | None) -> None:
    """Computes the roles and voices of all claims that an entity and its parts make, or that are about them, and marks
    the summaries stale that depend on them. Raises Conflict if they have more than `most` figures.
    """
    affected = _claims_below(entity_id)
    refuse_too_many_figures(connection, select(ClaimRow.id).where(affected), most, "entity", entity_id)
    summary.mark_claims_stale(connection, derive(connection, affected))


def derive(connection: Connection, affected: Any) -> list[str]:
    """Computes the roles and voices of the claims that meet a condition. Returns the ids of those that changed."""
    names = ("id", "claimant_id", "subject_id", "speaks_for_id", "claimant_role", "effective_role", "voice_id")
    claims = connection.execute(select(*(getattr(ClaimRow, n) for n in names)).where(affected)).mappings().all()
    named = {claim[name] for claim in claims for name in ("claimant_id", "subject_id")}
    parties = _parties(connection, named)
    changed = []
    for claim in claims:
        values = _derived(claim, parties)
        if any(claim[name] != value for name, value in values.items()):
            changed.append({"which": claim["id"], "role": values["effective_role"], "voice": values["voice_id"]})
    if changed:
        connection.execute(_CHANGE, changed)
    return [row["which"] for row in changed]


_CHANGE = (
    update(ClaimRow)
    .where(ClaimRow.id == bindparam("which", type_=ClaimRow.id.type))
    .values(
        effective_role=bindparam("role", type_=ClaimRow.effective_role.type),
        voice_id=bindparam("voice", type_=ClaimRow.voice_id.type),
    )
)


def mark_named_stale(connection: Connection, entity_id: str, most: int | None) -> None:
    """Marks the summaries stale whose texts name the entity. Raises Conflict if there are too many."""
    named = or_(ClaimRow.voice_id == entity_id, ClaimRow.claimant_id == entity_id)
    claims = select(ClaimRow.id).where(named)
    refuse_too_many_figures(connection, claims, most, "entity", entity_id)
    summary.mark_claims_stale(connection, connection.execute(claims).scalars().all())
