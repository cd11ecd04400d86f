"""Whether the process lives, and whether it can do its work."""

from service.api import answers
from service.api.deps import Db
from service.api.router import router
from service.errors import Unavailable
from service.schemas.meta import Health, Readiness
from service.store import health

routes = router("health")


@routes.get("/health/live")
async def read_liveness() -> Health:
    """Touches nothing."""
    return Health(status="ok")


@routes.get("/health/ready", responses=answers.problems())
def read_readiness(db: Db) -> Readiness:
    """Whether the database answers and stands at the newest migration."""
    revision, head = health.revisions(db)
    if revision != head:
        raise Unavailable(f"The database stands at migration {revision or 'none'}, the service needs {head}.")
    return Readiness(status="ok", revision=revision)
