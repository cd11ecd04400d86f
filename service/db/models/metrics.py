"""Metrics, each with one canonical unit."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of
from service.db.types import Flag, String
from service.domain.vocabulary import Additive, OverTime, Scale


class MetricRow(Head, Base):
    """An import that creates a metric infers `over_time`: `over_time_inferred` is true until somebody sets it."""

    __tablename__ = "metric"
    __table_args__: Any = (
        *head_checks(),
        one_of("scale", Scale),
        one_of("additive", Additive),
        one_of("over_time", OverTime),
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
    scale: Mapped[str] = mapped_column(String)
    signed: Mapped[bool] = mapped_column(Flag)
    additive: Mapped[str] = mapped_column(String)
    over_time: Mapped[str] = mapped_column(String)
    over_time_inferred: Mapped[bool] = mapped_column(Flag)
