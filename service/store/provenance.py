"""Where claims come from."""

from sqlalchemy import Connection, select

from service.db.tables import ClaimRow
from service.schemas.claims import Claim
from service.store import claims, graph


def origins(connection: Connection, claim: Claim) -> list[Claim]:
    """The claims that a relay derives from, the nearest first."""
    if claim.derived_from is None:
        return []
    chain = graph.ancestors(ClaimRow.id, ClaimRow.derived_from_id, [claim.derived_from.id])
    order = [row.id for row in connection.execute(select(chain.c.id).order_by(chain.c.depth))]
    found = {one.id: one for one in claims.by_ids(connection, order)}
    return [found[claim_id] for claim_id in order]
