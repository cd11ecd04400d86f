"""Indexes for lists of measurands by one word of their summary, and for the few figures and claims that are withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WITHDRAWN = sa.text("withdrawn_at IS NOT NULL")


def upgrade() -> None:
    for word in ("agreement", "within_rounding"):
        op.create_index(f"ix_measurand_{word}_created_at_id", "measurand", [word, "created_at", "id"])
    for table in ("claim", "figure"):
        op.create_index(
            f"ix_{table}_withdrawn_at",
            table,
            ["withdrawn_at"],
            postgresql_where=_WITHDRAWN,
            sqlite_where=_WITHDRAWN,
        )


def downgrade() -> None:
    for table in ("figure", "claim"):
        op.drop_index(f"ix_{table}_withdrawn_at", table)
    for word in ("within_rounding", "agreement"):
        op.drop_index(f"ix_measurand_{word}_created_at_id", "measurand")
