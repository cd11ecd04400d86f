"""Creates the application. This is the only module that wires its parts together."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from service.api import openapi, prometheus, streaming
from service.api.access import Access
from service.api.change_stream import ChangeStream
from service.api.dependencies import POSITION
from service.api.middleware.compression import Compression
from service.api.middleware.headers import ResponseHeaders
from service.api.middleware.hosts import TrustedHosts
from service.api.middleware.logs import AccessLog
from service.api.middleware.requests import Failures, Head, RequestId
from service.api.problems import KINDS, install
from service.api.prometheus import Metrics, RequestMetrics
from service.api.rate_limits import RateLimits
from service.api.response_cache import ResponseCache
from service.api.routes import (
    charts,
    claims,
    comparisons,
    consistency,
    disagreements,
    disputes,
    drafts,
    entities,
    equations,
    exports,
    facets,
    figures,
    health,
    history,
    imports,
    keys,
    meta,
    metrics,
    positions,
    propositions,
    reconciliation,
    scopes,
    search,
    sources,
    subscriptions,
    tables,
)
from service.api.routes.health import Ready
from service.api.turns import Turns
from service.config import AppSettings
from service.db.engine import Database
from service.outbound.citation_lookup import CitationLookup
from service.outbound.client import OutboundClient
from service.outbound.deliverer import Deliverer
from service.store.operations.database_setup import open_database
from service.store.operations.replica import Replica
from service.web import (
    atom,
    browse,
    cite,
    downloads,
    embed,
    explorer,
    reference,
    sign_in,
    static_files,
)
from service.web import equations as equation_pages
from service.web import html as web
from service.web import positions as position_pages
from service.web import propositions as proposition_pages
from service.web import route as web_route
from service.web.write import keys as keys_page
from service.web.write import pages as write_pages

if TYPE_CHECKING:
    from service.mcp.http import McpEndpoint

_EXPOSED = ["ETag", "Link", "Location", "Retry-After", "X-Request-Id", "Idempotency-Replayed", "WWW-Authenticate"]
_ACCEPTED = [POSITION, "Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id"]


def create_app(settings: AppSettings, database: Database | None = None) -> FastAPI:
    """Creates the application. Opens the database unless one is given, and closes it at shutdown."""
    opened = database or open_database(settings.database_url)

    replica = Replica(settings.database_read_url) if settings.database_read_url else None

    tools = _tools(lambda: app.state.turns, opened, settings)
    outbound = OutboundClient(settings.outbound_allowed_networks)
    deliverer = None if opened.read_only else Deliverer(opened, outbound)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        if deliverer is not None:
            deliverer.start()
        async with nullcontext() if tools is None else tools.running():
            yield
        if deliverer is not None:
            deliverer.stop()
        app.state.turns.close()
        opened.close()
        if replica is not None:
            replica.close()

    routes, meters = _routes(), Metrics()
    meters.watch(opened, replica.database if replica else None)
    app = FastAPI(
        title="Counterclaim",
        version=version("counterclaim"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=life,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # checked at each request; ours are separate
        middleware=_middleware(settings, meters),
    )
    app.router.routes.extend(routes)
    if tools is not None:
        app.router.routes.append(tools.route)
    app.state.database = opened
    app.state.replica = replica
    app.state.access = _access(settings)
    app.state.turns = Turns(opened.dialect)
    app.state.change_stream = ChangeStream()
    app.state.exports = threading.BoundedSemaphore(streaming.AT_ONCE)
    app.state.ready = Ready()
    app.state.draining = False
    app.state.max_body_bytes = settings.max_body_bytes
    app.state.max_import_bytes = settings.max_import_bytes
    app.state.import_seconds = settings.import_seconds
    app.state.body_seconds = settings.request_seconds
    app.state.public_actor_names = settings.public_actor_names
    app.state.problem_kinds = KINDS
    app.state.home_comparison = settings.home_comparison
    app.state.embed_origins = settings.embed_origins
    app.state.outbound = outbound
    app.state.citation_lookup = CitationLookup(
        outbound, settings.doi_lookup_url, settings.isbn_lookup_url, settings.page_lookup
    )
    app.state.licence = settings.licence
    app.state.response_cache = ResponseCache(settings.response_cache_bytes)
    app.state.meters = meters
    app.state.build = f"{version('counterclaim')} {web.BUILD}"
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    install(app)
    web_route.install(app)
    return app


def _tools(turns: Callable[[], Turns], database: Database, settings: AppSettings) -> "McpEndpoint | None":
    """The tools for programs that act for a person; None if the extra `mcp` is not installed."""
    if find_spec("mcp") is None:
        return None
    from service.mcp.http import McpEndpoint  # noqa: PLC0415 - an extra

    return McpEndpoint(database, turns, settings.cors_origins)


def _routes() -> list[BaseRoute]:
    """All routes in one list, which is matched in order: the most requested come first. Included routers would be
    matched twice.
    """
    records = (claims, comparisons, disagreements, figures, sources, entities, metrics, scopes, disputes)
    derived = (equations, consistency, propositions, positions)
    reading = (charts, tables, facets, search, history, drafts)
    parts = (
        exports,
        *records,
        *derived,
        *reading,
        imports,
        keys,
        subscriptions,
        reconciliation,
        meta,
        health,
        prometheus,
        reference,
        browse,
        cite,
        downloads,
        atom,
        embed,
        explorer,
        equation_pages,
        proposition_pages,
        position_pages,
        sign_in,
        write_pages,
        keys_page,
    )
    return [*(route for part in parts for route in part.routes.routes), *static_files.routes.routes]


def _middleware(settings: AppSettings, meters: Metrics) -> list[Middleware]:
    """The middleware, outermost first."""
    return [
        Middleware(RequestMetrics, meters),
        Middleware(RequestId),
        *([Middleware(ProxyHeadersMiddleware, settings.trusted_proxies)] if settings.trusted_proxies else []),
        *([Middleware(AccessLog)] if settings.access_log else []),
        Middleware(Head),  # outside of the compression, so that both methods state one length
        Middleware(Compression),
        Middleware(ResponseHeaders),
        *([Middleware(TrustedHosts, settings.trusted_hosts)] if "*" not in settings.trusted_hosts else []),
        *([_cors(settings.cors_origins)] if settings.cors_origins else []),
        Middleware(Failures),
    ]


def _cors(origins: list[str]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=_ACCEPTED,
        expose_headers=[*_EXPOSED, POSITION],
        max_age=600,
    )


def _access(settings: AppSettings) -> Access:
    limited = settings.rate_limits
    limits = RateLimits(
        settings.failed_logins if limited else None,
        settings.writes_per_key if limited else None,
        settings.drafts_per_address if limited else None,
    )
    return Access(settings.public_reads, limits)
