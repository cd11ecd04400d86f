"""Verdict changes are rows of the feed: written with what caused them, and only when something changed."""

from typing import Any

from service.store.comparisons.outdated_summaries import recompute
from service.store.comparisons.summary import forget_all
from tests.support import Api, claim, figure, seed


def verdicts(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/changes", kind="comparison", limit=200)["items"]
    return found


def test_a_conflict_is_told_with_its_pair_and_what_was_computed(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5", scope="full"), key="low"))
    assert verdicts(api) == [], "one claimant alone says nothing new"
    api.post("/claims", claim("analyst", figure("7", scope="full"), key="high"))
    (told,) = verdicts(api)
    summary = api.get("/comparisons/model.cost.full")
    assert (told["changed"], told["operation"], told["version"]) == (["agreement"], "update", 1)
    assert told["record_id"] == summary["id"]
    shared = told["snapshot"].keys() & summary.keys()
    assert {name: told["snapshot"][name] for name in shared} == {name: summary[name] for name in shared}
    low, high = (api.get(f"/claims/{key}")["figures"][0]["id"] for key in ("low", "high"))
    assert (told["snapshot"]["least_figure_id"], told["snapshot"]["most_figure_id"]) == (low, high)


def test_it_is_of_the_transaction_that_caused_it(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5", scope="full")))
    made = api.client.post("/v1/claims", json=claim("analyst", figure("7", scope="full")))
    (told,) = verdicts(api)
    assert told["request_id"] == made.headers["X-Request-Id"]
    assert told["actor"] is not None
    same = [one for one in api.get("/changes", limit=200)["items"] if one["at"] == told["at"]]
    assert {one["kind"] for one in same} >= {"claim", "figure", "comparison"}


def test_each_kind_of_news_has_its_name(api: Api) -> None:
    seed(api)
    first = api.post("/claims", claim("lab", figure("5", scope="full"), key="first"))
    api.post("/claims", claim("analyst", figure("7", scope="full", basis="estimated"), key="second"))
    api.post("/claims", claim("third", figure("9", scope="full"), key="third"))
    api.post("/claims", claim("third", figure("50", scope="full"), key="copy", derived_from="first"))
    api.withdraw("/claims/third")
    api.withdraw("/claims/second")
    assert [one["changed"] for one in verdicts(api)] == [
        ["agreement", "verdict"], ["verdict", "widest"], ["drift"], ["verdict", "widest"], ["agreement", "verdict"],
    ]  # fmt: skip
    assert first["key"] == "first"


def test_what_changes_nothing_is_not_told(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5", scope="full")))
    api.post("/claims", claim("analyst", figure("7", scope="full"), key="second"))
    before = verdicts(api)
    api.patch("/claims/second", {"statement": "in other words"})
    api.post("/claims", claim("third", figure("6", scope="full")))
    api.patch("/entities/lab", {"name": "Another name"})
    assert verdicts(api) == before


def test_a_recomputation_tells_nothing(demo: Api) -> None:
    before = verdicts(demo)
    assert len(before) > 5
    demo.database.write(forget_all)
    assert recompute(demo.database, lambda _done, _total: None) > 40
    assert verdicts(demo) == before
