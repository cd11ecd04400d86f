"""Reads go straight to their functions (`api/direct.py`) and answers are kept until something changes
(`api/polling.py`): what is said is what FastAPI's own way would say, and what is stored.
"""

from collections.abc import Iterator

import httpx
import pytest

from service.api.direct import Direct
from service.api.polling import Answer, Kept
from service.app import create_app
from service.config import Settings
from service.db.engine import Database
from tests.conftest import LiveServer
from tests.databases import Templates
from tests.support import Api, claim, figure, seed

R1 = "/v1/comparisons/deepseek-r1.training-cost.on-top-of-base"
PATHS = [
    "/v1", "/v1/claims", "/v1/claims?limit=2&sort=created_at", "/v1/claims?subject=deepseek-r1&basis=reported",
    "/v1/claims/r1-12", "/v1/claims/r1-12/history", "/v1/claims/r1-12/jsonld", "/v1/claims/nothing",
    "/v1/claims/%C3%A9", "/v1/claims/r1-12?x=1", "/v1/claims/r1-12?recorded_as_of=soon",
    "/v1/claims?limit=0", "/v1/claims?limit=2&limit=3", "/v1/claims?x=1", "/v1/claims?cursor=abc",
    "/v1/claims?subject=nobody", "/v1/claims/", "/v1//claims", "/v1/claims/r1-12/x", "/v1/nothing",
    "/v1/sources", "/v1/entities", "/v1/metrics", "/v1/figures?value_min=1e400", "/v1/disputes", "/v1/changes",
    R1, f"{R1}?about_tolerance=0.2", f"{R1}?about_tolerance=2", f"{R1}?as_of=2025-09-20", f"{R1}/chart.svg",
    "/v1/comparisons", "/v1/comparisons/between", f"/v1/comparisons/between?left={R1[16:]}&right={R1[16:]}",
    "/v1/disagreements", "/v1/disagreements?kind=drift", "/v1/disagreements?kind=love", "/v1/disagreements/claims",
    "/v1/tables", "/v1/tables/figures.json?limit=3", "/v1/tables/figures.csv?limit=3", "/v1/tables/x/schema",
    "/v1/facets?field=basis", "/v1/facets?field=love", "/v1/search?q=deepseek", "/v1/me", "/v1/keys",
    "/health/ready", "/v1/imports", "/v1/imports/template.csv", "/v1/export.csv",
]  # fmt: skip


@pytest.fixture(scope="module")
def otherwise(templates: Templates) -> Iterator[LiveServer]:
    """The service as FastAPI alone would run it."""
    settings = Settings(database_url=templates.clone("sqlite"), access_log=False, rate_limits=False)
    app = create_app(settings)
    assert any(one.cls is Direct for one in app.user_middleware)
    app.user_middleware = [one for one in app.user_middleware if one.cls is not Direct]
    server = LiveServer(app)
    yield server
    server.stop()


def said(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    return answer.status_code, headers, answer.content.replace(answer.headers["x-request-id"].encode(), b"")


def test_every_read_says_what_it_would_say_the_long_way(demo: Api, otherwise: LiveServer) -> None:
    otherwise.app.state.database = demo.database
    with httpx.Client(base_url=otherwise.url, timeout=30) as long_way:
        for path in PATHS:
            first = demo.client.get(path)
            assert said(first) == said(long_way.get(path)), path
            assert said(demo.client.head(path)) == said(long_way.head(path)), path
            for tag in (first.headers.get("ETag", "W/none"), "*", '"x"'):
                headers = {"If-None-Match": tag}
                assert said(demo.client.get(path, headers=headers)) == said(long_way.get(path, headers=headers)), path


ODD = [
    "limit=", "limit=%20", "limit=+5", "limit=5.0", "limit=1e1", "limit=007", "limit=%EF%BC%95", "limit", "&limit=5&&",
    "status=", "status=&status=active", "status=active&status=retracted", "status=active&status=active", "basis",
    "id=", "id=x&id=y", "cursor=", "text=", "text=%00", "text=%ff", "text=a;b", "subject=%20deepseek-r1", "Limit=5",
    "asserted_from=", "asserted_from=2025-02-30", "asserted_from=2025-01-01T00:00", "sort=", "sort=-created_at",
    "withdrawn=TRUE", "withdrawn=all", "limit=5#x", "limit=5%26x=1", "subject=deepseek-r1&subject=gpt-4",
]  # fmt: skip


@pytest.mark.parametrize("path", ["/v1/claims", "/v1/figures", "/v1/comparisons"])
def test_odd_queries_are_understood_and_refused_alike(demo: Api, otherwise: LiveServer, path: str) -> None:
    otherwise.app.state.database = demo.database
    with httpx.Client(base_url=otherwise.url, timeout=30) as long_way:
        for query in ODD:
            asked = f"{path}?{query}"
            assert said(demo.client.get(asked)) == said(long_way.get(asked)), asked


@pytest.mark.parametrize(
    "path", ["/v1/claims", "/v1/disagreements", "/v1/comparisons/model.cost", "/v1/facets?field=basis"]
)
def test_what_was_answered_is_answered_again_until_something_changes(api: Api, path: str) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5")))
    first = api.client.get(path)
    with api.counting() as statements:
        assert api.client.get(path).content == first.content
        again = api.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert len(statements) == 2, "each asks no more than whether anything has changed"
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


def test_what_is_kept_is_bounded() -> None:
    kept = Kept(most=20_000)
    database = object()
    for number in range(50):
        kept.keep((database, str(number)), Answer(b"x" * 1_000, {}))  # type: ignore[arg-type]
    there = [number for number in range(50) if kept.find((database, str(number)))]  # type: ignore[arg-type]
    assert there == list(range(40, 50)), "those asked for last"
    kept.keep((database, "large"), Answer(b"x" * 15_000, {}))  # type: ignore[arg-type]
    assert kept.find((database, "large")) is None, "one answer does not push out all others"  # type: ignore[arg-type]


def count(api: Api, line: str) -> float:
    told = httpx.get(f"{api.client.base_url}/metrics").text.splitlines()
    return sum(float(one.rsplit(" ", 1)[1]) for one in told if one.startswith(line))


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
