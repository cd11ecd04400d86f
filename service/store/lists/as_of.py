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
from service.db.types import Day
from service.domain.vocabulary import ClaimStatus

_NEWER, _NEWER_SOURCE = aliased(ClaimRow, name="replacing"), aliased(SourceRow, name="replacing_source")


def readable_from(source: Any, claim: Any) -> Any:
    """The first day on which the claim could certainly be read; null if neither day is known."""
    published, asserted = source.published_latest, claim.asserted_latest
    return case((published > asserted, published), else_=func.coalesce(asserted, published, type_=published.type))


def could_be_read(since: date | None, day: date | None) -> bool:
    """The same for `readable_from` as read: whether it could certainly be read by `day`; always true without a day."""
    return day is None or (since is not None and since <= day)


def _of_newer(column: Any, *conditions: Any) -> Any:
    return (
        select(column)
        .select_from(_NEWER)
        .join(_NEWER_SOURCE, _NEWER_SOURCE.id == _NEWER.source_id)
        .where(_NEWER.supersedes_id == ClaimRow.id, _NEWER.withdrawn_at.is_(None), *conditions)
        .correlate(ClaimRow)
    )


def replacement_days() -> tuple[Any, Any, Any]:
    """For rows of claims: the first day on which a claim that replaces it could certainly be read, and the days from
    and up to which one replaced it that was retracted later.
    """
    readable = readable_from(_NEWER_SOURCE, _NEWER)
    retracted = _NEWER.status == ClaimStatus.RETRACTED
    return (
        _of_newer(func.min(readable, type_=Day()), ~retracted).scalar_subquery().label("replaced_from"),
        _of_newer(func.min(readable, type_=Day()), retracted).scalar_subquery().label("briefly_from"),
        _of_newer(func.max(_NEWER.retracted_latest, type_=Day()), retracted).scalar_subquery().label("briefly_until"),
    )


def stood_on(day: Any) -> Any:
    """The condition that a claim was active on `day`, for rows of claims joined with their sources."""
    standing = or_(_NEWER.status != ClaimStatus.RETRACTED, _NEWER.retracted_latest > day)
    return and_(
        readable_from(SourceRow, ClaimRow) <= day,
        or_(ClaimRow.status != ClaimStatus.RETRACTED, ClaimRow.retracted_latest > day),
        ~_of_newer(_NEWER.id, readable_from(_NEWER_SOURCE, _NEWER) <= day, standing).exists(),
    )


def stands(row: Any, day: date | None) -> bool:
    """The same rule for a claim that could be read by `day`, by its status, `retracted_latest` and `replacement_days`.
    Without a day, whether it is active now.
    """
    if day is None:
        return bool(row.status == ClaimStatus.ACTIVE)
    if row.status == ClaimStatus.RETRACTED and (row.retracted_latest is None or row.retracted_latest <= day):
        return False
    if row.replaced_from is not None and row.replaced_from <= day:
        return False
    briefly = row.briefly_from is not None and row.briefly_until is not None
    return not (briefly and row.briefly_from <= day < row.briefly_until)
