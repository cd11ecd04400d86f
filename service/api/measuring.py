"""/metrics, for Prometheus: requests by route and status, the process, and the connections to the database in use."""

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector
from prometheus_fastapi_instrumentator import Instrumentator


def measure(app: FastAPI) -> None:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    in_use = Gauge(
        "counterclaim_connections_in_use", "Connections to the database in use", ["engine"], registry=registry
    )
    in_use.labels("writer").set_function(lambda: app.state.database.connections_in_use("writer"))
    in_use.labels("reader").set_function(lambda: app.state.database.connections_in_use("reader"))
    instrumentator = Instrumentator(should_group_status_codes=False, registry=registry)
    instrumentator.instrument(app, metric_namespace="counterclaim").expose(app, include_in_schema=False)
