"""Cached responses are those that would be made now, and each response is counted under its route."""

from typing import Any

import httpx
import pytest

from service.api.response_cache import CachedResponse, Key, ResponseCache
from service.db.engine import Database
from tests.conftest import LiveServer
from tests.databases import Templates
from tests.support import Api, claim, figure, seed


@pytest.mark.parametrize(
    "path", ["/v1/claims", "/v1/disagreements", "/v1/comparisons/model.cost", "/v1/facets?field=basis"]
)
def test_a_response_is_cached_until_something_changes(api: Api, path: str) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5")))
    first = api.client.get(path)
    with api.counting() as statements:
        assert api.client.get(path).content == first.content
        again = api.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert statements == [], "neither asks more than for the last change"
    api.post("/claims", claim("analyst", figure("500")))
    after = api.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200
    assert after.content != first.content
    assert after.headers["ETag"] != first.headers["ETag"]


def test_two_databases_at_the_same_change_do_not_share_answers(templates: Templates, live: LiveServer) -> None:
    tags = []
    for _ in range(2):
        database = Database(templates.clone("sqlite", demo=True))
        live.app.state.database = database
        tags.append(httpx.get(f"{live.url}/v1/claims").headers["ETag"])
        database.close()
    assert tags[0] == tags[1], "the same bytes, copied"


def test_the_cache_is_bounded() -> None:
    cache = ResponseCache(max_bytes=20_000)
    database: Any = object()
    keys = [Key(database, str(number), "") for number in range(50)]
    for key in keys:
        cache.put(key, CachedResponse("tag", b"x" * 1_000, {}))
    assert [key for key in keys if cache.get(key, "tag")] == keys[40:], "the ones used last"
    large = Key(database, "large", "")
    cache.put(large, CachedResponse("tag", b"x" * 15_000, {}))
    assert cache.get(large, "tag") is None, "one response does not push out all others"


def test_a_response_takes_the_place_of_that_of_an_earlier_tag() -> None:
    cache = ResponseCache(max_bytes=20_000)
    database: Any = object()
    other = Key(database, "other", "")
    cache.put(other, CachedResponse("1", b"kept", {}))
    for tag in map(str, range(100)):
        cache.put(Key(database, "same", ""), CachedResponse(tag, b"x" * 1_000, {}))
    assert cache.get(Key(database, "same", ""), "98") is None
    assert cache.get(Key(database, "same", ""), "99") is not None
    assert cache.get(other, "1") is not None, "what is out of date pushes nothing out"


def count(api: Api, line: str) -> float:
    lines = httpx.get(f"{api.client.base_url}/metrics").text.splitlines()
    return sum(float(one.rsplit(" ", 1)[1]) for one in lines if one.startswith(line))


@pytest.mark.parametrize(
    ("method", "path", "handler", "status"),
    [
        ("GET", "/v1/claims/r1-12", "/v1/claims/{ref}", 200),
        ("GET", "/v1/claims/nothing", "/v1/claims/{ref}", 404),
        ("HEAD", "/v1/claims", "/v1/claims", 200),
        ("GET", "/v1/claims?x=1", "/v1/claims", 422),
        ("GET", "/claims/r1-12", "/claims/{ref}", 200),
        ("POST", "/v1/claims", "/v1/claims", 422),
        ("GET", "/made/up", "none", 404),
    ],
)
def test_requests_are_counted_by_route_and_status(demo: Api, method: str, path: str, handler: str, status: int) -> None:
    line = f'counterclaim_http_requests_total{{handler="{handler}",method="{method}",status="{status}"}}'
    before = count(demo, line)
    assert demo.client.request(method, path, json={} if method == "POST" else None).status_code == status
    assert count(demo, line) == before + 1
    assert count(demo, f'counterclaim_http_request_duration_seconds_count{{handler="{handler}"}}') >= before + 1
