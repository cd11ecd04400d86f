"""Every computed answer has an address that keeps it, whatever is written later."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from service.store.records import record_writes
from tests.support import Api, claim, figure, pointers, seed

BETWEEN = "/v1/comparisons/between?left=model.cost.full&right=model.cost.part"
ANSWERS = [
    "/v1/comparisons", "/v1/comparisons?subject=model&metric=cost&sort=-gap", "/v1/comparisons/model.cost.full",
    BETWEEN, "/v1/disagreements", "/v1/disagreements?kind=drift", "/v1/comparisons/model.cost.full/chart.svg",
    "/v1/comparisons/model.cost.full/timeline.svg", "/v1/comparisons/model.cost.full/chart.vl.json",
    "/v1/disagreements/chart.svg", "/v1/tables/figures.json", "/v1/tables/figures.csv", "/v1/tables/comparisons.json",
    "/v1/tables/disagreements.csv", "/v1/tables/timeseries.json?layout=wide",
    "/v1/tables/comparisons.csv?as_of=2026-01-01",
]  # fmt: skip
PAGES = ["/", "/comparisons", "/comparisons/model.cost.full", "/entities/model", "/entities/lab", "/quantities/cost",
         "/compare?left=model.cost.full&right=model.cost.part"]  # fmt: skip


def bookmark(answer: httpx.Response) -> str:
    found = re.search(r'<([^>]+)>; rel="bookmark"', answer.headers["Link"])
    assert found is not None
    return found[1]


def written(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5", scope="full"), figure("3", scope="part"), key="first"))
    api.post("/claims", claim("analyst", figure("7", scope="full", basis="estimated"), key="second"))
    api.post("/claims", claim("third", figure("50", scope="full"), key="copy", derived_from="first"))
    dispute = {"disputed_claim": "first", "type": "method", "raised_by": "third", "rationale": "no", "key": "doubt"}
    api.post("/disputes", dispute)


def change_everything(api: Api) -> None:
    api.patch("/entities/lab", {"name": "Another name"})
    api.patch("/metrics/cost", {"name": "Another metric", "additive": "none"})
    api.patch("/metrics/cost/scopes/full", {"name": "Everything"})
    api.patch("/sources/paper", {"title": "Another title", "published": "2024"})
    api.patch("/claims/second", {"statement": "said otherwise"})
    own = api.get("/claims/first")["figures"][0]["id"]
    api.patch(f"/figures/{own}", {"value": "500"})
    api.withdraw("/disputes/doubt")
    api.post("/claims", claim("analyst", figure("9", scope="full"), key="third", supersedes="second"))
    api.withdraw("/claims/copy")
    for number in range(40):
        api.post("/claims", claim("third", figure(str(number), scope="part"), statement=f"later {number}"))


def test_a_lasting_address_keeps_every_answer(api: Api) -> None:
    written(api)
    lasting = {path: bookmark(api.client.get(path)) for path in ANSWERS}
    before = {path: api.client.get(address).content for path, address in lasting.items()}
    tags = {path: api.client.get(address).headers["ETag"] for path, address in lasting.items()}
    change_everything(api)
    for path, address in lasting.items():
        answer = api.client.get(address)
        assert answer.content == before[path], path
        assert bookmark(answer) == address, "an answer of the past is its own lasting address"
        again = api.client.get(address, headers={"If-None-Match": tags[path]})
        assert again.status_code == 304, path
        assert api.client.get(path).content != before[path], path


def test_a_lasting_address_keeps_the_content_of_every_page(api: Api) -> None:
    written(api)
    lasting = {path: bookmark(api.client.get(path)) for path in PAGES}
    before = {path: api.client.get(address).text for path, address in lasting.items()}
    change_everything(api)
    for path, address in lasting.items():
        after = api.client.get(address)
        assert after.status_code == 200
        assert after.text == before[path], path


def test_an_answer_of_now_says_the_same_as_its_lasting_address(demo: Api) -> None:
    for path in ("/v1/comparisons", "/v1/disagreements", "/v1/disagreements?kind=drift", "/v1/tables/figures.json",
                 "/v1/tables/comparisons.json", "/v1/disagreements?kind=part_exceeds_whole",
                 "/v1/tables/disagreements.json", "/v1/tables/timeseries.json"):  # fmt: skip
        now = demo.client.get(path, params={"limit": "200"})
        then = demo.client.get(bookmark(now)).json()
        assert without_dates(then) == without_dates(now.json()), path


def without_dates(part: Any) -> Any:
    """The moment itself, and when a summary changed: then, when a record behind it did."""
    if isinstance(part, dict):
        return {
            n: without_dates(v) for n, v in part.items() if n not in ("recorded_as_of", "updated_at", "next_cursor")
        }
    return [without_dates(one) for one in part] if isinstance(part, list) else part


def test_withdrawn_figures_are_on_record_as_well(api: Api) -> None:
    written(api)
    api.withdraw(f"/figures/{api.get('/claims/first')['figures'][0]['id']}")
    now = api.client.get("/v1/tables/figures.json", params={"withdrawn": "true"})
    then = api.client.get(bookmark(now)).json()
    assert [row["id"] for row in then["rows"]] == [row["id"] for row in now.json()["rows"]] != []


def test_a_page_of_a_list_goes_on_as_it_was(api: Api) -> None:
    written(api)
    first = api.client.get("/v1/comparisons", params={"limit": "1"})
    then = bookmark(first)
    change_everything(api)
    page = api.client.get(then).json()
    rest = api.client.get(then, params={"cursor": page["next_cursor"]}).json()
    assert page["items"][0]["key"] == first.json()["items"][0]["key"]
    assert rest["items"][0]["key"] != page["items"][0]["key"]


def test_a_list_as_of_a_moment_has_a_bound(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    written(api)
    at = bookmark(api.client.get("/v1/comparisons"))
    monkeypatch.setattr("service.store.audit.recorded.MOST_MEASURANDS", 1)
    answer = api.client.get(at)
    assert (answer.status_code, pointers(answer.json())) == (422, ["/recorded_as_of"])


def test_a_filter_by_what_was_not_there_yet_finds_nothing_of_it(api: Api) -> None:
    written(api)
    at = api.get("/changes", limit=200)["items"][-1]["at"]
    api.post("/entities", {"key": "late", "kind": "model", "name": "Late"})
    answer = api.client.get("/v1/comparisons", params={"subject": "late", "recorded_as_of": at})
    assert answer.status_code == 422


def test_moments_rise_even_when_the_clock_goes_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    written(api)
    back = datetime.now(UTC) - timedelta(days=1)
    monkeypatch.setattr(record_writes, "now", lambda: back)
    api.patch("/entities/lab", {"name": "Then"})
    monkeypatch.undo()
    moments = [one["at"] for one in api.get("/changes", limit=200)["items"]]
    assert moments == sorted(moments)
    assert moments[-1] > moments[-2]
