"""Facets: the values to filter by."""

from typing import Annotated

from fastapi import Query, Response
from pydantic_core import to_json

from service.api import response_cache, responses
from service.api.dependencies import Db
from service.api.route import router
from service.schemas.facets import FacetQuery, Facets, GrafanaOption
from service.store.lists import facets

routes = router("facets", cache_seconds=response_cache.LIVE)


@routes.get("/facets", response_model=Facets | list[GrafanaOption], responses=responses.problems())
def list_facets(query: Annotated[FacetQuery, Query()], db: Db) -> Response:
    """Returns the values of a field and how many figures (or comparisons) have each, most frequent first."""
    with db.read() as connection:
        found = facets.count(connection, query)
    if query.shape == "grafana":
        options = [{"__text": facet.label, "__value": facet.value} for facet in found.values]
        return Response(to_json(options), media_type="application/json")
    return Response(found.model_dump_json(), media_type="application/json")
