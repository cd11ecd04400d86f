"""The application: the only place where its parts are wired together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.openapi.utils import get_openapi

from service.api import (
    claims,
    comparisons,
    disagreements,
    disputes,
    entities,
    figures,
    health,
    history,
    meta,
    metrics,
    sources,
)
from service.api.middleware.requests import Failures, Head, RequestId, SecurityHeaders
from service.api.problems import KINDS, install
from service.config import Settings
from service.db.engine import Database
from service.schemas.problem import Problem
from service.store.opening import open_database
from service.web import reference

DESCRIPTION = """\
Who said which number, where, about what, and how the number was made. The service keeps bounds, scope, basis and
provenance, and computes only what follows from them: where sources disagree and by how much at least, and how what was
reported compares with what was estimated. It never picks a winner.

Wherever a record is named, its id or its key serves. Stated numbers are exact decimal strings; computed ones are JSON
numbers. Changing a record needs `If-Match` with its ETag.
"""


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The application on a database, which is opened here unless it is given, and closed when the application ends."""
    opened = database or open_database(settings.database_url)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        opened.close()

    app = FastAPI(
        title="Counterclaim",
        version=version("counterclaim"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=life,
        middleware=[Middleware(RequestId), Middleware(SecurityHeaders), Middleware(Head), Middleware(Failures)],
    )
    app.state.database = opened
    app.state.max_body_bytes = settings.max_body_bytes
    app.state.problem_kinds = KINDS
    for noun in (sources, entities, metrics, claims, figures, disputes, comparisons, disagreements, history, meta):
        app.include_router(noun.routes, prefix="/v1")
    app.include_router(health.routes)
    app.include_router(reference.routes)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    install(app)
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's, with our problem details in place of its own error shapes."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = document["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs"))
        schemas["Problem"] = problem
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        app.openapi_schema = document
    return app.openapi_schema
