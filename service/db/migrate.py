"""Bringing a database to the head of the migrations, and asking where it stands."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from service.db.engine import Database
from service.errors import Invalid

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    made = Config(MIGRATIONS / "alembic.ini")
    if connection is not None:
        made.attributes["connection"] = connection
    return made


def knows(revision: str) -> bool:
    """Whether this version has heard of a revision: a newer one may have migrated the database."""
    return revision in {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


@cache
def head_revision() -> str | None:
    return ScriptDirectory.from_config(config()).get_current_head()


def current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    """Raises Invalid for a revision that is not known, be it asked for or where the database stands."""
    with database.migrating() as connection:
        for named in (current_revision(connection), revision):
            if named not in (None, "head") and not knows(named):
                raise Invalid(f"This version knows no migration {named}, only those up to {head_revision()}.")
        command.upgrade(config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with database.migrating() as connection:
        command.downgrade(config(connection), revision)
