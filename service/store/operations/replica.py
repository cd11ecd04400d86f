"""A streaming replica of the database, which reads are answered from.

It is behind by what it has not been sent yet, so a write is answered with its position, the number of the last change;
a read that presents it is answered from a replica that has got there, or from the primary.
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
_WAITING = 8  # reads at once; the others go to the primary
_LOOKS_AGAIN = 0.01
_LEFT_ALONE = 3.0  # seconds for which a replica that failed is not asked again
_LIMITS = Limits(connection=2)  # a primary is there to ask instead


class Replica:
    """Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, limits=_LIMITS)
        self._asking = threading.Lock()
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._next_try = 0.0
        self._failed = False

    def has(self, position: int, primary: Database) -> bool:
        """Whether it answers and has got to the position, if need be after a short wait.

        After a failure one request at a time asks it again. One that freezes in the middle of an answer is only told
        by its host's silence.
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
            if not isinstance(error.__cause__, PoolTimeout):  # for want of a connection it has not failed
                self._failed, self._next_try = True, time.monotonic() + _LEFT_ALONE
            return False
        self._failed = False
        return reached or self._catches_up(position, primary)

    def _catches_up(self, position: int, primary: Database) -> bool:
        """Waits for what there is to wait for: anybody may send any number."""
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
