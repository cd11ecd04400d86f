"""Propositions, and the stances that claims take on them."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of, withdrawn_ones
from service.db.types import Day, Id, String
from service.domain.vocabulary import Hedge, Stance


class PropositionRow(Head, Base):
    """A statement about a subject. The three counts are of independent voices by their latest stance; they are updated
    with each change of a stance, and `contested` is the lesser of supports and denials.
    """

    __tablename__ = "proposition"
    __table_args__: Any = (
        *head_checks(),
        CheckConstraint("part_of_id <> id", name="part_of"),
        UniqueConstraint("key"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        withdrawn_ones(),
        Index(None, "subject_id", "created_at", "id"),
        Index(None, "part_of_id", "created_at", "id"),
        Index(None, "contested", "id"),
        STRICT,
    )

    key: Mapped[str | None] = mapped_column(String)
    text: Mapped[str] = mapped_column(String)
    language: Mapped[str | None] = mapped_column(String)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    scope_text: Mapped[str | None] = mapped_column(String)
    period: Mapped[str | None] = mapped_column(String)
    period_earliest: Mapped[date | None] = mapped_column(Day)
    period_latest: Mapped[date | None] = mapped_column(Day)
    part_of_id: Mapped[str | None] = mapped_column(Id, ForeignKey("proposition.id", ondelete="RESTRICT"))

    supports: Mapped[int]
    denies: Mapped[int]
    neutral: Mapped[int]
    contested: Mapped[int]


class StanceRow(Base):
    """The stance of a claim on a proposition. A claim that no longer takes it keeps the row without a position, so that
    the past can be read: the claims that ever took a stance on a proposition are found by it.
    """

    __tablename__ = "stance"
    __table_args__: Any = (
        one_of("stance", Stance),
        one_of("hedge", Hedge),
        Index(None, "proposition_id", "claim_id"),
        STRICT,
    )

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claim.id", ondelete="RESTRICT"), primary_key=True)
    proposition_id: Mapped[str] = mapped_column(Id, ForeignKey("proposition.id", ondelete="RESTRICT"), primary_key=True)
    position: Mapped[int | None]
    stance: Mapped[str] = mapped_column(String)
    hedge: Mapped[str | None] = mapped_column(String)
