"""Entities: what claims are about, and who makes them."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of
from service.db.types import Document, Id, String
from service.domain.vocabulary import EntityKind


class EntityRow(Head, Base):
    __tablename__ = "entity"
    __table_args__: Any = (
        *head_checks(),
        one_of("kind", EntityKind),
        CheckConstraint("part_of_id <> id", name="part_of"),
        UniqueConstraint("key"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "name", "id"),
        Index(None, "kind", "created_at", "id"),
        Index(None, "part_of_id", "created_at", "id"),
        STRICT,
    )

    key: Mapped[str] = mapped_column(String)
    kind: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    aliases: Mapped[list[str]] = mapped_column(Document)
    same_as: Mapped[list[str]] = mapped_column(Document)
    identifiers: Mapped[dict[str, str]] = mapped_column(Document)
    part_of_id: Mapped[str | None] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    description: Mapped[str | None] = mapped_column(String)
