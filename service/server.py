"""The HTTP server: uvicorn, with bounds on what a client can make it wait for, and an end that loses nothing.

uvicorn itself waits for a request, and for its answer to be read, as long as the client likes, and takes a head of any
size.
"""

import json
import socket
import threading
from asyncio import TimerHandle, Transport
from types import FrameType
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.api.problems import KINDS, MEDIA_TYPE

_log = structlog.get_logger("counterclaim.server")
_MAX_HEAD = 65_536
_SHUTDOWN = 15  # seconds for requests that are being answered when the service ends
_REASONS = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


def server_for(app: FastAPI, *, seconds: float, drain_seconds: float = 0) -> "Server":
    """A server for sockets that listen already (`Server.run`)."""
    config = uvicorn.Config(
        app,
        http=type("Protocol", (Protocol,), {"seconds": seconds}),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application believes named proxies only (app.py)
        timeout_graceful_shutdown=_SHUTDOWN,
    )
    return Server(config, app, drain_seconds)


class Protocol(HttpToolsProtocol):
    """One connection. Two clocks bound what a client can make it wait for: the rest of a request, and room to write.

    While a request is being answered the first one only waits: how long its body may take is for the application
    (`api/body.py`).
    """

    seconds = 20.0
    whole = False  # whether the request that came last has come to its end
    in_head = True
    head_size = 0
    arrival: TimerHandle | None = None
    writing: TimerHandle | None = None
    running: RequestResponseCycle | None = None
    refusal: tuple[int, str] = (400, "This is not HTTP/1.1.")

    # What the transport tells

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
        # also for what begins no request, such as empty lines: they would keep the connection for ever
        if not self.transport.is_closing() and (not self.whole or not self._is_answering()):
            self._await_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_room()

    def resume_writing(self) -> None:
        self._stop_writing()
        super().resume_writing()

    # What the parser tells

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.whole, self.in_head, self.head_size = False, True, 0
        self._await_request()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self.in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.whole = True
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size() > 0:
            self._await_room()

    # Clocks

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
            self._give_up()  # on the body of a request that was answered before it came

    def _await_room(self) -> None:
        if self.writing is None:
            self.writing = self.loop.call_later(self.seconds, self._no_room)

    def _stop_writing(self) -> None:
        if self.writing is not None:
            self.writing.cancel()
            self.writing = None

    def _no_room(self) -> None:
        """The client does not read its answers."""
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
        """uvicorn tells only the last of several requests that came at once that nobody listens any more."""
        self.pipeline.clear()
        if self.running is not None:
            self.running.disconnected = True

    def _count(self, size: int) -> None:
        self.head_size += size
        if self.head_size > _MAX_HEAD:
            self.refusal = (431, "The address and headers together are too large.")
            raise ValueError  # the parser stops, and the refusal is sent

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
        if self.transport.get_write_buffer_size() > 0:
            self._await_room()


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
            timer = threading.Timer(self.drain_seconds, self._end)
            timer.daemon = True  # asked again, the process does not wait for it
            timer.start()
            return
        self.app.state.draining = True
        super().handle_exit(sig, frame)

    def _end(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            host, port, *_ = listening.getsockname()
            _log.info("listening", host=host, port=port)
