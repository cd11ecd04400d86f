"""Equations between metrics or scopes, and whether what is stated fits them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of, withdrawn_ones
from service.db.types import Day, Flag, Id, Real, String, UtcTime
from service.domain.vocabulary import CheckedBy, Consistency, EquationKind

_KINDS = "(kind = 'sum') = (scope_id IS NOT NULL) AND (kind = 'sum') = (complete IS NOT NULL)"


class EquationRow(Head, Base):
    """The output is the metric of a product, or the scope of a metric that is a sum."""

    __tablename__ = "equation"
    __table_args__: Any = (
        *head_checks(),
        one_of("kind", EquationKind),
        CheckConstraint(_KINDS, name="kinds"),
        UniqueConstraint("key"),
        ForeignKeyConstraint(["scope_id", "metric_id"], ["scope.id", "scope.metric_id"], ondelete="RESTRICT"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        withdrawn_ones(),
        Index(None, "metric_id", "created_at", "id"),
        Index(None, "scope_id", "metric_id"),
        STRICT,
    )

    key: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    definition: Mapped[str | None] = mapped_column(String)
    kind: Mapped[str] = mapped_column(String)
    metric_id: Mapped[str] = mapped_column(Id, ForeignKey("metric.id", ondelete="RESTRICT"))
    scope_id: Mapped[str | None] = mapped_column(Id)
    complete: Mapped[bool | None] = mapped_column(Flag)


class EquationTermRow(Base):
    """An input: a factor of a product, or a scope that is a part of a sum."""

    __tablename__ = "equation_term"
    __table_args__: Any = (
        CheckConstraint("exponent IN (1, -1)", name="exponent"),
        ForeignKeyConstraint(["scope_id", "metric_id"], ["scope.id", "scope.metric_id"], ondelete="RESTRICT"),
        Index(None, "metric_id"),
        Index(None, "scope_id", "metric_id"),
        STRICT,
    )

    equation_id: Mapped[str] = mapped_column(Id, ForeignKey("equation.id", ondelete="RESTRICT"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metric_id: Mapped[str] = mapped_column(Id, ForeignKey("metric.id", ondelete="RESTRICT"))
    scope_id: Mapped[str | None] = mapped_column(Id)
    exponent: Mapped[int]


class EquationScopeRow(Base):
    """Which scope of the output belongs to which scope of a factor; null is a scope that is not stated."""

    __tablename__ = "equation_scope"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["equation_id", "position"], ["equation_term.equation_id", "equation_term.position"], ondelete="RESTRICT"
        ),
        Index(None, "output_scope_id"),
        Index(None, "input_scope_id"),
        STRICT,
    )

    equation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    output_scope_id: Mapped[str | None] = mapped_column(Id, ForeignKey("scope.id", ondelete="RESTRICT"))
    input_scope_id: Mapped[str | None] = mapped_column(Id, ForeignKey("scope.id", ondelete="RESTRICT"))


class ConsistencyRow(Base):
    """The check of an equation for one subject, scope of the output and period that says most. The id is derived from
    these (`domain/key.py`). It is updated with each change of the figures, like the summary of a measurand.

    Once the figures are gone, the row stays without a verdict. `rank` orders checks, widest first; it is negative if
    the amounts are not apart. `figures` are ids, joined by `, `.
    """

    __tablename__ = "consistency"
    __table_args__: Any = (
        one_of("verdict", Consistency),
        one_of("checked_by", CheckedBy),
        ForeignKeyConstraint(["scope_id"], ["scope.id"], ondelete="RESTRICT"),
        Index(None, "rank", "id"),
        Index(None, "created_at", "id"),
        Index(None, "equation_id", "subject_id"),
        Index(None, "equation_id", "rank", "id"),
        Index(None, "subject_id", "rank", "id"),
        Index(None, "verdict", "rank", "id"),
        Index(None, "scope_id"),
        Index(None, "claimant_id"),
        Index(None, "source_id"),
        Index(None, "missing_metric_id"),
        Index(None, "missing_scope_id"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    equation_id: Mapped[str] = mapped_column(Id, ForeignKey("equation.id", ondelete="RESTRICT"))
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    scope_id: Mapped[str | None] = mapped_column(Id)
    period: Mapped[str | None] = mapped_column(String)
    period_earliest: Mapped[date | None] = mapped_column(Day)
    period_latest: Mapped[date | None] = mapped_column(Day)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)

    verdict: Mapped[str | None] = mapped_column(String)
    checked_by: Mapped[str | None] = mapped_column(String)
    claimant_id: Mapped[str | None] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
    source_id: Mapped[str | None] = mapped_column(Id, ForeignKey("source.id", ondelete="RESTRICT"))
    unit: Mapped[str] = mapped_column(String)
    stated_low: Mapped[float | None] = mapped_column(Real)
    stated_high: Mapped[float | None] = mapped_column(Real)
    stated_low_open: Mapped[bool | None] = mapped_column(Flag)
    stated_high_open: Mapped[bool | None] = mapped_column(Flag)
    stated_text: Mapped[str | None] = mapped_column(String)
    computed_low: Mapped[float | None] = mapped_column(Real)
    computed_high: Mapped[float | None] = mapped_column(Real)
    computed_low_open: Mapped[bool | None] = mapped_column(Flag)
    computed_high_open: Mapped[bool | None] = mapped_column(Flag)
    computed_text: Mapped[str | None] = mapped_column(String)
    missing_metric_id: Mapped[str | None] = mapped_column(Id, ForeignKey("metric.id", ondelete="RESTRICT"))
    missing_scope_id: Mapped[str | None] = mapped_column(Id, ForeignKey("scope.id", ondelete="RESTRICT"))
    would_be_low: Mapped[float | None] = mapped_column(Real)
    would_be_high: Mapped[float | None] = mapped_column(Real)
    would_be_low_open: Mapped[bool | None] = mapped_column(Flag)
    would_be_high_open: Mapped[bool | None] = mapped_column(Flag)
    would_be_text: Mapped[str | None] = mapped_column(String)
    would_be_unit: Mapped[str | None] = mapped_column(String)
    rank: Mapped[float] = mapped_column(Real)
    gap: Mapped[float | None] = mapped_column(Real)
    difference: Mapped[float | None] = mapped_column(Real)
    relative_difference: Mapped[float | None] = mapped_column(Real)
    text: Mapped[str] = mapped_column(String)
    check_count: Mapped[int]
    figure_count: Mapped[int]
    figures: Mapped[str] = mapped_column(String)
