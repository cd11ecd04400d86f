"""What a comparison tells beyond its summary and its figures; null where no change has worked it out yet."""

import sqlalchemy as sa
from alembic import op

from service.db import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measurand", sa.Column("detail", types.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("measurand", "detail")
