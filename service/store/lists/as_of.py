"""Whether a claim could be read by a day, and stood then: the one rule for lists, tables and comparisons.

A claim could be read once it was asserted and published, each by the last day that it may have happened on; where one
of the two is unknown, by the other alone. A claim of which neither is known could be read on no day. It stood on a day
if it could be read by then and had not been replaced by a claim that could. A retracted claim stands on no day.
"""

from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from service.db.models import ClaimRow, SourceRow
from service.domain.vocabulary import ClaimStatus

_NEWER, _NEWER_SOURCE = aliased(ClaimRow, name="replacing"), aliased(SourceRow, name="replacing_source")


def readable_from(source: Any, claim: Any) -> Any:
    """The first day on which the claim could be read for sure; null where neither day is known."""
    published, asserted = source.published_latest, claim.asserted_latest
    return case((published > asserted, published), else_=func.coalesce(asserted, published, type_=published.type))


def replaced_from() -> Any:
    """Of a row of claims: the first day on which the claim that replaced it could be read for sure."""
    return (
        select(readable_from(_NEWER_SOURCE, _NEWER))
        .select_from(_NEWER)
        .join(_NEWER_SOURCE, _NEWER_SOURCE.id == _NEWER.source_id)
        .where(_NEWER.id == ClaimRow.superseded_by_id)
        .correlate(ClaimRow)
        .scalar_subquery()
    )


def stood_on(day: Any) -> Any:
    """The condition on rows of claims, joined with their sources."""
    replaced = and_(ClaimRow.status == ClaimStatus.SUPERSEDED, replaced_from() <= day)
    return and_(
        readable_from(SourceRow, ClaimRow) <= day,
        ClaimRow.status != ClaimStatus.RETRACTED,
        or_(replaced.is_(None), ~replaced),  # replaced on an unknown day is null: not by then
    )


def stands(status: str, replaced: date | None, day: date | None) -> bool:
    """The same of a claim with these columns that could be read by the day, or without a day: whether it stands now."""
    if day is None:
        return status == ClaimStatus.ACTIVE
    if status == ClaimStatus.RETRACTED:
        return False
    return not (status == ClaimStatus.SUPERSEDED and replaced is not None and replaced <= day)
