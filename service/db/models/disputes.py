"""Disputes: someone contests a claim or one of its figures."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of
from service.db.types import Day, Id, String
from service.domain.vocabulary import DisputeStatus, DisputeType


class DisputeRow(Head, Base):
    __tablename__ = "dispute"
    __table_args__: Any = (
        *head_checks(),
        one_of("type", DisputeType),
        one_of("status", DisputeStatus),
        CheckConstraint("disputing_claim_id <> disputed_claim_id", name="disputing_claim"),
        CheckConstraint("disputing_claim_id IS NOT NULL OR rationale IS NOT NULL", name="rationale"),
        CheckConstraint("status <> 'resolved' OR resolution IS NOT NULL", name="resolution"),
        # the disputed figure is one of the disputed claim
        ForeignKeyConstraint(
            ["disputed_figure_id", "disputed_claim_id"], ["figure.id", "figure.claim_id"], ondelete="RESTRICT"
        ),
        UniqueConstraint("key"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "disputed_claim_id", "created_at", "id"),
        Index(None, "disputed_figure_id", "disputed_claim_id"),
        Index(None, "disputing_claim_id", "created_at", "id"),
        Index(None, "raised_by_id", "created_at", "id"),
        Index(None, "type", "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        STRICT,
    )

    key: Mapped[str | None] = mapped_column(String)
    disputed_claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claim.id", ondelete="RESTRICT"))
    disputed_figure_id: Mapped[str | None] = mapped_column(Id)
    disputing_claim_id: Mapped[str | None] = mapped_column(Id, ForeignKey("claim.id", ondelete="RESTRICT"))
    raised_by_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    type: Mapped[str] = mapped_column(String)
    rationale: Mapped[str | None] = mapped_column(String)
    status: Mapped[str] = mapped_column(String)
    opened: Mapped[str | None] = mapped_column(String)
    opened_earliest: Mapped[date | None] = mapped_column(Day)
    closed: Mapped[str | None] = mapped_column(String)
    resolution: Mapped[str | None] = mapped_column(String)
