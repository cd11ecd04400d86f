"""Claims that supersede earlier ones of the same claimant: who may do so, and the resulting status."""

from sqlalchemy import Connection, bindparam, or_, select

from service.db.models import ClaimRow
from service.domain.vocabulary import ClaimStatus
from service.errors import Conflict, Invalid
from service.store.records import chains, record_writes


def lock(connection: Connection, claim_id: str | None, claimant_id: str, pointer: str = "/supersedes") -> set[str]:
    """Locks the superseded claim. Raises Conflict if another claimant made it."""
    if claim_id is None:
        return set()
    statement = select(ClaimRow.claimant_id).where(ClaimRow.id == claim_id).with_for_update()
    if connection.execute(statement).scalar_one() != claimant_id:
        raise Conflict.at(pointer, "A claim is superseded by the same claimant only; others may dispute it.")
    return {claim_id}


def refuse_long(connection: Connection, superseded: str | None) -> None:
    """Raises Invalid if one more claim would make the chain of successors too long."""
    chains.refuse_long(connection, ClaimRow.id, ClaimRow.supersedes_id, superseded, "/supersedes", chains.MAX_VERSIONS)


_LINKS = (ClaimRow.id, ClaimRow.derived_from_id, ClaimRow.supersedes_id)
_EARLIER = select(*_LINKS).where(ClaimRow.id == bindparam("parent", type_=ClaimRow.id.type))
_EARLIER_CLAIMS = _EARLIER.cte("earlier", recursive=True)
_EARLIER_CLAIMS = _EARLIER_CLAIMS.union(
    select(*_LINKS).join(
        _EARLIER_CLAIMS,
        or_(ClaimRow.id == _EARLIER_CLAIMS.c.derived_from_id, ClaimRow.id == _EARLIER_CLAIMS.c.supersedes_id),
    )
)
_IS_EARLIER = select(_EARLIER_CLAIMS.c.id).where(_EARLIER_CLAIMS.c.id == bindparam("claim", type_=ClaimRow.id.type))


def refuse_mixed_circle(connection: Connection, claim_id: str, parent: str | None, pointer: str) -> None:
    """Raises Invalid if the claim named as `parent` relays or supersedes this one, over any number of steps of either
    kind: no order of creation could bring both about, so an export of them could not be imported.
    """
    if parent is None:
        return
    if connection.execute(_IS_EARLIER, {"parent": parent, "claim": claim_id}).first() is not None:
        raise Invalid.at(pointer, chains.CIRCLE)


def refuse_foreign(connection: Connection, claim_ids: set[str]) -> None:
    """Raises Forbidden for claims of others: a superseded claim leaves every aggregate, so superseding is a change."""
    found = connection.execute(select(ClaimRow.created_by).where(ClaimRow.id.in_(claim_ids))) if claim_ids else None
    for row in found.mappings() if found else ():
        record_writes.refuse_foreign(connection, ClaimRow, row, "/supersedes")


def refuse_second(connection: Connection, superseded: str | None, own: str | None) -> None:
    """Raises Conflict if another current claim supersedes it. One successor makes the state on any day unambiguous."""
    newer = successor_of(connection, superseded) if superseded is not None else None
    if newer not in (None, own):
        raise Conflict.at("/supersedes", "That claim is superseded already; supersede the one that replaced it.")


def refuse_if_superseded_by_other(connection: Connection, claim_id: str) -> None:
    if connection.execute(select(ClaimRow.id).where(ClaimRow.supersedes_id == claim_id).limit(1)).first():
        raise Conflict.at("/claimant", "A later claim of this claimant supersedes this one; change that one first.")


def successor_of(connection: Connection, claim_id: str) -> str | None:
    """Returns the latest claim that supersedes this one and is neither withdrawn nor retracted."""
    standing = select(ClaimRow.id).where(
        ClaimRow.supersedes_id == claim_id, ClaimRow.withdrawn_at.is_(None), ClaimRow.status != ClaimStatus.RETRACTED
    )
    return connection.execute(standing.order_by(ClaimRow.created_at.desc(), ClaimRow.id.desc()).limit(1)).scalar()


def mark(connection: Connection, claim_ids: set[str]) -> None:
    """Sets status and superseded_by of claims from the current successor of each, if any."""
    for claim_id in sorted(claim_ids):
        row = record_writes.lock(connection, ClaimRow, claim_id, None)
        newer = successor_of(connection, claim_id)
        status = row["status"]
        if status != ClaimStatus.RETRACTED:
            status = ClaimStatus.SUPERSEDED if newer else ClaimStatus.ACTIVE
        record_writes.save(connection, ClaimRow, row, {"superseded_by_id": newer, "status": str(status)})
