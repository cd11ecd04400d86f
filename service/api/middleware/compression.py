"""Compresses pages, documents and assets. Answers of the API are left alone: their ETags name their bytes."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_LEFT_ALONE = ("/v1", "/health", "/metrics")
_LEAST = 1_000  # bytes


class Compression:
    """No page contains both a secret and text of a request, so compressed sizes reveal nothing (BREACH)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressed = GZipMiddleware(app, minimum_size=_LEAST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["method"] == "GET" and not scope["path"].startswith(_LEFT_ALONE)
        await (self.compressed if is_page else self.app)(scope, receive, send)
