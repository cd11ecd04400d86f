"""Health: whether the database responds, its migration, and whether its summaries follow this version's rules."""

from service.db.engine import Database
from service.db.revisions import current_revision, head_revision
from service.store.comparisons.summary import has_outdated


def outdated_summaries(database: Database) -> bool:
    with database.read() as connection:
        return has_outdated(connection)


def revisions(database: Database) -> tuple[str | None, str | None]:
    """Returns the revision of the database and the newest one. Raises Unavailable if the database does not respond."""
    with database.read() as connection:
        return current_revision(connection), head_revision()
