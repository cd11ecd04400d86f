"""The client for addresses that users give: it goes to public addresses only, and bounds every exchange."""

import socket
import time
from typing import Any

import pytest

from service.errors import Invalid
from service.outbound import client as module
from service.outbound.client import Failed, OutboundClient, Refused
from tests.outbound.receiver import receiving

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.88.99.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[2002:7f00:1::]",
    "[fec0::1]", "[::ffff:0:10.0.0.1]", "[5f00::1]", "[3fff::1]", "１０.0.0.1",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[2001:0:1::1]",
]  # fmt: skip


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Resolves every name to these addresses, one answer after another."""
    asked: list[str] = []
    left = list(answers)

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_accepted_or_connected_to(host: str) -> None:
    with pytest.raises(Invalid):
        OutboundClient().check(f"https://{host}/hook")
    with pytest.raises(Refused):
        OutboundClient().send("POST", f"https://{host}/hook")


def test_an_address_in_any_script_is_sent_in_ascii() -> None:
    with receiving() as receiver:
        assert OutboundClient(["127.0.0.0/8"]).send("POST", f"{receiver.url}/ü?q=é", content=b"{}").status == 204
    OutboundClient().check("https://exämple.example/")
    with pytest.raises(Invalid):
        OutboundClient().check("https://[::1/")


def test_plain_http_is_for_allowed_networks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["93.184.216.34"])
    with pytest.raises(Invalid, match="https"):
        OutboundClient().check("http://example.org/hook")
    OutboundClient().check("https://example.org/hook")


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(Refused):
        OutboundClient().send("POST", "https://example.org/hook")


def test_a_name_that_moves_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    guarded = OutboundClient()
    guarded.check("https://example.org/hook")
    with pytest.raises(Refused):
        guarded.send("POST", "https://example.org/hook")
    assert len(asked) == 2, "once for the check, once for the connection: none in between"


def test_an_allowed_network_is_reached_and_redirects_are_not_followed() -> None:
    with receiving(302, 204) as receiver:
        guarded = OutboundClient(["127.0.0.0/8"])
        first = guarded.send("POST", receiver.url, headers={"webhook-id": "evt_1"}, content=b"{}")
        assert first.status == 302
        assert len(receiver.received) == 1


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with receiving() as receiver:
        assert OutboundClient(["127.0.0.0/8"]).send("POST", receiver.url, content=b"{}").status == 204


def test_one_deadline_bounds_a_receiver_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 1.0)

    def drip(handler: Any) -> None:
        for _ in range(40):
            handler.wfile.write(b"H")
            time.sleep(0.1)

    with receiving(drip) as receiver:
        began = time.monotonic()
        with pytest.raises(Failed):
            OutboundClient(["127.0.0.0/8"]).send("POST", receiver.url, content=b"{}")
        assert time.monotonic() - began < 3


def test_garbage_and_silence_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 1.0)
    guarded = OutboundClient(["127.0.0.0/8"])
    for answer in (lambda h: h.wfile.write(b"\x00\xff garbage\r\n\r\n"), lambda _: time.sleep(1.5)):
        with receiving(answer) as receiver, pytest.raises(Failed):
            guarded.send("POST", receiver.url, content=b"{}")
    with pytest.raises(Failed):
        guarded.send("POST", "http://127.0.0.1:1/hook")


def test_an_answer_is_read_up_to_its_limit() -> None:
    def say(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"x" * 5_000)

    guarded = OutboundClient(["127.0.0.0/8"])
    with receiving(say, say) as receiver:
        assert guarded.send("POST", receiver.url, content=b"{}", most_bytes=10_000).body == b"x" * 5_000
        with pytest.raises(Failed, match="too long"):
            guarded.send("POST", receiver.url, content=b"{}", most_bytes=1_000)
