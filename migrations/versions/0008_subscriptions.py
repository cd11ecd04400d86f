"""Subscriptions, their deliveries, and leases."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0008_subscriptions"
down_revision = "0007_as_it_stood"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("key_id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("url", types.String(), nullable=False),
        *(sa.Column(name, types.Document(), nullable=False) for name in ("kinds", "subject_ids", "metric_ids")),
        sa.Column("measurand_id", types.Id(), nullable=True),
        sa.Column("status", types.String(), nullable=False),
        sa.Column("disabled_because", types.String(), nullable=True),
        sa.Column("secret", types.String(), nullable=False),
        sa.Column("secret_before", types.String(), nullable=True),
        sa.Column("secret_before_ends_at", types.UtcTime(), nullable=True),
        sa.Column("delivered", types.Whole, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt_at", types.UtcTime(), nullable=True),
        sa.Column("next_attempt_at", types.UtcTime(), nullable=False),
        sa.Column("resend", types.Document(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'disabled')", name="status"),
        sa.ForeignKeyConstraint(["key_id"], ["key.id"], name="fk_subscription_key_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["measurand_id"], ["measurand.id"], name="fk_subscription_measurand_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sqlite_strict=True,
    )
    op.create_index("ix_subscription_key_id_created_at", "subscription", ["key_id", "created_at"])
    op.create_index("ix_subscription_measurand_id", "subscription", ["measurand_id"])
    op.create_index("ix_subscription_status_next_attempt_at", "subscription", ["status", "next_attempt_at"])
    op.create_table(
        "delivery",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("subscription_id", types.Id(), nullable=False),
        sa.Column("seq", types.Whole, nullable=False),
        sa.Column("type", types.String(), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", types.String(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_delivery_subscription_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sqlite_strict=True,
    )
    op.create_index("ix_delivery_subscription_id_at_id", "delivery", ["subscription_id", "at", "id"])
    op.create_table(
        "lease",
        sa.Column("name", types.String(), nullable=False),
        sa.Column("holder", types.Id(), nullable=False),
        sa.Column("ends_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in ("lease", "delivery", "subscription"):
        op.drop_table(table)
