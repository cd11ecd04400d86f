"""${message}

Rules of this tree:
- One tree for both databases; types come from service.db.types, every constraint has a name.
- SQLite rebuilds tables in batch mode: no foreign key is enforced meanwhile, and env.py checks them all afterwards.
- A revision goes down as well as up, on a database that holds data (tests/migrations).
"""

import sqlalchemy as sa
from alembic import op

from service.db import types
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
