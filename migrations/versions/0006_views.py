"""Views for dashboards that read SQL."""

from alembic import op

from service.db import objects

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    objects.create(op.get_bind(), "views")


def downgrade() -> None:
    objects.drop(op.get_bind(), "views")
