"""The change feed: all changes, in the order of their commits."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, SeesNames
from service.api.route import router
from service.domain.vocabulary import Role
from service.schemas.history import ChangeFeed, FeedQuery
from service.store.audit import history

routes = router("changes")


@routes.get("/changes", responses=responses.LIST | responses.problems(403))
def list_changes(
    query: Annotated[FeedQuery, Query()], request: Request, response: Response, db: Db, names: SeesNames
) -> ChangeFeed:
    """Returns the changes after the one whose `seq` is given as `after`, oldest first. To continue, pass `next_after`
    of the response as `after`: no change is skipped or repeated, even with concurrent writes. Changes to keys are
    returned to admins only.
    """
    caller = request.state.caller
    with db.read() as connection:
        items = history.feed(connection, query, for_admin=caller is not None and caller.role is Role.ADMIN, names=names)
    next_after = items[-1].seq if items else query.after
    response.headers["Link"] = responses.next_link(request, after=str(next_after))
    return ChangeFeed(items=items, next_after=next_after)
