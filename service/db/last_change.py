"""The last recorded change, read through the driver's own cursor.

Every cached response waits for this row. For such a small statement, SQLAlchemy's overhead takes longer than the
statement. No other statement bypasses it.
"""

import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import DBAPIError

from service.db.driver_errors import took_too_long
from service.db.engine import Database, translate_errors

_SQL = "SELECT seq, at FROM change ORDER BY seq DESC LIMIT 1"


class LastChange(NamedTuple):
    """`seq` is 0 before the first change; `at` is its time as the driver gives it."""

    seq: int
    at: str

    @property
    def moment(self) -> datetime:
        found = datetime.fromisoformat(self.at or "0001-01-01")
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def last_change(database: Database) -> LastChange:
    """Returns the last change. Raises Unavailable if the database does not respond in time."""
    with translate_errors():
        try:
            row = _fetch(database)
        except database.reader.dialect.loaded_dbapi.Error as error:
            failure = DBAPIError("", None, error, hide_parameters=True)
            if took_too_long(failure):
                raise failure from error
            # the connection may have been lost: SQLAlchemy replaces it, and recognizes other causes
            with database.reader.connect() as connection:
                row = connection.exec_driver_sql(_SQL).first()
    return LastChange(row[0], str(row[1])) if row else LastChange(0, "")


def _fetch(database: Database) -> Any:
    connection = database.reader.raw_connection()
    try:
        connection.info["deadline"] = time.monotonic() + database.limits.statement  # SQLite's (`db/dialects/sqlite.py`)
        cursor = connection.cursor()
        cursor.execute(_SQL)
        row = cursor.fetchone()
        cursor.close()  # an open statement would keep SQLite's snapshot for the connection's next user
        return row
    except BaseException:
        connection.invalidate()
        raise
    finally:
        connection.close()
