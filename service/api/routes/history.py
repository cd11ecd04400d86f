"""The change feed: everything that happened, in the order in which it was committed."""

from typing import Annotated

from fastapi import Query, Request

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.domain.vocabulary import Role
from service.schemas.history import ChangeFeed, FeedQuery
from service.store.audit import history

routes = router("changes")


@routes.get("/changes", responses=responses.problems(403))
def list_changes(query: Annotated[FeedQuery, Query()], request: Request, db: Db) -> ChangeFeed:
    """Changes after the one whose seq is given, oldest first. Ask again with the `next_after` of the answer: nothing
    is skipped and nothing comes twice, however many write at once. Those of keys are shown to admins only.
    """
    caller = request.state.caller
    with db.read() as connection:
        items = history.feed(connection, query, for_admin=caller is not None and caller.role is Role.ADMIN)
    return ChangeFeed(items=items, next_after=items[-1].seq if items else query.after)
