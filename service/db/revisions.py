"""The migration that a database is at, read without Alembic, which a server does not need otherwise."""

from functools import cache

from sqlalchemy import Connection, inspect

from service.resources import folder

MIGRATIONS = folder("migrations")
_TABLE = "alembic_version"
# unreleased migrations from before version 0.2.0, which no longer exist
_UNRELEASED = frozenset(f"000{number}" for number in range(1, 10))


@cache
def known() -> tuple[str, ...]:
    """All revisions, oldest first: each migration's file is named after its revision."""
    return tuple(sorted(file.stem for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def knows(revision: str) -> bool:
    """Whether this version knows a revision: a newer version may have migrated the database."""
    return revision in known()


def refusal(revision: str) -> str | None:
    """Why this version cannot use a database at that revision, and what to do; None if it knows the revision."""
    if knows(revision):
        return None
    if revision in _UNRELEASED:
        return (
            "The database was made by a version before 0.2.0, and cannot be migrated. Export it with that version"
            " (GET /v1/export.jsonl), then load the file into a new database with this one (counterclaim load)."
        )
    return (
        f"The database was migrated by a newer version, to {revision}; this one knows nothing after {head_revision()}."
    )


def head_revision() -> str:
    return known()[-1]


def current_revision(connection: Connection) -> str | None:
    """Returns None for a database that was never migrated or was downgraded completely."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {_TABLE}").scalar()
    return None if found is None else str(found)
