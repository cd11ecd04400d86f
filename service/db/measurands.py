"""Measurands with their summaries, brought up to date in every transaction that touches their figures."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import STRICT, Base, one_of
from service.db.types import Day, Document, Flag, Id, Real, String, UtcTime
from service.domain.vocabulary import Agreement, ComparabilityStatus, Verdict


class MeasurandRow(Base):
    """The id is derived from subject, metric, scope and period (`domain/key.py`), so the row is unique by its key.

    `summary` holds the answer as it is served, for reported vs. estimated at a tolerance of 10%; the columns beside it
    are what lists filter and sort by. The ranks order disagreements, widest first: null where there is none.

    `told` is the summary as JSON text: what PostgreSQL makes of its JSONB takes longer, and has large floats as whole
    numbers. `detail` is JSON text too: what a comparison tells beyond its figures and its summary. They hold for
    a measurand whose `updated_at` is their `told_at`: an older version of the service, at work during an upgrade, knows
    nothing of them.
    """

    __tablename__ = "measurand"
    __table_args__: Any = (
        one_of("agreement", Agreement),
        one_of("verdict", Verdict),
        one_of("comparability", ComparabilityStatus),
        CheckConstraint("(period_earliest IS NULL) = (period_latest IS NULL)", name="period"),
        UniqueConstraint("key"),
        ForeignKeyConstraint(["scope_id", "metric_id"], ["scope.id", "scope.metric_id"], ondelete="RESTRICT"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "figure_count", "id"),
        Index(None, "rank", "id"),
        Index(None, "agreement", "rank", "id"),
        Index(None, "agreement", "created_at", "id"),
        Index(None, "self_rank", "id"),
        Index(None, "drift_rank", "id"),
        Index(None, "subject_id", "metric_id", "created_at", "id"),
        Index(None, "metric_id", "created_at", "id"),
        Index(None, "scope_id", "metric_id", "created_at", "id"),
        Index(None, "verdict", "created_at", "id"),
        Index(None, "comparability", "created_at", "id"),
        Index(None, "within_rounding", "rank", "id"),
        Index(None, "within_rounding", "created_at", "id"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    metric_id: Mapped[str] = mapped_column(Id, ForeignKey("metric.id", ondelete="RESTRICT"))
    scope_id: Mapped[str | None] = mapped_column(Id)
    period: Mapped[str | None] = mapped_column(String)
    period_earliest: Mapped[date | None] = mapped_column(Day)
    period_latest: Mapped[date | None] = mapped_column(Day)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    summary: Mapped[dict[str, Any]] = mapped_column(Document)
    present_count: Mapped[int]
    figure_count: Mapped[int]
    agreement: Mapped[str] = mapped_column(String)
    verdict: Mapped[str] = mapped_column(String)
    comparability: Mapped[str] = mapped_column(String)
    within_rounding: Mapped[bool] = mapped_column(Flag)
    rank: Mapped[float] = mapped_column(Real)
    self_rank: Mapped[float | None] = mapped_column(Real)
    drift_rank: Mapped[float | None] = mapped_column(Real)
    max_low: Mapped[float | None] = mapped_column(Real)
    min_high: Mapped[float | None] = mapped_column(Real)
    extremes: Mapped[dict[str, Any]] = mapped_column(Document)
    told: Mapped[str | None] = mapped_column(String)
    detail: Mapped[str | None] = mapped_column(String)
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)
