"""The entry point, health, problems, unknown routes and methods."""

import time

import pytest

from service.db import migrate, revisions
from service.domain.vocabulary import VOCABULARIES
from tests.support import ADMIN, Api


def test_every_link_of_the_entry_point_leads_somewhere(demo: Api) -> None:
    links = demo.get("")["links"]
    required = {"positions": {"subject": "deepseek"}, "search": {"q": "r1"}, "facets": {"field": "basis"}}
    required["between"] = {"left": "gpt-4.training-cost", "right": "gemini-ultra.training-cost"}
    for name, link in links.items():
        params = required.get(name)
        headers = {"Authorization": f"Bearer {ADMIN}"}
        with demo.client.stream("GET", link, params=params, headers=headers) as answer:  # one of them never ends
            if name in ("imports", "drafts"):  # only sent to
                assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), link
            else:
                assert answer.status_code == 200, link


@pytest.mark.parametrize("kind", ["sqlite"])
def test_every_vocabulary_is_told_with_its_meanings(api: Api) -> None:
    told = api.get("")["vocabularies"]
    for name, vocabulary in VOCABULARIES.items():
        assert {term["value"] for term in told[name]} == set(vocabulary)
        assert all(term["meaning"] for term in told[name])
    assert {"hour", "GPU", "FLOP", "MW", "tCO2e"} <= {term["value"] for term in told["unit"]}
    assert {"value": "USD", "meaning": "US Dollar"} in told["currency"]


def test_the_service_lives_and_is_ready(api: Api) -> None:
    assert api.client.get("/health/live").json() == {"status": "ok"}
    ready = api.client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "revision": revisions.head_revision()})


@pytest.mark.parametrize("kind", ["sqlite"])
def test_liveness_touches_no_database(api: Api) -> None:
    with api.counting() as statements:
        api.client.get("/health/live")
    assert statements == []


def test_a_database_behind_the_migrations_is_not_ready(api: Api) -> None:
    migrate.downgrade(api.database, "base")
    answer = api.client.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert api.client.get("/health/live").status_code == 200
    migrate.upgrade(api.database)
    time.sleep(1.1)  # the answer is kept for a second
    assert api.client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", ["/v2", "/v1/nothing", "/v1/sources/", "/v1/claims/x/y"])
def test_an_unknown_address_is_a_problem_too(api: Api, path: str) -> None:
    answer = api.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert (problem["status"], problem["code"]) == (404, "not_found")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/sources", "GET, HEAD, POST"),
        ("POST", "/v1/sources/x", "DELETE, GET, HEAD, PATCH"),
        ("DELETE", "/v1/comparisons", "GET, HEAD"),
        ("GET", "/v1/claims/x/restore", "POST"),
        ("POST", "/health/live", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_taken_says_which_are(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/docs", "/openapi.json", "/v1", "/v1/claims"])
def test_head_is_answered_wherever_get_is(demo: Api, path: str) -> None:
    get, head = demo.client.get(path), demo.client.head(path)
    assert (get.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_id_of_a_request_is_in_its_answer(api: Api) -> None:
    given = api.client.get("/v1/nothing", headers={"X-Request-Id": "mine-42"})
    assert given.headers["x-request-id"] == given.json()["request_id"] == "mine-42"
    made = api.client.get("/v1/nothing", headers={"X-Request-Id": "no good id!"})
    assert made.headers["x-request-id"] == made.json()["request_id"] != "no good id!"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_reference_page_loads_nothing_from_elsewhere(api: Api) -> None:
    page = api.client.get("/docs/plain").text
    assert "<script" not in page
    assert "src=" not in page
    assert 'href="http' not in page  # samples show addresses
    assert page.count("<details") > 60


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_browser_loads_nothing_for_an_answer(api: Api) -> None:
    for path in ("/v1", "/v1/nothing", "/health/live"):
        headers = api.client.get(path).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["x-content-type-options"] == "nosniff"
    assert api.client.get("/docs/plain").headers["content-security-policy"].count("sha256-") == 1


def test_a_commit_that_fails_is_not_acknowledged(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_connection: object) -> None:
        raise RuntimeError("the disk is gone")

    body = {"kind": "paper", "title": "T", "key": "lost"}
    monkeypatch.setattr(api.database.writer.dialect, "do_commit", refuse)
    answer = api.client.post("/v1/sources", json=body)
    monkeypatch.undo()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "disk" not in answer.text
    assert api.client.get("/v1/sources/lost").status_code == 404
