"""Answers kept for requests with an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer",
        sa.Column("principal", types.String(), nullable=False),
        sa.Column("method", types.String(), nullable=False),
        sa.Column("route", types.String(), nullable=False),
        sa.Column("key", types.String(), nullable=False),
        sa.Column("body_hash", types.String(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", types.String(), nullable=True),
        sa.Column("body", types.String(), nullable=True),
        sa.PrimaryKeyConstraint("principal", "method", "route", "key", name="pk_answer"),
        sqlite_strict=True,
    )
    op.create_index("ix_answer_created_at", "answer", ["created_at"])


def downgrade() -> None:
    op.drop_table("answer")
