"""Metrics, each with one canonical unit, and their scopes: a tree of what can be counted."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks
from service.db.types import Flag, Id, String


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


class ScopeRow(Base):
    """`position` keeps the order of a metric's scopes."""

    __tablename__ = "scope"
    __table_args__: Any = (
        UniqueConstraint("metric_id", "key"),
        UniqueConstraint("id", "metric_id"),
        # a scope is a part of a scope of the same metric
        ForeignKeyConstraint(["part_of_id", "metric_id"], ["scope.id", "scope.metric_id"], ondelete="RESTRICT"),
        CheckConstraint("part_of_id <> id", name="part_of"),
        Index(None, "part_of_id", "metric_id"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    metric_id: Mapped[str] = mapped_column(Id, ForeignKey("metric.id", ondelete="RESTRICT"))
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    definition: Mapped[str | None] = mapped_column(String)
    part_of_id: Mapped[str | None] = mapped_column(Id)
