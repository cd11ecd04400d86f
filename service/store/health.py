"""Whether the database answers, and where its schema stands."""

from service.db.engine import Database
from service.db.revisions import current_revision, head_revision


def revisions(database: Database) -> tuple[str | None, str | None]:
    """The revision of the database and the newest there is. Raises Unavailable when the database does not answer."""
    with database.read() as connection:
        return current_revision(connection), head_revision()
