"""Stored responses to requests with an Idempotency-Key, replayed when the request is repeated."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base
from service.db.types import String, UtcTime


class IdempotencyRow(Base):
    """The principal is empty if there is none. The response is null only inside the transaction that makes it."""

    __tablename__ = "idempotency"
    __table_args__: Any = (
        PrimaryKeyConstraint("principal", "method", "route", "key"),
        Index(None, "created_at"),
        STRICT,
    )

    principal: Mapped[str] = mapped_column(String)
    method: Mapped[str] = mapped_column(String)
    route: Mapped[str] = mapped_column(String)
    key: Mapped[str] = mapped_column(String)
    body_hash: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    status: Mapped[int | None]
    headers: Mapped[str | None] = mapped_column(String)
    body: Mapped[str | None] = mapped_column(String)
