"""Networks that lose answers, clients that dawdle and clients that hang up."""

import contextlib
import json
import socket
import statistics
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.faults.served import AUTHORIZED, Amount, Served
from tests.support import ADMIN

DEADLINE = 3


class DroppingProxy:
    """Passes one connection at a time on to the service; while `dropping`, the answer is read whole and thrown away."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.dropping = True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                    server.sendall(read_message(client))
                    answer = read_message(server)  # so the commit is done
                    if not self.dropping:
                        client.sendall(answer)

    def close(self) -> None:
        self.listener.close()


def read_message(connection: socket.socket) -> bytes:
    """One HTTP message with a Content-Length."""
    content = b""
    while b"\r\n\r\n" not in content:
        content += receive(connection)
    head, _, body = content.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        more = receive(connection)
        content, body = content + more, body + more
    return content


def receive(connection: socket.socket) -> bytes:
    if not (found := connection.recv(65_536)):
        raise OSError("closed")
    return found


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    with Served(database_url, tmp_path, {"COUNTERCLAIM_REQUEST_SECONDS": str(DEADLINE)}) as running:
        yield running


def test_an_answer_lost_after_the_commit_is_given_again(served: Served, amount: Amount) -> None:
    trials = amount(50, 500)
    proxy = DroppingProxy(served.port)
    with served.client() as direct:
        for number in range(trials):
            body = {"kind": "paper", "title": f"Paper {number}"}
            headers = {**AUTHORIZED, "Idempotency-Key": f"trial-{number}", "Connection": "close"}
            with pytest.raises(httpx.TransportError):
                httpx.post(f"{proxy.url}/v1/sources", json=body, headers=headers, timeout=10)
            again = direct.post("/v1/sources", json=body, headers=headers)
            assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    titles = [source["title"] for source in served.every("/v1/sources")]
    proxy.close()
    assert sorted(titles) == sorted(f"Paper {number}" for number in range(trials))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_slow_senders_stop_nobody_and_are_ended(served: Served) -> None:
    head = b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
    head += f"Authorization: {AUTHORIZED['Authorization']}\r\n".encode()
    # what is sent at once, and what of it follows byte by byte: nothing, a header that never ends, a body
    kinds = [(b"", b""), (b"G", b""), (head, b"x"), (head + b"\r\n", b" "), (head + b"\r\n{", b" ")]
    before = median_time(served)
    slow = []
    for number in range(300):
        connection = socket.create_connection(("127.0.0.1", served.port))
        beginning, rest = kinds[number % len(kinds)]
        connection.sendall(beginning)
        slow.append((connection, rest))
    began = time.monotonic()
    stop = threading.Event()

    def dribble() -> None:
        while not stop.wait(0.5):
            for connection, rest in slow:
                with contextlib.suppress(OSError):
                    connection.sendall(rest)

    dribbler = threading.Thread(target=dribble)
    dribbler.start()
    during = median_time(served)
    assert time.monotonic() - began < DEADLINE, "not measured beside the slow ones"
    answers = [last_words(connection) for connection, _ in slow]
    stop.set()
    dribbler.join()
    assert time.monotonic() - began < 3 * DEADLINE
    assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers), set(answers)
    assert during < 20 * before
    with served.client() as client:
        assert client.get("/v1/sources").json()["items"] == []
    assert served.count("counterclaim_connections_in_use") == 0


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_client_that_is_answered_early_is_ended_too(served: Served) -> None:
    """What nobody reads, and what is no request, keeps no connection open either."""
    json_head = b"Host: x\r\nContent-Type: application/json\r\n"
    kinds = [
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"),
        (b"\r\n", b"\r\n"),
        (b"POST /v1/sources HTTP/1.1\r\n" + json_head + b"Content-Length: 900000\r\n\r\n", b"x"),
        (b"POST /v1/sources HTTP/1.1\r\n" + json_head + b"Content-Length: 9000000\r\n\r\n", b"x"),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n", b"x"),
        (b"POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\n\r\nGET /v1 HTTP/1.1\r\nX", b"x"),
    ]
    with ThreadPoolExecutor(len(kinds)) as pool:
        ended = list(pool.map(lambda kind: ended_after(served, *kind), kinds))
    assert all(after < 3 * DEADLINE for after in ended), ended


def ended_after(served: Served, beginning: bytes, rest: bytes) -> float:
    """Seconds until a connection over which something comes every half second is closed."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.settimeout(0.5)
        connection.sendall(beginning)
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 5 * DEADLINE:
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(65_536):
                        break
                    continue
                connection.sendall(rest)
    return time.monotonic() - began


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_client_that_does_not_read_is_ended(served: Served) -> None:
    with served.client() as client:
        for _ in range(30):
            assert client.post("/v1/sources", json={"kind": "paper", "title": "T", "notes": "N" * 19_000}).is_success
        whole = len(client.get("/v1/sources").content)
    deaf = []
    times = 30  # more than the system itself keeps for a connection
    for _ in range(10):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(b"GET /v1/sources HTTP/1.1\r\nHost: x\r\n\r\n" * times)
        deaf.append(connection)
    time.sleep(4 * DEADLINE)
    for connection in deaf:
        assert len(last_words(connection)) < times * whole  # it was closed before all was said
    assert "exception" not in served.log


def median_time(served: Served) -> float:
    with served.client() as client:
        return statistics.median(client.get("/v1/sources").elapsed.total_seconds() for _ in range(40))


def last_words(connection: socket.socket) -> bytes:
    """What the service says before it closes the connection; it must close it."""
    connection.settimeout(3 * DEADLINE)
    said = b""
    with connection, contextlib.suppress(ConnectionResetError):
        while found := connection.recv(65_536):
            said += found
    return said


def test_clients_that_hang_up_leave_nothing_behind(served: Served) -> None:
    body = json.dumps({"kind": "paper", "title": "T"}).encode()
    post = b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    post += f"Authorization: {AUTHORIZED['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    get = b"GET /v1/sources HTTP/1.1\r\nHost: x\r\n\r\n"
    for number in range(200):
        connection = socket.create_connection(("127.0.0.1", served.port))
        connection.sendall(post if number % 2 else get)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by a reset
        connection.close()
    until = time.monotonic() + 15
    while served.count("counterclaim_connections_in_use") > 0:
        assert time.monotonic() < until, "connections to the database stayed checked out"
        time.sleep(0.1)
    with served.client() as client:
        assert client.post("/v1/sources", json={"kind": "paper", "title": "T"}).status_code == 201
        # what was done for those who left is whole: each record has its history
        stored, changes = client.get("/v1/sources?limit=200").json(), client.get("/v1/changes?limit=200").json()
    assert len(stored["items"]) == len(changes["items"])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET /v1 HTTP/9.9\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\n" + b"X-Filler: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\n" + b"X-Filler: x\r\n" * 10_000 + b"\r\n", 431),
        (b"GET /v1 HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"GET /v1 HTTP/1.1\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", 400),
        (b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello", 400),
        (b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", 400),
    ],
    ids=lambda value: str(value)[2:30] + str(len(value)) if isinstance(value, bytes) else None,
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_is_no_request_is_told_in_the_same_words(served: Served, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(sent)
        said = last_words(connection)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), said[:200]
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_trailer_is_no_header(served: Served) -> None:
    """RFC 9110, section 6.5.1: a recipient must not merge trailers that frame, route or authenticate a request."""
    body = b'{"kind":"paper","title":"T"}'
    sent = (
        b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n%x\r\n%s\r\n0\r\nAuthorization: Bearer %s\r\n\r\n"
        % (len(body), body, str(ADMIN).encode())
    )
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(sent)
        said = last_words(connection)
    assert said.startswith(b"HTTP/1.1 401 "), said[:200]
