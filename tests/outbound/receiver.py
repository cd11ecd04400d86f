"""A receiver of webhooks on loopback, which answers as a test wants."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Answer = int | Callable[[http.server.BaseHTTPRequestHandler], object]


@dataclass
class Receiver:
    """`answers` are given one after another; when there are none left, 204."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.received]

    def wait_for(self, number: int, seconds: float = 15) -> None:
        """Waits until so many events have arrived."""
        ends = time.monotonic() + seconds
        with self.arrived:
            while len(self.received) < number:
                assert self.arrived.wait(max(ends - time.monotonic(), 0)), f"{len(self.received)} of {number} arrived"


@contextmanager
def receiving(*answers: Answer) -> Iterator[Receiver]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with own.arrived:
                own.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
                answer = own.answers.pop(0) if own.answers else 204
                own.arrived.notify_all()
            if callable(answer):
                answer(self)
                return
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", own.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    own = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook", list(answers))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield own
    server.shutdown()
    server.server_close()
