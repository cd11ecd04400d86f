"""API keys: created and revoked by admins; and the caller's own key."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Primary, Write
from service.api.route import router
from service.schemas.keys import ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyPage, KeyQuery
from service.store.operations import keys

routes = router("keys", body_bytes=16_384)


@routes.get("/keys", response_model=ApiKeyPage, responses=responses.LIST)
def list_keys(query: Annotated[KeyQuery, Query()], request: Request, db: Primary) -> Response:
    """Returns all keys, newest first, including revoked ones. The secrets are never returned."""
    return responses.listed(request, db, keys.LIST, query, keys.NEWEST_FIRST)


@routes.post("/keys", status_code=201, responses=responses.problems(408, 413, 415, 507) | responses.LOCATED)
def create_key(body: ApiKeyCreate, write: Write, response: Response) -> ApiKeyCreated:
    """Creates a key. The secret (`key`) is returned in this response only: store it."""
    token, made = write(lambda connection: keys.create(connection, body))
    response.headers["Location"] = f"/v1/keys/{made.id}"
    return ApiKeyCreated(**made.model_dump(), key=str(token))


@routes.get("/keys/{id}", responses=responses.problems(404))
def read_key(id: str, db: Primary) -> ApiKey:
    """Returns a key without its secret."""
    with db.read() as connection:
        return keys.PROJECTION.read(connection, id)


@routes.delete("/keys/{id}", responses=responses.problems(404, 408, 413, 507))
def revoke_key(id: str, write: Write) -> ApiKey:
    """Revokes a key immediately and permanently. Revoking it again changes nothing."""
    return write(lambda connection: keys.revoke(connection, id))


@routes.get("/me")
def read_me(request: Request, db: Primary) -> ApiKey:
    """Returns the key that the request is made with."""
    with db.read() as connection:
        return keys.PROJECTION.read(connection, request.state.caller.id)
