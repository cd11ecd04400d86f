"""Measurands with the summaries of their comparisons, updated with each change of their figures."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, one_of
from service.db.types import Day, Flag, Id, Real, String, UtcTime
from service.domain.vocabulary import Agreement, ComparabilityStatus, IntervalBasis, Verdict


class MeasurandRow(Base):
    """The id is derived from subject, metric, scope and period (`domain/key.py`), so the row is unique by its key.

    The summary compares reported with estimated figures, with `about` taken as ±10%; it was computed under the rules of
    `rules_version`. `reasons` are words, joined by `, `. The ranks order disagreements, widest first; they are null if
    there is none, except `rank` (see `views.NO_RANK`). For each kind, two figures hold its extremes, and a sentence
    describes it; that of a conflict is `text`.

    `max_low` and `min_high` are the most restrictive ends of the figures that count, as exact fractions. They are used
    to compare a part with its whole. The `_id` columns name the figures that have them.
    """

    __tablename__ = "measurand"
    __table_args__: Any = (
        one_of("agreement", Agreement),
        one_of("verdict", Verdict),
        one_of("comparability", ComparabilityStatus),
        one_of("interval_basis", IntervalBasis),
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
        Index(None, "part_rank", "id"),
        Index(None, "subject_id", "created_at", "id"),
        # the measurands of one quantity
        Index(None, "subject_id", "metric_id", "period_earliest", "period_latest"),
        Index(None, "metric_id", "created_at", "id"),
        Index(None, "scope_id", "created_at", "id"),
        Index(None, "verdict", "created_at", "id"),
        Index(None, "comparability", "created_at", "id"),
        Index(None, "within_rounding", "rank", "id"),
        Index(None, "within_rounding", "created_at", "id"),
        Index(None, "rules_version", "id"),
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

    rules_version: Mapped[int]
    present_count: Mapped[int]
    verdict: Mapped[str] = mapped_column(String)
    ratio_low: Mapped[float | None] = mapped_column(Real)
    ratio_high: Mapped[float | None] = mapped_column(Real)
    ratio_low_open: Mapped[bool | None] = mapped_column(Flag)
    ratio_high_open: Mapped[bool | None] = mapped_column(Flag)
    ratio_central: Mapped[float | None] = mapped_column(Real)
    ratio_text: Mapped[str | None] = mapped_column(String)
    comparability: Mapped[str] = mapped_column(String)
    reasons: Mapped[str] = mapped_column(String)
    agreement: Mapped[str] = mapped_column(String)
    gap: Mapped[float | None] = mapped_column(Real)
    gap_open: Mapped[bool] = mapped_column(Flag)
    difference: Mapped[float | None] = mapped_column(Real)
    text: Mapped[str] = mapped_column(String)
    self_conflict: Mapped[bool] = mapped_column(Flag)
    within_rounding: Mapped[bool] = mapped_column(Flag)
    interval_basis: Mapped[str] = mapped_column(String)
    agreeing: Mapped[int]
    claimant_count: Mapped[int]
    figure_count: Mapped[int]
    relay_count: Mapped[int]
    drift_count: Mapped[int]
    dispute_count: Mapped[int]
    reported_low: Mapped[float | None] = mapped_column(Real)
    reported_high: Mapped[float | None] = mapped_column(Real)
    reported_low_open: Mapped[bool | None] = mapped_column(Flag)
    reported_high_open: Mapped[bool | None] = mapped_column(Flag)
    reported_text: Mapped[str | None] = mapped_column(String)
    estimated_low: Mapped[float | None] = mapped_column(Real)
    estimated_high: Mapped[float | None] = mapped_column(Real)
    estimated_low_open: Mapped[bool | None] = mapped_column(Flag)
    estimated_high_open: Mapped[bool | None] = mapped_column(Flag)
    estimated_text: Mapped[str | None] = mapped_column(String)

    rank: Mapped[float] = mapped_column(Real)
    conflict_least_id: Mapped[str | None] = mapped_column(Id)
    conflict_most_id: Mapped[str | None] = mapped_column(Id)
    self_rank: Mapped[float | None] = mapped_column(Real)
    self_least_id: Mapped[str | None] = mapped_column(Id)
    self_most_id: Mapped[str | None] = mapped_column(Id)
    self_text: Mapped[str | None] = mapped_column(String)
    drift_rank: Mapped[float | None] = mapped_column(Real)
    drift_least_id: Mapped[str | None] = mapped_column(Id)
    drift_most_id: Mapped[str | None] = mapped_column(Id)
    drift_text: Mapped[str | None] = mapped_column(String)
    part_rank: Mapped[float | None] = mapped_column(Real)
    part_least_id: Mapped[str | None] = mapped_column(Id)
    part_most_id: Mapped[str | None] = mapped_column(Id)
    part_text: Mapped[str | None] = mapped_column(String)

    max_low: Mapped[str | None] = mapped_column(String)
    max_low_open: Mapped[bool | None] = mapped_column(Flag)
    max_low_id: Mapped[str | None] = mapped_column(Id)
    min_high: Mapped[str | None] = mapped_column(String)
    min_high_open: Mapped[bool | None] = mapped_column(Flag)
    min_high_id: Mapped[str | None] = mapped_column(Id)
