"""Entities: the subjects of claims, and the parties that make them."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db, IfMatch, IfNoneMatch, Post, Reason, RecordedAsOf, SeesNames, Write
from service.api.route import router
from service.schemas.entities import Entity, EntityCreate, EntityPage, EntityPatch
from service.schemas.history import ChangePage, HistoryQuery
from service.schemas.queries import EntityQuery
from service.store.records import entities

routes = router("entities", cache_seconds=0)


@routes.get("/entities", response_model=EntityPage, responses=responses.LIST)
def list_entities(query: Annotated[EntityQuery, Query()], request: Request, db: Db) -> Response:
    """Returns entities, newest first."""
    return responses.listed(request, db, entities.LIST, query)


@routes.post("/entities", status_code=201, response_model=Entity, responses=responses.created(Entity))
def create_entity(body: EntityCreate, write: Post) -> Response:
    """Creates an entity. Repeating the request with your own id or key is safe: the same content returns 200, different
    content 409.
    """
    return responses.create(write, "entities", body, entities.create, entities.PROJECTION)


@routes.get("/entities/{ref}", response_model=Entity, responses=responses.READ)
def read_entity(ref: str, db: Db, if_none_match: IfNoneMatch = None, recorded_as_of: RecordedAsOf = None) -> Response:
    """Returns an entity, by id, key or identifier (`wikidata:Q2112`)."""
    return responses.read(db, entities.PROJECTION, ref, if_none_match, recorded_as_of)


@routes.patch("/entities/{ref}", response_model=Entity, responses=responses.CHANGE)
def amend_entity(ref: str, body: EntityPatch, versions: IfMatch, write: Write) -> Response:
    """Applies a merge patch (RFC 7396): omitted fields are kept, null clears a field, lists are replaced as a whole."""
    return responses.change(
        write, entities.PROJECTION, lambda connection: entities.amend(connection, ref, body, versions)
    )


@routes.delete("/entities/{ref}", response_model=Entity, responses=responses.CHANGE)
def withdraw_entity(ref: str, reason: Reason, versions: IfMatch, write: Write) -> Response:
    """Withdraws an entity. Nothing is deleted: the record stays readable by id or key, and is excluded from comparisons
    and, by default, from lists.
    """
    return responses.change(
        write, entities.PROJECTION, lambda connection: entities.withdraw(connection, ref, reason, versions)
    )


@routes.post("/entities/{ref}/restore", response_model=Entity, responses=responses.CHANGE)
def restore_entity(ref: str, versions: IfMatch, write: Post) -> Response:
    """Restores a withdrawn entity."""
    return responses.change(write, entities.PROJECTION, lambda c: entities.restore(c, ref, versions))


@routes.get("/entities/{ref}/history", response_model=ChangePage, responses=responses.LINKED)
def list_entity_history(
    ref: str, query: Annotated[HistoryQuery, Query()], request: Request, db: Db, names: SeesNames
) -> Response:
    """Returns who changed the entity, what they changed and when; newest first."""
    return responses.versions(request, db, entities.PROJECTION, ref, query, names=names)
