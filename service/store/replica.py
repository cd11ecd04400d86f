"""A streaming replica of the database, which reads are answered from.

It is behind by what it has not been sent yet, so a write is answered with its position, the number of the last change;
a read that presents it is answered from a replica that has got there, or from the primary.
"""

import threading
import time

from service.db.engine import Database
from service.db.limits import Limits
from service.errors import ServiceError
from service.store import history

_PATIENCE = 0.25  # seconds that a read waits for the replica to catch up
_LOOKS_AGAIN = 0.01
_LEFT_ALONE = 3.0  # seconds for which a replica that failed is not asked again
_LIMITS = Limits(connection=2)  # a primary is there to ask instead


class Replica:
    """Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, limits=_LIMITS)
        self._asking = threading.Lock()
        self._next_try = 0.0
        self._failed = False

    def has(self, position: int) -> bool:
        """Whether it answers and has got to the position, if need be after a short wait.

        After a failure one request at a time asks it again, so that a replica that hangs does not hold up all of them.
        """
        if not self._failed:
            return self._reaches(position)
        if time.monotonic() < self._next_try or not self._asking.acquire(blocking=False):
            return False
        try:
            return self._reaches(position)
        finally:
            self._asking.release()

    def _reaches(self, position: int) -> bool:
        until = time.monotonic() + _PATIENCE
        try:
            while self._last() < position:
                if time.monotonic() > until:
                    return False
                time.sleep(_LOOKS_AGAIN)
        except ServiceError:
            self._failed, self._next_try = True, time.monotonic() + _LEFT_ALONE
            return False
        self._failed = False
        return True

    def close(self) -> None:
        self.database.close()

    def _last(self) -> int:
        with self.database.read() as connection:
            return history.last(connection)[0]
