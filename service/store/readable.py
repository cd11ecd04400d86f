"""Claims as they could be read on an earlier day."""

from datetime import date
from typing import Any

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
    statement = claims.SELECT.outerjoin(newer_source, newer_source.id == claims.NEWER.source_id).where(
        *claims.conditions(connection, query.model_copy(update={"status": ["active", "superseded"]})),
        *by_day(day, claims.NEWER, newer_source),
    )
    newest = statement.order_by(ClaimRow.created_at.desc(), ClaimRow.id.desc())
    return claims.with_figures(connection, rows.fetch(connection, newest.limit(query.limit)))


def by_day(day: date, newer: Any, newer_source: Any) -> list[Any]:
    """Claims that could be read by that day, and had not been replaced by then by one that could (`newer`)."""
    replaced = and_(
        ClaimRow.status == ClaimStatus.SUPERSEDED,
        rows.readable_from(newer_source.published_latest, newer.asserted_latest) <= day,
    )
    return [
        rows.readable_from(SourceRow.published_latest, ClaimRow.asserted_latest) <= day,
        ClaimRow.status != ClaimStatus.RETRACTED,
        or_(replaced.is_(None), ~replaced),  # of an unknown day is null, and not replaced
    ]
