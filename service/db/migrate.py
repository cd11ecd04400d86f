"""Migrates a database, by default to the newest revision."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from service.db.engine import Database
from service.db.revisions import MIGRATIONS, current_revision, head_revision, knows, refusal
from service.errors import Invalid


def config(connection: Connection | None = None) -> Config:
    made = Config(MIGRATIONS / "alembic.ini")
    if connection is not None:
        made.attributes["connection"] = connection
    return made


def upgrade(database: Database, revision: str = "head") -> None:
    """Raises Invalid if the requested revision or the database's current one is unknown."""
    with database.migrating() as connection:
        current = current_revision(connection)
        if current is not None and (why := refusal(current)) is not None:
            raise Invalid(why)
        if revision != "head" and not knows(revision):
            raise Invalid(f"Unknown migration {revision}; the newest is {head_revision()}.")
        command.upgrade(config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with database.migrating() as connection:
        command.downgrade(config(connection), revision)
