"""Whether a claim could be read by a day and was active then: one rule for lists, tables and comparisons.

A claim could be read once it was asserted and published, each by the last day on which it may have happened. If one of
the two is unknown, the other decides; if both are, the claim could be read on no day. A claim was active on a day if it
could be read by then and had not been replaced by a claim that could. A retracted claim was active until the last day
on which it may have been retracted, and on no day if that is not known.
"""

from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from service.db.models import ClaimRow, SourceRow
from service.domain.vocabulary import ClaimStatus

_NEWER, _NEWER_SOURCE = aliased(ClaimRow, name="replacing"), aliased(SourceRow, name="replacing_source")


def readable_from(source: Any, claim: Any) -> Any:
    """The first day on which the claim could certainly be read; null if neither day is known."""
    published, asserted = source.published_latest, claim.asserted_latest
    return case((published > asserted, published), else_=func.coalesce(asserted, published, type_=published.type))


def could_be_read(since: date | None, day: date | None) -> bool:
    """The same for `readable_from` as read: whether it could certainly be read by `day`; always true without a day."""
    return day is None or (since is not None and since <= day)


def replaced_from() -> Any:
    """For rows of claims: the first day on which the claim that replaced it could certainly be read."""
    return (
        select(readable_from(_NEWER_SOURCE, _NEWER))
        .select_from(_NEWER)
        .join(_NEWER_SOURCE, _NEWER_SOURCE.id == _NEWER.source_id)
        .where(_NEWER.id == ClaimRow.superseded_by_id)
        .correlate(ClaimRow)
        .scalar_subquery()
    )


def stood_on(day: Any) -> Any:
    """The condition that a claim was active on `day`, for rows of claims joined with their sources."""
    replaced = and_(ClaimRow.status == ClaimStatus.SUPERSEDED, replaced_from() <= day)
    return and_(
        readable_from(SourceRow, ClaimRow) <= day,
        or_(ClaimRow.status != ClaimStatus.RETRACTED, ClaimRow.retracted_latest > day),
        or_(replaced.is_(None), ~replaced),  # null if replaced on an unknown day: not by then
    )


def stands(status: str, replaced: date | None, retracted: date | None, day: date | None) -> bool:
    """The same rule for the columns of a claim that could be read by `day`; without a day, whether it is active now."""
    if day is None:
        return status == ClaimStatus.ACTIVE
    if status == ClaimStatus.RETRACTED:
        return retracted is not None and day < retracted
    return not (status == ClaimStatus.SUPERSEDED and replaced is not None and replaced <= day)
