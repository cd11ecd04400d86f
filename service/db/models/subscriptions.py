"""Subscriptions to changes, their deliveries, and the lease of the process that delivers. Neither history nor exports
have them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base
from service.db.types import Document, Id, String, UtcTime, Whole


class SubscriptionRow(Base):
    """A cursor on the feed: changes up to `delivered` are done with. At most one event is in flight, the next one after
    it; `attempts` and the two moments are of that one. `secret` signs, and `secret_before` too, until it ends.
    """

    __tablename__ = "subscription"
    __table_args__: Any = (
        CheckConstraint("status IN ('active', 'disabled')", name="status"),
        Index(None, "key_id", "created_at"),
        Index(None, "measurand_id"),
        Index(None, "status", "next_attempt_at"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    key_id: Mapped[str] = mapped_column(Id, ForeignKey("key.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    url: Mapped[str] = mapped_column(String)
    kinds: Mapped[list[str]] = mapped_column(Document)
    subject_ids: Mapped[list[str]] = mapped_column(Document)
    metric_ids: Mapped[list[str]] = mapped_column(Document)
    measurand_id: Mapped[str | None] = mapped_column(Id, ForeignKey("measurand.id", ondelete="RESTRICT"))
    status: Mapped[str] = mapped_column(String)
    disabled_because: Mapped[str | None] = mapped_column(String)
    secret: Mapped[str] = mapped_column(String)
    secret_before: Mapped[str | None] = mapped_column(String)
    secret_before_ends_at: Mapped[datetime | None] = mapped_column(UtcTime)
    delivered: Mapped[int] = mapped_column(Whole)
    attempts: Mapped[int]
    first_attempt_at: Mapped[datetime | None] = mapped_column(UtcTime)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcTime)
    resend: Mapped[list[int]] = mapped_column(Document)


class DeliveryRow(Base):
    """One attempt to deliver one event. Kept for 30 days."""

    __tablename__ = "delivery"
    __table_args__: Any = (Index(None, "subscription_id", "at", "id"), STRICT)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[str] = mapped_column(Id, ForeignKey("subscription.id", ondelete="RESTRICT"))
    seq: Mapped[int] = mapped_column(Whole)
    type: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcTime)
    attempt: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String)
    milliseconds: Mapped[int]


class LeaseRow(Base):
    """What only one process of a database does at a time, and until when it may."""

    __tablename__ = "lease"
    __table_args__: Any = (STRICT,)

    name: Mapped[str] = mapped_column(String, primary_key=True)
    holder: Mapped[str] = mapped_column(Id)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
