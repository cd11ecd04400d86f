"""What surrounds every answer: who may keep it, which pages may read it, which hosts and proxies are believed, logs."""

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from service import logs
from service.app import create_app
from service.config import AppSettings
from service.db.engine import Database
from tests.conftest import LiveServer
from tests.support import ADMIN, Api

KEY = {"Authorization": f"Bearer {ADMIN}"}
Served = Callable[..., httpx.Client]


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    """A client of a service with other settings."""
    running: list[tuple[LiveServer, httpx.Client, Database]] = []

    def serve(**settings: Any) -> httpx.Client:
        plain: dict[str, Any] = {"database_url": database_url, "access_log": False, "rate_limits": False}
        app = create_app(AppSettings(**plain | settings))
        server = LiveServer(app)
        running.append((server, httpx.Client(base_url=server.url, timeout=10), app.state.database))
        return running[-1][1]

    yield serve
    for server, client, database in running:
        client.close()
        server.stop()
        database.close()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_is_read_may_be_kept_by_whom_it_is_for(api: Api) -> None:
    api.post("/sources", {"key": "s", "kind": "paper", "title": "T"})
    kept = {
        **{f"/v1/{name}": ({}, "public, no-cache") for name in ("sources", "metrics", "claims", "changes")},
        "/v1/sources/s": (KEY, "private, no-cache"),
        "/v1/me": (KEY, "no-store"),
        "/v1/keys": (KEY, "no-store"),
        "/v1/sources/none": ({}, "no-store"),
        "/health/ready": ({}, "no-store"),
        "/openapi.json": ({}, "public, no-cache"),
    }
    for path, (headers, expected) in kept.items():
        answer = api.client.get(path, headers=headers)
        assert answer.headers["cache-control"] == expected, path
        assert "Authorization" in answer.headers.get_list("vary", split_commas=True), path
    made = api.client.post("/v1/sources", json={"kind": "paper", "title": "T"})
    assert made.headers["cache-control"] == "no-store"
    tag = api.etag("/sources/s")
    unchanged = api.client.get("/v1/sources/s", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers["cache-control"]) == (304, "public, no-cache")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_browsers_are_told_to_load_nothing_for_an_answer(api: Api) -> None:
    for path in ("/v1", "/v1/nothing", "/health/live", "/docs"):
        headers = api.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_only_pages_of_named_origins_may_read(served: Served) -> None:
    client = served(cors_origins=["https://dashboard.example"])
    answer = client.get("/v1/sources", headers={"Origin": "https://dashboard.example"})
    assert answer.headers["access-control-allow-origin"] == "https://dashboard.example"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert {"Origin", "Authorization"} <= set(", ".join(answer.headers.get_list("vary")).split(", "))
    other = client.get("/v1/sources", headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in other.headers
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match"}
    preflight = client.options("/v1/sources/s", headers={"Origin": "https://dashboard.example", **asked})
    assert (preflight.status_code, "PATCH" in preflight.headers["access-control-allow-methods"]) == (200, True)
    refused = client.options("/v1/sources/s", headers={"Origin": "https://elsewhere.example", **asked})
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("kind", ["sqlite"])
def test_without_origins_no_page_may_read(api: Api) -> None:
    answer = api.client.get("/v1/sources", headers={"Origin": "https://dashboard.example"})
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_only_our_own_names_are_answered(served: Served) -> None:
    client = served(trusted_hosts=["claims.example", "*.claims.example", "127.0.0.1", "[::1]"])
    expected = {
        "claims.example": 200,
        "CLAIMS.example:8000": 200,
        "eu.claims.example": 200,
        "127.0.0.1:1": 200,
        "[::1]:8000": 200,
        "evilclaims.example": 400,
        "claims.example.evil": 400,
        "": 400,
    }
    assert client.get("/health/live", headers={"Host": "10.0.0.7:8000"}).status_code == 200
    for host, status in expected.items():
        answer = client.get("/v1/sources", headers={"Host": host})
        assert answer.status_code == status, host
        if status == 400:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("proxies", "seen"), [(["127.0.0.1"], "203.0.113.9"), ([], "127.0.0.1")])
def test_only_named_proxies_are_believed(
    served: Served, capsys: pytest.CaptureFixture[str], proxies: list[str], seen: str
) -> None:
    lines = log_of(
        lambda: served(access_log=True, trusted_proxies=proxies).get(
            "/v1/sources", headers={"X-Forwarded-For": "203.0.113.9"}
        ),
        capsys,
    )
    assert [line["client"] for line in lines if line["event"] == "request"] == [seen]


# Logs ----------------------------------------------------------------------------------------------------------------


def log_of(act: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines logged while acting, each of them JSON."""
    root = logging.getLogger()
    before = (root.handlers, root.level)
    logs.configure()
    try:
        act()
    finally:
        root.handlers, root.level = before
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line]
    return [line for line in lines if line["logger"] != "httpx"]  # our own client's


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_request_is_one_line_without_what_it_held(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> None:
        client = served(access_log=True)
        client.post(
            "/v1/sources?secret=query",
            json={"kind": "paper", "title": "secret body"},
            headers={**KEY, "X-Request-Id": "r-1", "X-Other": "secret header"},
        )
        client.get("/v1/sources", headers={"Authorization": "Bearer secret"})

    lines = [line for line in log_of(act, capsys) if line["event"] == "request"]
    assert "secret" not in json.dumps(lines)
    assert ADMIN.secret not in json.dumps(lines)
    first, second = lines
    assert {name: first[name] for name in ("method", "path", "status", "request_id", "key_id", "level")} == {
        "method": "POST",
        "path": "/v1/sources",
        "status": 422,
        "request_id": "r-1",
        "key_id": ADMIN.id,
        "level": "info",
    }
    assert (second["status"], second["key_id"]) == (401, None)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_fault_of_ours_is_logged_without_its_message(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def act() -> None:
        client = served()
        monkeypatch.setattr("service.store.lists.pagination._bind", lambda *_: int("secret of the body"))
        answer = client.get("/v1/sources", headers={"X-Request-Id": "r-2"})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert "secret" not in answer.text

    (fault,) = [line for line in log_of(act, capsys) if line["event"] == "fault"]
    assert (fault["exception"], fault["request_id"]) == ("builtins.ValueError", "r-2")
    assert any("pagination.py" in frame for frame in fault["stack"])
    assert "secret" not in json.dumps(fault)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_key_in_an_address_does_not_reach_the_log(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    lines = log_of(lambda: served(access_log=True).delete(f"/v1/keys/{ADMIN}", headers=KEY), capsys)
    assert ADMIN.secret not in json.dumps(lines)
    assert any("***" in line.get("path", "") for line in lines)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_client_that_hangs_up_is_no_fault(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> None:
        client = served(access_log=True)
        with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
            connection.sendall(
                b"POST /v1/sources HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
                b"Authorization: " + KEY["Authorization"].encode() + b"\r\n\r\n{"
            )
            time.sleep(0.3)
        time.sleep(0.5)

    lines = log_of(act, capsys)
    assert [line["status"] for line in lines if line["event"] == "request"] == [499]
    assert not any(line["event"] == "fault" for line in lines)


# Metrics -------------------------------------------------------------------------------------------------------------


def test_requests_and_connections_are_measured(api: Api) -> None:
    api.get("/sources")
    api.client.get("/v1/sources/of-no-interest")
    told = api.client.get("/metrics").text
    assert 'handler="/v1/sources/{ref}"' in told
    assert "of-no-interest" not in told
    assert 'counterclaim_connections_in_use{engine="writer"} 0.0' in told


# Settings -------------------------------------------------------------------------------------------------------------


def test_lists_among_the_settings_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERCLAIM_CORS_ORIGINS", "https://a.example, https://b.example")
    assert AppSettings().cors_origins == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WRITES_PER_KEY", "many"),
        ("WRITES_PER_KEY", "0/minute"),
        ("PORT", "70000"),
        ("HOST", ""),
        ("PUBLIC_READS", "perhaps"),
        ("REQUEST_SECONDS", "0"),
        ("TRUSTED_HOSTS", ""),
        ("TRUSTED_HOSTS", "https://api.example.org"),
        ("TRUSTED_PROXIES", "proxy"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("CORS_ORIGINS", "https://example.org/"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"COUNTERCLAIM_{name}", value)
    with pytest.raises(ValueError, match=name.lower()):
        AppSettings()
