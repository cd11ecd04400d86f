"""API keys."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("name", types.String(), nullable=False),
        sa.Column("role", types.String(), nullable=False),
        sa.Column("digest", types.String(), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=True),
        sa.Column("revoked_at", types.UtcTime(), nullable=True),
        sa.Column("last_used_at", types.UtcTime(), nullable=True),
        sa.CheckConstraint("role IN ('reader', 'contributor', 'curator', 'admin')", name="ck_key_role"),
        sa.CheckConstraint("version >= 1", name="ck_key_version"),
        sa.CheckConstraint("length(digest) = 64", name="ck_key_digest"),
        sa.PrimaryKeyConstraint("id", name="pk_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_key_created_at_id", "key", ["created_at", "id"])


def downgrade() -> None:
    op.drop_table("key")
