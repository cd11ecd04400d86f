"""The access log: one line per request, never with its query string, body or headers."""

import time

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.middleware.status import NotedStatus
from service.domain.access import hide_keys

_log = structlog.get_logger("counterclaim.access")
_MAX_PATH = 200


class AccessLog:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        sent = NotedStatus(send, 0)
        try:
            await self.app(scope, receive, sent)
        finally:
            state = scope["state"]
            caller = state.get("caller")
            _log.info(
                "request",
                method=scope["method"],
                path=hide_keys(scope["path"])[:_MAX_PATH],
                status=sent.status,
                milliseconds=round((time.perf_counter() - start) * 1000, 2),
                request_id=state["request_id"],
                key_id=caller.id if caller else None,
                client=scope["client"][0] if scope.get("client") else None,
            )
