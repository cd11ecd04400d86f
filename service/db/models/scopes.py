"""Scopes: which part of a metric is counted. The scopes of a metric form a tree."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks
from service.db.types import Id, String


class ScopeRow(Head, Base):
    __tablename__ = "scope"
    __table_args__: Any = (
        *head_checks(),
        UniqueConstraint("metric_id", "key"),
        UniqueConstraint("id", "metric_id"),
        # a scope is a part of a scope of the same metric
        ForeignKeyConstraint(["part_of_id", "metric_id"], ["scope.id", "scope.metric_id"], ondelete="RESTRICT"),
        CheckConstraint("part_of_id <> id", name="part_of"),
        Index(None, "part_of_id", "metric_id"),
        Index(None, "metric_id", "created_at", "id"),
        STRICT,
    )

    metric_id: Mapped[str] = mapped_column(Id, ForeignKey("metric.id", ondelete="RESTRICT"))
    key: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    definition: Mapped[str | None] = mapped_column(String)
    part_of_id: Mapped[str | None] = mapped_column(Id)
