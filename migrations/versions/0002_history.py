"""History: one append-only row for each version of each record.

Records that are older than this revision have no history; their next change begins it.
"""

import sqlalchemy as sa
from alembic import op

from service.db import objects, types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("seq", types.Whole, nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=True),
        sa.Column("actor_name", types.String(), nullable=True),
        sa.Column("request_id", types.String(), nullable=True),
        sa.Column("operation", types.String(), nullable=False),
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("record_id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed", types.Document(), nullable=False),
        sa.Column("snapshot", types.Document(), nullable=False),
        sa.CheckConstraint("operation IN ('create', 'update', 'withdraw', 'restore')", name="ck_change_operation"),
        sa.CheckConstraint("version >= 1", name="ck_change_version"),
        sa.PrimaryKeyConstraint("seq", name="pk_change"),
        sa.UniqueConstraint("kind", "record_id", "version", name="uq_change_kind_record_id_version"),
        sqlite_strict=True,
    )
    op.create_index("ix_change_kind_seq", "change", ["kind", "seq"])
    op.create_index("ix_change_kind_record_id_seq", "change", ["kind", "record_id", "seq"])
    objects.create(op.get_bind(), "history")


def downgrade() -> None:
    objects.drop(op.get_bind(), "history")
    op.drop_table("change")
