"""Claims with disputes against them, each with its disputes."""

from collections.abc import Sequence

from sqlalchemy import Connection, literal

from service.db.models import ClaimRow, DisputeRow, EntityRow, SourceRow
from service.domain.vocabulary import ACTIVE_DISPUTE_STATUSES, ClaimStatus
from service.schemas.queries import ContestedQuery
from service.store.lists.filters import AnyOf, HasOne, RefTo, withdrawn
from service.store.lists.pagination import Listing, PageJson, fetch_page, page_json
from service.store.records import claims, disputes

_CLAIMS = Listing(
    {
        dialect: statement.where(ClaimRow.status == literal(str(ClaimStatus.ACTIVE)))
        for dialect, statement in claims.ROWS.rows.items()
    },
    {
        "id": AnyOf(ClaimRow.id),
        "withdrawn": withdrawn(ClaimRow),
        "subject": RefTo(EntityRow, ClaimRow.subject_id),
        "claimant": RefTo(EntityRow, ClaimRow.claimant_id),
        "source": RefTo(SourceRow, ClaimRow.source_id),
        "dispute": HasOne(
            [DisputeRow.disputed_claim_id == ClaimRow.id, DisputeRow.withdrawn_at.is_(None)],
            {"type": AnyOf(DisputeRow.type), "status": AnyOf(DisputeRow.status)},
        ),
    },
    claims.SORTS,
    ClaimRow.id,
)


def contested_page(connection: Connection, query: ContestedQuery) -> PageJson:
    """Returns a ContestedPage."""
    statuses = query.status or list(ACTIVE_DISPUTE_STATUSES)
    found = fetch_page(connection, _CLAIMS, query, query.sort, status=statuses)
    by_claim = _disputes(connection, [row.sort_id for row in found.rows], query.type, statuses)
    items = [f'{{"claim":{row.item},"disputes":[{",".join(by_claim[row.sort_id])}]}}' for row in found.rows]
    return page_json(",".join(items), found.next_cursor)


def _disputes(
    connection: Connection, claim_ids: Sequence[str], types: Sequence[str], statuses: Sequence[str]
) -> dict[str, list[str]]:
    """Returns the disputes against each claim, oldest first."""
    by_claim: dict[str, list[str]] = {claim_id: [] for claim_id in claim_ids}
    statement = (
        disputes.ROWS.rows[connection.dialect.name]
        .add_columns(DisputeRow.disputed_claim_id.label("disputed"))
        .where(
            DisputeRow.disputed_claim_id.in_(claim_ids),
            DisputeRow.withdrawn_at.is_(None),
            DisputeRow.status.in_(statuses),
        )
        .order_by(DisputeRow.created_at, DisputeRow.id)
    )
    if types:
        statement = statement.where(DisputeRow.type.in_(types))
    for row in connection.execute(statement) if claim_ids else ():
        by_claim[row.disputed].append(row.item)
    return by_claim
