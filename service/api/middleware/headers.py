"""Adds headers to every response: for security, and for caching."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.dependencies import POSITION

_VARY = (b"vary", f"Authorization, {POSITION}".encode())
_NOT_KEPT = ("/v1/keys", "/v1/me", "/metrics")


class ResponseHeaders:
    """Adds the headers that a response does not set itself.

    Browsers must not guess its type or load anything for it. Responses to reads may be cached and revalidated with
    their ETag: by anyone if public, only by the reader if a key was sent. Responses to changes and failures are not
    cached.
    """

    SECURITY = (
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                wanted = (*self.SECURITY, (b"cache-control", _kept(scope, message["status"])))
                if message["status"] == 304:  # a policy here would replace that of the cached response
                    given.add(b"content-security-policy")
                added = [pair for pair in wanted if pair[0] not in given]
                position = scope.get("state", {}).get("position")
                position_header = [] if position is None else [(POSITION.lower().encode(), str(position).encode())]
                message["headers"] = [*message["headers"], *added, *position_header, _VARY]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _kept(scope: Scope, status: int) -> bytes:
    if scope["method"] not in ("GET", "HEAD") or status >= 400:
        return b"no-store"
    if scope["path"] in _NOT_KEPT or scope["path"].startswith(("/v1/keys/", "/health/")):
        return b"no-store"
    return b"private, no-cache" if "authorization" in Headers(scope=scope) else b"public, no-cache"
