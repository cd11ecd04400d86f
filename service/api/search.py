"""Search: claims, sources and entities by their words."""

from typing import Annotated

from fastapi import Query

from service.api import answers
from service.api.deps import Db
from service.api.router import router
from service.schemas.search import SearchQuery, SearchResults
from service.store import search

routes = router("search", cache_seconds=0)


@routes.get("/search", responses=answers.LIST)
def search_records(query: Annotated[SearchQuery, Query()], db: Db) -> SearchResults:
    """Claims by statement and quote, sources by title, publisher and authors, entities by name and aliases. Best first,
    with the places where the words stand.
    """
    with db.snapshot() as connection:
        return search.search(connection, query)
