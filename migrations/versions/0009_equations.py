"""Equations and their consistency; propositions and the stances of claims."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0009_equations"
down_revision = "0008_subscriptions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposition",
        sa.Column("key", types.String(), nullable=True),
        sa.Column("text", types.String(), nullable=False),
        sa.Column("language", types.String(), nullable=True),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("scope_text", types.String(), nullable=True),
        sa.Column("period", types.String(), nullable=True),
        sa.Column("period_earliest", types.Day(), nullable=True),
        sa.Column("period_latest", types.Day(), nullable=True),
        sa.Column("part_of_id", types.Id(), nullable=True),
        sa.Column("supports", sa.Integer(), nullable=False),
        sa.Column("denies", sa.Integer(), nullable=False),
        sa.Column("neutral", sa.Integer(), nullable=False),
        sa.Column("contested", sa.Integer(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_proposition_withdrawn"),
        sa.CheckConstraint("part_of_id <> id", name="ck_proposition_part_of"),
        sa.CheckConstraint("version >= 1", name="ck_proposition_version"),
        sa.ForeignKeyConstraint(
            ["part_of_id"], ["proposition.id"], name="fk_proposition_part_of_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["entity.id"], name="fk_proposition_subject_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_proposition"),
        sa.UniqueConstraint("key", name="uq_proposition_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_proposition_contested_id", "proposition", ["contested", "id"])
    op.create_index("ix_proposition_created_at_id", "proposition", ["created_at", "id"])
    op.create_index("ix_proposition_part_of_id_created_at_id", "proposition", ["part_of_id", "created_at", "id"])
    op.create_index("ix_proposition_subject_id_created_at_id", "proposition", ["subject_id", "created_at", "id"])
    op.create_index("ix_proposition_updated_at_id", "proposition", ["updated_at", "id"])
    op.create_index(
        "ix_proposition_withdrawn_at",
        "proposition",
        ["withdrawn_at"],
        postgresql_where=sa.text("withdrawn_at IS NOT NULL"),
        sqlite_where=sa.text("withdrawn_at IS NOT NULL"),
    )

    op.create_table(
        "equation",
        sa.Column("key", types.String(), nullable=False),
        sa.Column("name", types.String(), nullable=False),
        sa.Column("definition", types.String(), nullable=True),
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("metric_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=True),
        sa.Column("complete", types.Flag(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'sum') = (scope_id IS NOT NULL) AND (kind = 'sum') = (complete IS NOT NULL)",
            name="ck_equation_kinds",
        ),
        sa.CheckConstraint("kind IN ('product', 'sum')", name="ck_equation_kind"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_equation_withdrawn"),
        sa.CheckConstraint("version >= 1", name="ck_equation_version"),
        sa.ForeignKeyConstraint(["metric_id"], ["metric.id"], name="fk_equation_metric_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["scope_id", "metric_id"],
            ["scope.id", "scope.metric_id"],
            name="fk_equation_scope_id_metric_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_equation"),
        sa.UniqueConstraint("key", name="uq_equation_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_equation_created_at_id", "equation", ["created_at", "id"])
    op.create_index("ix_equation_metric_id_created_at_id", "equation", ["metric_id", "created_at", "id"])
    op.create_index("ix_equation_scope_id_metric_id", "equation", ["scope_id", "metric_id"])
    op.create_index("ix_equation_updated_at_id", "equation", ["updated_at", "id"])
    op.create_index(
        "ix_equation_withdrawn_at",
        "equation",
        ["withdrawn_at"],
        postgresql_where=sa.text("withdrawn_at IS NOT NULL"),
        sqlite_where=sa.text("withdrawn_at IS NOT NULL"),
    )

    op.create_table(
        "stance",
        sa.Column("claim_id", types.Id(), nullable=False),
        sa.Column("proposition_id", types.Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("stance", types.String(), nullable=False),
        sa.Column("hedge", types.String(), nullable=True),
        sa.CheckConstraint("hedge IN ('certain', 'likely', 'possible')", name="ck_stance_hedge"),
        sa.CheckConstraint("stance IN ('supports', 'denies', 'neutral')", name="ck_stance_stance"),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_stance_claim_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["proposition_id"], ["proposition.id"], name="fk_stance_proposition_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("claim_id", "proposition_id", name="pk_stance"),
        sqlite_strict=True,
    )
    op.create_index("ix_stance_proposition_id_claim_id", "stance", ["proposition_id", "claim_id"])

    op.create_table(
        "consistency",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("equation_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=True),
        sa.Column("period", types.String(), nullable=True),
        sa.Column("period_earliest", types.Day(), nullable=True),
        sa.Column("period_latest", types.Day(), nullable=True),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("verdict", types.String(), nullable=True),
        sa.Column("checked_by", types.String(), nullable=True),
        sa.Column("claimant_id", types.Id(), nullable=True),
        sa.Column("source_id", types.Id(), nullable=True),
        sa.Column("unit", types.String(), nullable=False),
        sa.Column("stated_low", types.Real, nullable=True),
        sa.Column("stated_high", types.Real, nullable=True),
        sa.Column("stated_low_open", types.Flag(), nullable=True),
        sa.Column("stated_high_open", types.Flag(), nullable=True),
        sa.Column("stated_text", types.String(), nullable=True),
        sa.Column("computed_low", types.Real, nullable=True),
        sa.Column("computed_high", types.Real, nullable=True),
        sa.Column("computed_low_open", types.Flag(), nullable=True),
        sa.Column("computed_high_open", types.Flag(), nullable=True),
        sa.Column("computed_text", types.String(), nullable=True),
        sa.Column("missing_metric_id", types.Id(), nullable=True),
        sa.Column("missing_scope_id", types.Id(), nullable=True),
        sa.Column("would_be_low", types.Real, nullable=True),
        sa.Column("would_be_high", types.Real, nullable=True),
        sa.Column("would_be_low_open", types.Flag(), nullable=True),
        sa.Column("would_be_high_open", types.Flag(), nullable=True),
        sa.Column("would_be_text", types.String(), nullable=True),
        sa.Column("would_be_unit", types.String(), nullable=True),
        sa.Column("rank", types.Real, nullable=False),
        sa.Column("gap", types.Real, nullable=True),
        sa.Column("difference", types.Real, nullable=True),
        sa.Column("relative_difference", types.Real, nullable=True),
        sa.Column("text", types.String(), nullable=False),
        sa.Column("check_count", sa.Integer(), nullable=False),
        sa.Column("figure_count", sa.Integer(), nullable=False),
        sa.Column("figures", types.String(), nullable=False),
        sa.CheckConstraint("checked_by IN ('claimant', 'across', 'relayed')", name="ck_consistency_checked_by"),
        sa.CheckConstraint(
            "verdict IN ('consistent', 'within_rounding', 'inconsistent', 'scope_gap', 'no_exchange_rate', 'incomplete', 'denominator_zero')",
            name="ck_consistency_verdict",
        ),
        sa.ForeignKeyConstraint(["claimant_id"], ["entity.id"], name="fk_consistency_claimant_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["equation_id"], ["equation.id"], name="fk_consistency_equation_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["missing_metric_id"], ["metric.id"], name="fk_consistency_missing_metric_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["missing_scope_id"], ["scope.id"], name="fk_consistency_missing_scope_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name="fk_consistency_scope_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_consistency_source_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["subject_id"], ["entity.id"], name="fk_consistency_subject_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_consistency"),
        sqlite_strict=True,
    )
    op.create_index("ix_consistency_claimant_id", "consistency", ["claimant_id"])
    op.create_index("ix_consistency_created_at_id", "consistency", ["created_at", "id"])
    op.create_index("ix_consistency_equation_id_rank_id", "consistency", ["equation_id", "rank", "id"])
    op.create_index("ix_consistency_equation_id_subject_id", "consistency", ["equation_id", "subject_id"])
    op.create_index("ix_consistency_missing_metric_id", "consistency", ["missing_metric_id"])
    op.create_index("ix_consistency_missing_scope_id", "consistency", ["missing_scope_id"])
    op.create_index("ix_consistency_rank_id", "consistency", ["rank", "id"])
    op.create_index("ix_consistency_scope_id", "consistency", ["scope_id"])
    op.create_index("ix_consistency_source_id", "consistency", ["source_id"])
    op.create_index("ix_consistency_subject_id_rank_id", "consistency", ["subject_id", "rank", "id"])
    op.create_index("ix_consistency_verdict_rank_id", "consistency", ["verdict", "rank", "id"])

    op.create_table(
        "equation_term",
        sa.Column("equation_id", types.Id(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("metric_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=True),
        sa.Column("exponent", sa.Integer(), nullable=False),
        sa.CheckConstraint("exponent IN (1, -1)", name="ck_equation_term_exponent"),
        sa.ForeignKeyConstraint(
            ["equation_id"], ["equation.id"], name="fk_equation_term_equation_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["metric_id"], ["metric.id"], name="fk_equation_term_metric_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["scope_id", "metric_id"],
            ["scope.id", "scope.metric_id"],
            name="fk_equation_term_scope_id_metric_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("equation_id", "position", name="pk_equation_term"),
        sqlite_strict=True,
    )
    op.create_index("ix_equation_term_metric_id", "equation_term", ["metric_id"])
    op.create_index("ix_equation_term_scope_id_metric_id", "equation_term", ["scope_id", "metric_id"])

    op.create_table(
        "equation_scope",
        sa.Column("equation_id", types.Id(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("output_scope_id", types.Id(), nullable=True),
        sa.Column("input_scope_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["equation_id", "position"],
            ["equation_term.equation_id", "equation_term.position"],
            name="fk_equation_scope_equation_id_position",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["input_scope_id"], ["scope.id"], name="fk_equation_scope_input_scope_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["output_scope_id"], ["scope.id"], name="fk_equation_scope_output_scope_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("equation_id", "position", "number", name="pk_equation_scope"),
        sqlite_strict=True,
    )
    op.create_index("ix_equation_scope_input_scope_id", "equation_scope", ["input_scope_id"])
    op.create_index("ix_equation_scope_output_scope_id", "equation_scope", ["output_scope_id"])


def downgrade() -> None:
    op.execute("DELETE FROM search WHERE kind = 'proposition'")
    for table in ("equation_scope", "equation_term", "consistency", "stance", "equation", "proposition"):
        op.drop_table(table)
