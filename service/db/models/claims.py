"""Claims: in this source, this claimant says this about this subject."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of, withdrawn_ones
from service.db.types import Day, Id, String
from service.domain.vocabulary import ClaimantRole, ClaimStatus


class ClaimRow(Head, Base):
    """Some columns are set by the system. `superseded_by_id` is the latest claim that supersedes this one and is still
    in force. `effective_role` is `claimant_role` or, if that is null, inferred; `voice_id` is the entity for whom the
    claim speaks (`domain/voice.py`).
    """

    __tablename__ = "claim"
    __table_args__: Any = (
        *head_checks(),
        one_of("claimant_role", ClaimantRole),
        one_of("effective_role", ClaimantRole),
        one_of("status", ClaimStatus),
        CheckConstraint("derived_from_id <> id", name="derived_from"),
        CheckConstraint("supersedes_id <> id", name="supersedes"),
        CheckConstraint("retracted_on IS NULL OR status = 'retracted'", name="retracted_on"),
        CheckConstraint("status <> 'superseded' OR superseded_by_id IS NOT NULL", name="superseded_by"),
        UniqueConstraint("key"),
        Index(None, "created_at", "id"),
        withdrawn_ones(),
        Index(None, "updated_at", "id"),
        Index(None, "subject_id", "created_at", "id"),
        Index(None, "claimant_id", "created_at", "id"),
        Index(None, "source_id", "created_at", "id"),
        Index(None, "derived_from_id", "created_at", "id"),
        Index(None, "supersedes_id"),
        Index(None, "superseded_by_id"),
        Index(None, "effective_role", "created_at", "id"),
        Index(None, "speaks_for_id"),
        Index(None, "voice_id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "asserted_earliest"),
        Index(None, "asserted_latest"),
        STRICT,
    )

    key: Mapped[str | None] = mapped_column(String)
    source_id: Mapped[str] = mapped_column(Id, ForeignKey("source.id", ondelete="RESTRICT"))
    claimant_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    claimant_role: Mapped[str | None] = mapped_column(String)
    effective_role: Mapped[str] = mapped_column(String)
    speaks_for_id: Mapped[str | None] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    voice_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    statement: Mapped[str] = mapped_column(String)
    quote: Mapped[str | None] = mapped_column(String)
    locator: Mapped[str | None] = mapped_column(String)
    asserted: Mapped[str | None] = mapped_column(String)
    asserted_earliest: Mapped[date | None] = mapped_column(Day)
    asserted_latest: Mapped[date | None] = mapped_column(Day)
    derived_from_id: Mapped[str | None] = mapped_column(Id, ForeignKey("claim.id", ondelete="RESTRICT"))
    supersedes_id: Mapped[str | None] = mapped_column(Id, ForeignKey("claim.id", ondelete="RESTRICT"))
    superseded_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey("claim.id", ondelete="RESTRICT"))
    status: Mapped[str] = mapped_column(String)
    retracted_on: Mapped[str | None] = mapped_column(String)
    retracted_latest: Mapped[date | None] = mapped_column(Day)
    notes: Mapped[str | None] = mapped_column(String)
