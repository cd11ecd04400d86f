"""Provenance of claims: the chain of claims that a relay derives from."""

from sqlalchemy import Connection, select

from service.db.models import ClaimRow
from service.schemas.claims import Claim
from service.store.records import chains, claims

_CHAIN = chains.chain_of(ClaimRow.id, ClaimRow.derived_from_id)
_ORDER = select(_CHAIN.c.id).order_by(_CHAIN.c.depth)


def origins(connection: Connection, claim: Claim) -> list[Claim]:
    """Returns the claims that a relay derives from, nearest first."""
    if claim.derived_from is None:
        return []
    order = [row.id for row in connection.execute(_ORDER, {"ids": [claim.derived_from.id]})]
    found = {one.id: one for one in claims.PROJECTION.by_ids(connection, order)}
    return [found[claim_id] for claim_id in order]
