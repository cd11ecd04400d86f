"""Views for dashboards that read SQL, and an index of what happened to records after their creation."""

import sqlalchemy as sa
from alembic import op

from service.db import objects

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    events = sa.text("operation <> 'create'")
    op.create_index("ix_change_events", "change", ["seq"], postgresql_where=events, sqlite_where=events)
    objects.create(op.get_bind(), "views")


def downgrade() -> None:
    objects.drop(op.get_bind(), "views")
    op.drop_index("ix_change_events", "change")
