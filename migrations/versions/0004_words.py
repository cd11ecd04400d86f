"""Empties the index of words, which later holds the numbers of figures, and words without hyphens: `counterclaim
migrate` indexes all records again.
"""

import sqlalchemy as sa
from alembic import op

from service.db import objects

revision = "0004_words"
down_revision = "0003_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    objects.drop(op.get_bind(), "search")  # so that nothing is done row by row
    op.execute(sa.text("DELETE FROM search"))
    objects.create(op.get_bind(), "search")


def downgrade() -> None:
    """The earlier version finds words with hyphens again in records that are changed from then on."""
