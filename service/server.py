"""The HTTP server: uvicorn with time and size limits for requests, and a graceful shutdown.

uvicorn itself waits without limit for a request, and for the client to read the response, and accepts a head of any
size.
"""

import json
import socket
import sys
import threading
from asyncio import TimerHandle, Transport
from types import FrameType
from typing import Any, NoReturn

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.api.problems import KINDS, MEDIA_TYPE

_log = structlog.get_logger("counterclaim.server")
_MAX_HEAD = 65_536
_SHUTDOWN = 15  # seconds for requests in progress at shutdown
_REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
}


def server_for(app: FastAPI, *, seconds: float, drain_seconds: float = 0) -> "Server":
    """Returns a server for sockets that are already listening (`Server.run`)."""
    config = uvicorn.Config(
        app,
        http=type("Protocol", (Protocol,), {"seconds": seconds}),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application trusts only configured proxies (app.py)
        timeout_graceful_shutdown=_SHUTDOWN,
    )
    return Server(config, app, drain_seconds)


class Protocol(HttpToolsProtocol):
    """One connection. Two timers limit the wait for the client: for the rest of a request, and for room to write.

    While a request is being answered, the first timer only restarts: the application limits the time for the body
    (`api/body.py`).
    """

    seconds = 20.0
    whole = False  # whether the latest request has arrived completely
    in_head = True
    head_size = 0
    arrival: TimerHandle | None = None
    writing: TimerHandle | None = None
    running: RequestResponseCycle | None = None
    refusal: tuple[int, str] = (400, "This is not HTTP/1.1.")

    # Transport callbacks

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_writing()
        self._speak_to_nobody()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # also for data that begins no request, such as empty lines: it would keep the connection open indefinitely
        if not self.transport.is_closing() and (not self.whole or not self._is_answering()):
            self._await_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_room()

    def resume_writing(self) -> None:
        self._stop_writing()
        super().resume_writing()

    # Parser callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.whole, self.in_head, self.head_size = False, True, 0
        self._await_request()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if self.in_head:  # else it is a trailer of a chunked body, which must not pass for a header
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self.in_head = False
        self._check_head()
        super().on_headers_complete()

    def _check_head(self) -> None:
        """Refuses requests that proxies and servers read differently (RFC 9112, sections 3.2 and 6.1)."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            self._refuse(400, "The request needs one Host header.")
        codings = b",".join(value for name, value in self.headers if name == b"transfer-encoding")
        if codings and codings.strip().lower() != b"chunked":
            self._refuse(501, "The only transfer coding here is chunked.")

    def on_message_complete(self) -> None:
        self.whole = True
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size() > 0:
            self._await_room()

    # Timers

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_request(self) -> None:
        if self.arrival is None:
            self.arrival = self.loop.call_later(self.seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        if self.arrival is not None:
            self.arrival.cancel()
            self.arrival = None

    def _too_slow(self) -> None:
        self.arrival = None
        if self.transport.is_closing():
            return
        if self._is_answering():
            self._await_request()
        elif self.in_head or self.whole:
            self.refusal = (408, "The request did not arrive in time.")
            self.send_400_response("")
        else:
            self._give_up()  # the request was answered before its body arrived

    def _await_room(self) -> None:
        if self.writing is None:
            self.writing = self.loop.call_later(self.seconds, self._no_room)

    def _stop_writing(self) -> None:
        if self.writing is not None:
            self.writing.cancel()
            self.writing = None

    def _no_room(self) -> None:
        """Closes the connection of a client that does not read its responses."""
        self.writing = None
        if self.transport.get_write_buffer_size() > 0:
            self._give_up()

    def _give_up(self) -> None:
        self._speak_to_nobody()
        self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def _speak_to_nobody(self) -> None:
        """Marks the running request as disconnected. uvicorn does so only for the last of pipelined requests."""
        self.pipeline.clear()
        if self.running is not None:
            self.running.disconnected = True

    def _count(self, size: int) -> None:
        self.head_size += size
        if self.head_size > _MAX_HEAD:
            self._refuse(431, "The address and headers together are too large.")

    def _refuse(self, status: int, detail: str) -> NoReturn:
        self.refusal = (status, detail)
        raise ValueError  # stops the parser; then the refusal is sent

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's message, replaced by ours
        """Sends problem details for input that cannot be a request and so never reaches the application."""
        status, detail = self.refusal
        code, title = KINDS[status]
        problem = {"type": f"/docs/plain#problem-{code}", "title": title, "status": status, "detail": detail}
        content = json.dumps(problem | {"code": code, "request_id": None, "errors": []}).encode("ascii")
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(content)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + content)
        self.transport.close()
        if self.transport.get_write_buffer_size() > 0:
            self._await_room()


class Server(uvicorn.Server):
    """Shuts down in order: readiness fails, new connections are refused, requests in progress are completed."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, drain_seconds: float) -> None:
        super().__init__(config)
        self.app = app
        self.drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal starts draining, if configured; the next one starts the shutdown at once."""
        if self.drain_seconds and not self.app.state.draining:
            self.app.state.draining = True
            self._captured_signals.append(sig)
            timer = threading.Timer(self.drain_seconds, self._end)
            timer.daemon = True  # so that the process does not wait for it after a second signal
            timer.start()
            return
        self.app.state.draining = True
        super().handle_exit(sig, frame)

    def _end(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Threads that compute hold the interpreter for this long (5 ms by default) before a short request gets it.
        sys.setswitchinterval(0.001)
        await super().startup(sockets)
        for listening in sockets or ():
            host, port, *_ = listening.getsockname()
            _log.info("listening", host=host, port=port)
