"""Liveness and readiness of the service."""

import threading
import time

from fastapi import Request

from service.api import responses
from service.api.dependencies import Primary
from service.api.route import router
from service.db.engine import Database
from service.errors import ServiceError, Unavailable
from service.schemas.meta import Health, Readiness
from service.store.operations import health

routes = router("health", prefix="")
_KEPT = 1.0  # seconds in which the database is checked only once, however many requests arrive


class Ready:
    """The last result of the readiness check, or its last failure."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.database: Database | None = None
        self.at = 0.0
        self.answer: Readiness | ServiceError | None = None

    def look(self, database: Database) -> Readiness:
        """Raises Unavailable while the database does not respond or is at another migration."""
        # one request checks; the others get the last result, so that a hanging database does not block them all
        if self.lock.acquire(blocking=self.answer is None):
            try:
                self._refresh(database)
            finally:
                self.lock.release()
        if isinstance(self.answer, Readiness):
            return self.answer
        raise Unavailable(self.answer.detail if self.answer else "The database was not asked yet.")

    def _refresh(self, database: Database) -> None:
        if database is self.database and time.monotonic() - self.at <= _KEPT:
            return
        try:
            self.answer = _look(database)
        except ServiceError as error:
            self.answer = error
        self.database, self.at = database, time.monotonic()


def _look(database: Database) -> Readiness:
    revision, head = health.revisions(database)
    if revision != head:
        raise Unavailable(f"The database is at migration {revision or 'none'}, the service needs {head}.")
    return Readiness(status="ok", revision=revision)


@routes.get("/health/live")
async def read_liveness() -> Health:
    """Returns `ok` while the process runs. Does not use the database."""
    return Health(status="ok")


@routes.get("/health/ready", responses=responses.problems())
def read_readiness(request: Request, db: Primary) -> Readiness:
    """Returns `ok` if the database responds and is at the newest migration, and the service is not shutting down; 503
    otherwise.
    """
    if request.app.state.draining:
        raise Unavailable("The service is about to end.")
    ready: Ready = request.app.state.ready
    return ready.look(db)
