"""Bringing a database to the head of the migrations, and asking where it stands."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from service.db.engine import Database

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    made = Config(MIGRATIONS / "alembic.ini")
    if connection is not None:
        made.attributes["connection"] = connection
    return made


@cache
def head_revision() -> str | None:
    return ScriptDirectory.from_config(config()).get_current_head()


def current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    with database.migrating() as connection:
        command.upgrade(config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with database.migrating() as connection:
        command.downgrade(config(connection), revision)
