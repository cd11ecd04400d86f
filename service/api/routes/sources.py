"""Sources: documents and recorded occasions that contain claims."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import SourceQuery
from service.schemas.sources import Source, SourceCreate, SourcePage, SourcePatch
from service.store.records import sources

routes = router("sources", cache_seconds=0)


@routes.get("/sources", response_model=SourcePage, responses=responses.LIST)
def list_sources(query: Annotated[SourceQuery, Query()], request: Request, db: Db) -> Response:
    """Returns sources, newest first."""
    return responses.listed(request, db, sources.LIST, query)


@routes.post("/sources", status_code=201, response_model=Source, responses=responses.created(Source))
def create_source(body: SourceCreate, write: Post) -> Response:
    """Creates a source. Repeating the request with your own id or key is safe: the same content returns 200, different
    content 409.
    """
    return responses.create(write, "sources", body, sources.create, sources.PROJECTION)


@routes.get("/sources/{ref}", response_model=Source, responses=responses.READ)
def read_source(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    """Returns a source, now or as it stood at a moment (`recorded_as_of`)."""
    return responses.read(db, sources.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/sources/{ref}", response_model=Source, responses=responses.CHANGE)
def amend_source(ref: str, body: SourcePatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(write, sources.PROJECTION, lambda c: sources.amend(c, ref, body, versions))


@routes.delete("/sources/{ref}", response_model=Source, responses=responses.CHANGE)
def withdraw_source(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws a source. Nothing is deleted: the record stays readable by id or key, and is excluded from comparisons
    and, by default, from lists.
    """
    return responses.change(
        write, sources.PROJECTION, lambda connection: sources.withdraw(connection, ref, reason, versions)
    )


@routes.post("/sources/{ref}/restore", response_model=Source, responses=responses.CHANGE)
def restore_source(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn source."""
    return responses.change(write, sources.PROJECTION, lambda c: sources.restore(c, ref, versions))


@routes.get("/sources/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_source_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the source, what they changed and when; newest first."""
    return responses.versions(request, db, sources.PROJECTION, ref, query, names=names)
