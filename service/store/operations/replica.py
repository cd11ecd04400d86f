"""A streaming replica of the database that serves reads.

It lags behind the primary, so the response to a write has its position, the number of the last change. A read that
sends this position is served by a replica that has reached it, or by the primary.
"""

import threading
import time

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.db.engine import Database
from service.db.last_change import last_change
from service.db.limits import Limits
from service.errors import ServiceError

_PATIENCE = 0.25  # seconds that a read waits for the replica to catch up
_WAITING = 8  # reads that wait at once; the others go to the primary
_LOOKS_AGAIN = 0.01
_LEFT_ALONE = 3.0  # seconds before a failed replica is tried again
_LIMITS = Limits(connection=2)  # short, because the primary can serve instead


class Replica:
    """Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, limits=_LIMITS)
        self._asking = threading.Lock()
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._next_try = 0.0
        self._failed = False

    def has(self, position: int, primary: Database) -> bool:
        """Whether it responds and has reached the position, if necessary after a short wait.

        After a failure, one request at a time tries it again. If it freezes in the middle of a response, only its
        host's silence shows that.
        """
        if not self._failed:
            return self._reaches(position, primary)
        if time.monotonic() < self._next_try or not self._asking.acquire(blocking=False):
            return False
        try:
            return self._reaches(position, primary)
        finally:
            self._asking.release()

    def _reaches(self, position: int, primary: Database) -> bool:
        try:
            reached = last_change(self.database).seq >= position
        except (ServiceError, SQLAlchemyError) as error:
            if not isinstance(error.__cause__, PoolTimeout):  # a lack of free connections is not a failure
                self._failed, self._next_try = True, time.monotonic() + _LEFT_ALONE
            return False
        self._failed = False
        return reached or self._catches_up(position, primary)

    def _catches_up(self, position: int, primary: Database) -> bool:
        """Waits only for positions that the primary has reached, because a client may send any number."""
        if not self._waiting.acquire(blocking=False):
            return False
        until = time.monotonic() + _PATIENCE
        try:
            if last_change(primary).seq < position:
                return False
            while last_change(self.database).seq < position:
                if time.monotonic() > until:
                    return False
                time.sleep(_LOOKS_AGAIN)
        except ServiceError:
            return False
        finally:
            self._waiting.release()
        return True

    def close(self) -> None:
        self.database.close()
