"""Figures: one number inside a claim, as stated, and the interval computed from it."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of, withdrawn_ones
from service.db.types import Day, ExactDecimal, Flag, Id, Real, String
from service.domain.vocabulary import Basis, IntervalKind, NotComputed, Qualifier

_SHAPE = """
qualifier IN ('exact', 'about') AND value IS NOT NULL
OR qualifier = 'between' AND lower IS NOT NULL AND upper IS NOT NULL
OR qualifier IN ('at_least', 'more_than') AND lower IS NOT NULL AND value IS NULL AND upper IS NULL
OR qualifier IN ('at_most', 'less_than') AND upper IS NOT NULL AND value IS NULL AND lower IS NULL
OR qualifier = 'vague' AND stated_as IS NOT NULL AND value IS NULL AND lower IS NULL AND upper IS NULL
"""


def _ordered(smaller: str, larger: str) -> str:
    # SQLite stores decimals as text, so both are cast; the cast loses the last digits, which only validation checks
    return f"CAST({smaller} AS DOUBLE PRECISION) <= CAST({larger} AS DOUBLE PRECISION)"


class FigureRow(Head, Base):
    """Subject, metric, scope and measurand duplicate columns of claim and measurand, for indexes and embedded refs;
    they are set in `store/records/figure_validation.py`. The interval is in `interval_unit`: the metric's unit, with
    the figure's own currency. A null end is unbounded. Where rates are known, the ends are also converted to the
    metric's currency, by the lowest and the highest rate of the days from `rate_first` to `rate_last`, exact fractions.
    """

    __tablename__ = "figure"
    __table_args__: Any = (
        *head_checks(),
        one_of("basis", Basis),
        one_of("qualifier", Qualifier),
        one_of("interval_kind", IntervalKind),
        one_of("not_computed", NotComputed),
        CheckConstraint(" ".join(_SHAPE.split()), name="shape"),
        CheckConstraint(_ordered("lower", "upper"), name="lower_upper"),
        CheckConstraint(_ordered("lower", "value"), name="lower_value"),
        CheckConstraint(_ordered("value", "upper"), name="value_upper"),
        CheckConstraint("precision IS NULL OR value IS NOT NULL", name="precision"),
        CheckConstraint("value <> 'NaN' AND lower <> 'NaN' AND upper <> 'NaN'", name="numbers"),
        CheckConstraint(
            "interval_kind IS NULL OR qualifier IN ('exact', 'about', 'between')"
            " AND (lower IS NOT NULL OR upper IS NOT NULL)",
            name="interval_kind_bounds",
        ),
        CheckConstraint("price_year BETWEEN 1000 AND 9999", name="price_year"),
        CheckConstraint("(qualifier = 'vague') = (interval_text IS NULL)", name="interval"),
        CheckConstraint("(interval_unit IS NULL) = (interval_text IS NULL)", name="interval_unit"),
        CheckConstraint("interval_low <= interval_high", name="interval_order"),
        CheckConstraint("(rate_low IS NULL) = (rate_high IS NULL)", name="rates"),
        UniqueConstraint("claim_id", "position"),
        UniqueConstraint("id", "claim_id"),
        ForeignKeyConstraint(["scope_id", "metric_id"], ["scope.id", "scope.metric_id"], ondelete="RESTRICT"),
        Index(None, "created_at", "id"),
        withdrawn_ones(),
        Index(None, "updated_at", "id"),
        Index(None, "claim_id", "created_at", "id"),
        Index(None, "measurand_id", "created_at", "id"),
        Index(None, "subject_id", "created_at", "id"),
        Index(None, "metric_id", "created_at", "id"),
        Index(None, "scope_id", "created_at", "id"),
        Index(None, "basis", "created_at", "id"),
        Index(None, "qualifier", "created_at", "id"),
        Index(None, "unit", "created_at", "id"),
        Index(None, "interval_low"),
        Index(None, "interval_high"),
        Index(None, "period_earliest"),
        Index(None, "period_latest"),
        STRICT,
    )

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claim.id", ondelete="RESTRICT"))
    position: Mapped[int]
    measurand_id: Mapped[str] = mapped_column(Id, ForeignKey("measurand.id", ondelete="RESTRICT"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    metric_id: Mapped[str] = mapped_column(Id, ForeignKey("metric.id", ondelete="RESTRICT"))
    scope_id: Mapped[str | None] = mapped_column(Id)
    basis: Mapped[str] = mapped_column(String)
    method: Mapped[str | None] = mapped_column(String)
    qualifier: Mapped[str] = mapped_column(String)
    value: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    lower: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    upper: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    interval_kind: Mapped[str | None] = mapped_column(String)
    precision: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    unit: Mapped[str] = mapped_column(String)
    price_year: Mapped[int | None]
    period: Mapped[str | None] = mapped_column(String)
    period_earliest: Mapped[date | None] = mapped_column(Day)
    period_latest: Mapped[date | None] = mapped_column(Day)
    stated_as: Mapped[str | None] = mapped_column(String)
    relayed: Mapped[bool | None] = mapped_column(Flag)
    interval_low: Mapped[float | None] = mapped_column(Real)
    interval_high: Mapped[float | None] = mapped_column(Real)
    interval_low_open: Mapped[bool | None] = mapped_column(Flag)
    interval_high_open: Mapped[bool | None] = mapped_column(Flag)
    interval_text: Mapped[str | None] = mapped_column(String)
    interval_unit: Mapped[str | None] = mapped_column(String)
    not_computed: Mapped[str | None] = mapped_column(String)
    converted_low: Mapped[float | None] = mapped_column(Real)
    converted_high: Mapped[float | None] = mapped_column(Real)
    rate_low: Mapped[str | None] = mapped_column(String)
    rate_high: Mapped[str | None] = mapped_column(String)
    rate_first: Mapped[date | None] = mapped_column(Day)
    rate_last: Mapped[date | None] = mapped_column(Day)
    rate_day_assumed: Mapped[bool | None] = mapped_column(Flag)
