"""Claims as they could be read on an earlier day."""

from datetime import date

from sqlalchemy import Connection, and_, or_
from sqlalchemy.orm import aliased

from service.db.tables import ClaimRow, SourceRow
from service.domain.vocabulary import ClaimStatus
from service.schemas.claims import Claim
from service.schemas.queries import ClaimQuery
from service.store import claims, rows


def page(connection: Connection, query: ClaimQuery, day: date) -> list[Claim]:
    """Those that could be read by that day, and had not been replaced by then by one that could; newest first."""
    newer_source = aliased(SourceRow)
    replaced = and_(
        ClaimRow.status == ClaimStatus.SUPERSEDED,
        rows.readable_from(newer_source.published_latest, claims.NEWER.asserted_latest) <= day,
    )
    statement = claims.SELECT.outerjoin(newer_source, newer_source.id == claims.NEWER.source_id).where(
        *claims.conditions(connection, query.model_copy(update={"status": ["active", "superseded"]})),
        rows.readable_from(SourceRow.published_latest, ClaimRow.asserted_latest) <= day,
        or_(replaced.is_(None), ~replaced),
    )
    newest = statement.order_by(ClaimRow.created_at.desc(), ClaimRow.id.desc())
    return claims.with_figures(connection, rows.fetch(connection, newest.limit(query.limit)))
