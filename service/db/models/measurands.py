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
    `rules_version`. `unit` is the one in which it was computed. `reasons` and `conflict_reasons` are words, joined by
    `, `. For each kind of disagreement, a rank from 0 to 1 orders measurands, widest first; it is null if there is
    none, except `rank` (see `views.NO_RANK`). Two figures hold its extremes, the factor between them is its gap, and a
    sentence describes it; that of a conflict is `text`.

    `least` is the least that the measurand is said to be, and `most` the most (`domain/standing.py`): an exact fraction
    after `[` for a closed end or `(` for an open one. A part is compared with its whole by them, as stated and read as
    rounded or truncated. The three days of running totals say when they were true.
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
        Index(None, "rates_version", "id"),
        Index(None, "origin_measurand_id"),
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
    rates_version: Mapped[str | None] = mapped_column(String)
    present_count: Mapped[int]
    copies_only: Mapped[bool] = mapped_column(Flag)
    origin_measurand_id: Mapped[str | None] = mapped_column(Id, ForeignKey("measurand.id", ondelete="RESTRICT"))
    unit: Mapped[str] = mapped_column(String)
    verdict: Mapped[str] = mapped_column(String)
    ratio_low: Mapped[float | None] = mapped_column(Real)
    ratio_high: Mapped[float | None] = mapped_column(Real)
    ratio_low_open: Mapped[bool | None] = mapped_column(Flag)
    ratio_high_open: Mapped[bool | None] = mapped_column(Flag)
    ratio_central: Mapped[float | None] = mapped_column(Real)
    ratio_text: Mapped[str | None] = mapped_column(String)
    comparability: Mapped[str | None] = mapped_column(String)
    reasons: Mapped[str | None] = mapped_column(String)
    agreement: Mapped[str] = mapped_column(String)
    gap: Mapped[float | None] = mapped_column(Real)
    gap_open: Mapped[bool] = mapped_column(Flag)
    difference: Mapped[float | None] = mapped_column(Real)
    relative_difference: Mapped[float | None] = mapped_column(Real)
    conflict_reasons: Mapped[str] = mapped_column(String)
    conflict_unit: Mapped[str | None] = mapped_column(String)
    text: Mapped[str] = mapped_column(String)
    self_conflict: Mapped[bool] = mapped_column(Flag)
    within_rounding: Mapped[bool] = mapped_column(Flag)
    self_conflict_within_rounding: Mapped[bool] = mapped_column(Flag)
    part_within_rounding: Mapped[bool] = mapped_column(Flag)
    interval_basis: Mapped[str] = mapped_column(String)
    agreeing: Mapped[int | None]
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
    self_gap: Mapped[float | None] = mapped_column(Real)
    self_least_id: Mapped[str | None] = mapped_column(Id)
    self_most_id: Mapped[str | None] = mapped_column(Id)
    self_text: Mapped[str | None] = mapped_column(String)
    drift_rank: Mapped[float | None] = mapped_column(Real)
    drift_gap: Mapped[float | None] = mapped_column(Real)
    drift_least_id: Mapped[str | None] = mapped_column(Id)
    drift_most_id: Mapped[str | None] = mapped_column(Id)
    drift_text: Mapped[str | None] = mapped_column(String)
    part_rank: Mapped[float | None] = mapped_column(Real)
    part_gap: Mapped[float | None] = mapped_column(Real)
    part_least_id: Mapped[str | None] = mapped_column(Id)
    part_most_id: Mapped[str | None] = mapped_column(Id)
    part_text: Mapped[str | None] = mapped_column(String)

    least: Mapped[str | None] = mapped_column(String)
    least_rounded: Mapped[str | None] = mapped_column(String)
    least_truncated: Mapped[str | None] = mapped_column(String)
    most: Mapped[str | None] = mapped_column(String)
    most_rounded: Mapped[str | None] = mapped_column(String)
    most_truncated: Mapped[str | None] = mapped_column(String)
    least_id: Mapped[str | None] = mapped_column(Id)
    most_id: Mapped[str | None] = mapped_column(Id)
    total_first: Mapped[date | None] = mapped_column(Day)
    total_last: Mapped[date | None] = mapped_column(Day)
    total_start: Mapped[date | None] = mapped_column(Day)
