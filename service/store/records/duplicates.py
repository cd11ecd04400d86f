"""Records that may say the same as one that somebody is about to add."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from service.db.models import ClaimRow, FigureRow, SourceRow
from service.schemas.claims import Claim
from service.schemas.sources import Source
from service.store.records import claims, sources

_MOST = 5
_NUMBERS = ("value", "lower", "upper")


def of_claim(connection: Connection, subject: str, claimant: str, figure: Mapping[str, Any], own: str) -> list[Claim]:
    """Returns claims of the same claimant about the same subject, with the same numbers of the same metric."""
    columns = {name: getattr(FigureRow, name) for name in _NUMBERS}
    same = (column.is_(None) if figure[name] is None else column == figure[name] for name, column in columns.items())
    statement = (
        select(ClaimRow.id)
        .join(FigureRow, FigureRow.claim_id == ClaimRow.id)
        .where(ClaimRow.subject_id == subject, ClaimRow.claimant_id == claimant, ClaimRow.id != own)
        .where(FigureRow.metric_id == figure["metric"], FigureRow.unit == figure["unit"], *same)
        .where(ClaimRow.withdrawn_at.is_(None), FigureRow.withdrawn_at.is_(None))
        .distinct()
        .limit(_MOST)
    )
    return claims.PROJECTION.by_ids(connection, list(connection.execute(statement).scalars()))


def of_source(connection: Connection, url: str | None, own: str) -> list[Source]:
    """Returns sources with this address."""
    if url is None:
        return []
    same = select(SourceRow.id).where(SourceRow.url == url, SourceRow.id != own, SourceRow.withdrawn_at.is_(None))
    return sources.PROJECTION.by_ids(connection, list(connection.execute(same.limit(_MOST)).scalars()))
