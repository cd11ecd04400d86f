"""The summary of a measurand as it is served, and when it was written; null where no change has written it yet."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measurand", sa.Column("told", types.String(), nullable=True))
    op.add_column("measurand", sa.Column("told_at", types.UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("measurand", "told_at")
    op.drop_column("measurand", "told")
