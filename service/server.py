"""The HTTP server: uvicorn, with a deadline and a size for the head of a request, and an end that loses nothing.

uvicorn itself waits for a head as long as the client likes, and takes one of any size.
"""

import json
import socket
import threading
from asyncio import TimerHandle, Transport
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.problems import KINDS, MEDIA_TYPE

_log = structlog.get_logger("counterclaim.server")
_MAX_HEAD = 65_536
_SHUTDOWN = 15  # seconds for requests that are being answered when the service ends
_REASONS = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


def server_for(app: FastAPI, host: str, port: int, *, head_seconds: float, drain_seconds: float = 0) -> "Server":
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=type("Protocol", (Protocol,), {"head_seconds": head_seconds}),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application believes named proxies only (app.py)
        timeout_graceful_shutdown=_SHUTDOWN,
    )
    return Server(config, app, drain_seconds)


class Protocol(HttpToolsProtocol):
    """One connection."""

    head_seconds = 20.0
    head_timer: TimerHandle | None = None
    head_size = 0
    refusal: tuple[int, str] = (400, "This is not HTTP/1.1.")

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_size = 0
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self.head_timer is None:
            self.head_timer = self.loop.call_later(self.head_seconds, self._too_slow)

    def _head_came(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def _count(self, size: int) -> None:
        self.head_size += size
        if self.head_size > _MAX_HEAD:
            self.refusal = (431, "The address and headers together are too large.")
            raise ValueError  # the parser stops, and the refusal is sent

    def _too_slow(self) -> None:
        self.head_timer = None
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self.refusal = (408, "The request did not arrive in time.")
            self.send_400_response("")

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, for which we have our own
        """What cannot be a request at all never reaches the application; it is told in the same words."""
        status, detail = self.refusal
        code, title = KINDS[status]
        problem = {"type": f"/docs#problem-{code}", "title": title, "status": status, "detail": detail}
        content = json.dumps(problem | {"code": code, "request_id": None, "errors": []}).encode("ascii")
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(content)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + content)
        self.transport.close()


class Server(uvicorn.Server):
    """Ends in order: readiness fails, then no connection is taken any more, then what is under way is answered."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, drain_seconds: float) -> None:
        super().__init__(config)
        self.app = app
        self.drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asked once, it drains; asked again, it ends at once."""
        if self.drain_seconds and not self.app.state.draining:
            self.app.state.draining = True
            self._captured_signals.append(sig)
            threading.Timer(self.drain_seconds, self._end).start()
            return
        self.app.state.draining = True
        super().handle_exit(sig, frame)

    def _end(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for listening in server.sockets:
                host, port, *_ = listening.getsockname()
                _log.info("listening", host=host, port=port)
