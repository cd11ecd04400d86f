"""Where a database stands among the migrations, without Alembic, which a server would carry for nothing."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"
_TABLE = "alembic_version"


@cache
def known() -> tuple[str, ...]:
    """All revisions that there are, oldest first: each migration's file begins with its own."""
    return tuple(sorted(file.stem.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def knows(revision: str) -> bool:
    """Whether this version has heard of a revision: a newer one may have migrated the database."""
    return revision in known()


def head_revision() -> str:
    return known()[-1]


def current_revision(connection: Connection) -> str | None:
    """None for a database that was never migrated, or all the way down."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {_TABLE}").scalar()
    return None if found is None else str(found)
