"""The change feed: everything that happened, in the order in which it was committed."""

from typing import Annotated

from fastapi import Query

from service.api import answers
from service.api.deps import Db
from service.api.router import router
from service.schemas.history import ChangeFeed, FeedQuery
from service.store import history

routes = router("changes")


@routes.get("/changes", responses=answers.LIST)
def list_changes(query: Annotated[FeedQuery, Query()], db: Db) -> ChangeFeed:
    """Changes after the one whose seq is given, oldest first. Ask again with the `next_after` of the answer: nothing
    is skipped and nothing comes twice, however many write at once.
    """
    with db.read() as connection:
        items = history.feed(connection, query)
    return ChangeFeed(items=items, next_after=items[-1].seq if items else query.after)
