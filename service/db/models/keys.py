"""API keys. Of each secret, only the SHA-256 is stored."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, one_of
from service.db.types import Id, String, UtcTime
from service.domain.vocabulary import Role


class KeyRow(Base):
    """Keys are revoked, never deleted: `created_by` and the history refer to them. `last_used_at` makes no version."""

    __tablename__ = "key"
    __table_args__: Any = (
        one_of("role", Role),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("length(digest) = 64", name="digest"),
        Index(None, "created_at", "id"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    name: Mapped[str] = mapped_column(String)
    role: Mapped[str] = mapped_column(String)
    digest: Mapped[str] = mapped_column(String)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)
