"""What exchange rates and price indices were before they were replaced."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0007_as_it_stood"
down_revision = "0006_recorded"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replaced_series",
        sa.Column("series", types.String(), nullable=False),
        sa.Column("part", types.String(), nullable=False),
        sa.Column("replaced_at", types.UtcTime(), nullable=False),
        sa.Column("content", types.Document(), nullable=False),
        sa.PrimaryKeyConstraint("series", "part", "replaced_at", name="pk_replaced_series"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("replaced_series")
