"""Sessions of people who signed in to the pages."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0005_sessions"
down_revision = "0004_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session",
        sa.Column("digest", types.String(), nullable=False),
        sa.Column("key_id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name="digest"),
        sa.ForeignKeyConstraint(["key_id"], ["key.id"], name="fk_session_key_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("digest", name="pk_session"),
        sqlite_strict=True,
    )
    op.create_index("ix_session_key_id", "session", ["key_id"])
    op.create_index("ix_session_expires_at", "session", ["expires_at"])


def downgrade() -> None:
    op.drop_table("session")
