"""Whether the database answers, where its schema stands, and whether its summaries are of this version's rules."""

from service.db.engine import Database
from service.db.revisions import current_revision, head_revision
from service.store.comparisons.summary import has_outdated


def outdated_summaries(database: Database) -> bool:
    with database.read() as connection:
        return has_outdated(connection)


def revisions(database: Database) -> tuple[str | None, str | None]:
    """The revision of the database and the newest there is. Raises Unavailable when the database does not answer."""
    with database.read() as connection:
        return current_revision(connection), head_revision()
