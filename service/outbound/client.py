"""The client for every address that a user gives. It connects to public addresses only.

A name is resolved once, every address that it has must be public, and one of those is connected to, so that a name
cannot lead elsewhere between the check and the connection. It follows no redirects and knows no proxy. One deadline
bounds a whole exchange, however slowly the other side sends.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

import httpcore
import httpx

from service.errors import Invalid

Network = IPv4Network | IPv6Network
_SECONDS = 15.0  # for an exchange
_TO_CONNECT = 5.0
_NEVER = tuple(  # addresses that lead to others, and so perhaps to private ones
    ip_network(text)
    for text in (
        "2002::/16",
        "2001::/32",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "192.88.99.0/24",
        "::/96",
        "100.64.0.0/10",
        "fec0::/10",
        "::ffff:0:0:0/96",
        "5f00::/16",
        "3fff::/20",
    )
)
_MOST_BYTES = 1_000_000


class Refused(Exception):
    """The address is not one that this service connects to."""


class Failed(Exception):
    """There was no answer. The message says why, without anything that the other side sent."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class OutboundClient:
    """Sends single requests. `allowed` are networks that may be private; only to these, plain HTTP is sent. Safe to
    share between threads.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.allowed = [ip_network(one) for one in allowed]
        self._tls = httpx.create_ssl_context(trust_env=False)

    def check(self, url: str, pointer: str = "/url") -> None:
        """Raises Invalid at the pointer for an address that would be refused. A name that cannot be resolved now
        passes.
        """
        try:
            address = _address(url)
            scheme = address.scheme.decode()
            found = _resolved(address.host.decode(), address.port or 443)
            self._refuse(scheme, found)
        except Failed:
            if scheme != "https":
                raise Invalid.at(pointer, "Expected an address that begins with https.") from None
        except Refused as error:
            raise Invalid.at(pointer, str(error)) from None

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str] = {}, content: bytes = b"", most_bytes: int = 0
    ) -> Answer:
        """Returns the answer, with its body if it has at most `most_bytes`. Raises Refused or Failed."""
        backend = _Backend(self, time.monotonic() + _SECONDS)
        try:
            address = _address(url)
            backend.scheme = address.scheme.decode()
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, network_backend=backend, retries=0) as pool,
                pool.stream(method, address, headers=list(headers.items()), content=content or None) as response,
            ):
                body = _read(response, min(most_bytes, _MOST_BYTES))
                found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(response.status, found, body)
        except (httpcore.TimeoutException, TimeoutError):
            raise Failed("no answer in time") from None
        except httpcore.ConnectError as error:
            raise Failed(_why(error)) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError):
            raise Failed("the connection broke off, or the answer is not HTTP") from None

    def _refuse(self, scheme: str, found: Iterable[IPv4Address | IPv6Address]) -> None:
        """Raises Refused unless all addresses may be connected to."""
        for address in found:
            plain = getattr(address, "ipv4_mapped", None) or address
            if any(plain in network for network in self.allowed):
                continue
            if not plain.is_global or plain.is_multicast or any(plain in network for network in _NEVER):
                raise Refused("The host has an address that is not public.")
            if scheme != "https":
                raise Refused("Expected an address that begins with https.")


def _address(url: str) -> httpcore.URL:
    """The address as it is sent: the host in ASCII, the path percent-encoded. Raises Refused if it cannot be."""
    try:
        read = httpx.URL(url)
        return httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Refused("The address cannot be read.") from None


def _resolved(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    """All addresses of the host. Raises Failed if there is none."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ip_address(str(one[4][0]).partition("%")[0]) for one in found))
    except (OSError, UnicodeError, ValueError):
        raise Failed("the host has no address") from None


def _why(error: BaseException) -> str:
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and len(causes) < 5:
        causes.append(cause)
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return "the certificate is not valid"
    return "no secure connection" if any(isinstance(one, ssl.SSLError) for one in causes) else "nobody answers there"


def _read(response: httpcore.Response, most: int) -> bytes:
    body = bytearray()
    if most:
        for part in response.iter_stream():
            body += part
            if len(body) > most:
                raise Failed("the answer is too long")
    return bytes(body)


class _Backend(httpcore.SyncBackend):
    """Connects to an address that was checked, and bounds everything by one deadline."""

    def __init__(self, client: OutboundClient, deadline: float) -> None:
        self.client, self.deadline, self.scheme = client, deadline, "https"

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline bounds it
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        found = _resolved(host, port)
        self.client._refuse(self.scheme, found)
        last: Exception = Failed("the host has no address")
        for address in found[:4]:
            wait = min(_TO_CONNECT, left(self.deadline))
            try:
                stream = super().connect_tcp(str(address), port, wait, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Stream(stream, self.deadline)
        raise last


def left(deadline: float) -> float:
    """The seconds that are left. Raises TimeoutError if there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self.stream.read(max_bytes, left(self.deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self.stream.write(buffer, left(self.deadline))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        secure = self.stream.start_tls(ssl_context, server_hostname, left(self.deadline))
        return _Stream(secure, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
