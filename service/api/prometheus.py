"""/metrics for Prometheus: requests by route and status, durations, the process, and database connections in use."""

import time

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.middleware.status import NotedStatus
from service.db.engine import Database

routes = APIRouter(include_in_schema=False)
_NO_ROUTE = "none"  # one label for all other addresses, so that made-up ones cannot fill the memory
_METHODS = {"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"}
_SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10)


@routes.get("/metrics")
def metrics(request: Request) -> Response:
    return Response(generate_latest(request.app.state.meters.registry), media_type=CONTENT_TYPE_LATEST)


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "counterclaim_http_requests",
            "Requests by route, method and status",
            ["handler", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "counterclaim_http_request_duration_seconds",
            "Time until the whole answer was handed over, by route",
            ["handler"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[str, Histogram] = {}
        self.in_use = Gauge(
            "counterclaim_connections_in_use", "Connections to the database in use", ["engine"], registry=self.registry
        )

    def count(self, handler: str, method: str, status: int, seconds: float) -> None:
        """Counts a request. Labels are looked up only once, since the library's lookup takes longer than counting."""
        counter = self._counters.get((handler, method, status))
        if counter is None:
            counter = self._counters[handler, method, status] = self.requests.labels(handler, method, status)
        timer = self._timers.get(handler)
        if timer is None:
            timer = self._timers[handler] = self.seconds.labels(handler)
        counter.inc()
        timer.observe(seconds)

    def watch(self, database: Database, replica: Database | None) -> None:
        self.in_use.labels("writer").set_function(lambda: database.connections_in_use("writer"))
        self.in_use.labels("reader").set_function(lambda: database.connections_in_use("reader"))
        if replica is not None:
            self.in_use.labels("replica").set_function(lambda: replica.connections_in_use("reader"))


class RequestMetrics:
    """Counts each request under the route that answered it, which routing stores in the scope."""

    def __init__(self, app: ASGIApp, meters: Metrics) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, sent = time.perf_counter(), NotedStatus(send, 500)
        try:
            await self.app(scope, receive, sent)
        finally:
            handler = getattr(scope.get("route"), "path_format", _NO_ROUTE)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.meters.count(handler, method, sent.status, time.perf_counter() - began)
