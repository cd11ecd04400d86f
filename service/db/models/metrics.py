"""Metrics, each with one canonical unit."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks
from service.db.types import Flag, String


class MetricRow(Head, Base):
    __tablename__ = "metric"
    __table_args__: Any = (
        *head_checks(),
        UniqueConstraint("key"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "name", "id"),
        STRICT,
    )

    key: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    definition: Mapped[str | None] = mapped_column(String)
    unit: Mapped[str] = mapped_column(String)
    periodic: Mapped[bool] = mapped_column(Flag)
    signed: Mapped[bool] = mapped_column(Flag)
