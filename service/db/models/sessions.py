"""Sessions of people who signed in to the pages. Of each session's id, only the SHA-256 is stored."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base
from service.db.types import Id, String, UtcTime


class SessionRow(Base):
    """A session acts with a key, and ends with it. Ended ones are deleted: no record refers to them."""

    __tablename__ = "session"
    __table_args__: Any = (
        CheckConstraint("length(digest) = 64", name="digest"),
        Index(None, "key_id"),
        Index(None, "expires_at"),
        STRICT,
    )

    digest: Mapped[str] = mapped_column(String, primary_key=True)
    key_id: Mapped[str] = mapped_column(Id, ForeignKey("key.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
