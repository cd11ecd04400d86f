"""Text search over records and comparisons."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.search import SearchQuery, SearchResults
from service.store.lists import search

routes = router("search", cache_seconds=0)


@routes.get("/search", responses=responses.LIST)
def search_records(
    query: Annotated[SearchQuery, Query()], request: Request, response: Response, db: Db
) -> SearchResults:
    """Searches claims by statement, quote and the numbers of their figures, sources by title, publisher and authors,
    entities by name and aliases, metrics by name, and comparisons by what they compare and the numbers in them:
    `R1 294000`. Returns the best matches first, with the positions of the words found.
    """
    with db.snapshot() as connection:
        found = search.search(connection, query)
    response.headers.update(responses.links(request, next_cursor=found.next_cursor))
    return found
