"""Search: claims, sources and entities by their words."""

from typing import Annotated

from fastapi import Query

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.search import SearchQuery, SearchResults
from service.store.lists import search

routes = router("search", cache_seconds=0)


@routes.get("/search", responses=responses.LIST)
def search_records(query: Annotated[SearchQuery, Query()], db: Db) -> SearchResults:
    """Claims by statement and quote, sources by title, publisher and authors, entities by name and aliases. Best first,
    with the places where the words stand.
    """
    with db.snapshot() as connection:
        return search.search(connection, query)
