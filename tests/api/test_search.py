"""Search: sensible hits in any script, never an error, and the same on both databases."""

from typing import Any

import pytest

from service.store.lists import facets, search
from tests.support import Api, claim, figure, seed, selects


def found(api: Api, q: str, **params: Any) -> list[str]:
    return [hit["key"] for hit in api.get("/search", q=q, **params)["items"]]


def test_records_of_all_kinds_are_found_best_first(demo: Api) -> None:
    hits = demo.get("/search", q="deepseek", limit=100)["items"]
    assert (hits[0]["kind"], hits[0]["key"]) == ("entity", "deepseek")
    assert {hit["kind"] for hit in hits} == {"comparison", "claim", "source", "entity", "proposition"}
    assert {hit["kind"] for hit in demo.get("/search", q="deepseek", kind="source")["items"]} == {"source"}


def test_a_hit_shows_where_the_words_stand(api: Api) -> None:
    seed(api)
    api.post(
        "/claims", claim("lab", key="c", statement=f"{'Long before. ' * 40}Training cost $5.5 million", quote="no")
    )
    (hit,) = api.get("/search", q="training 5.5 mill")["items"]
    (match,) = hit["matches"]
    assert (hit["kind"], hit["key"], hit["status"], match["pointer"]) == ("claim", "c", "active", "/statement")
    assert [match["text"][start:end] for start, end in match["offsets"]] == ["Training", "5.5", "mill"]
    assert hit["title"][match["start"] :].startswith(match["text"])


def test_aliases_authors_and_quotes_are_searched(api: Api) -> None:
    seed(api)
    api.patch("/entities/model", {"aliases": ["深度求索", "Nickname"]})
    api.patch("/sources/paper", {"authors": ["Ada Lovelace"], "publisher": "The Journal"})
    api.post("/claims", claim("lab", key="c", quote="as he said himself"))
    assert found(api, "深度") == ["model"]
    assert found(api, "lovelace journal") == ["paper"]
    assert found(api, "himself") == ["c"]
    (hit,) = api.get("/search", q="nickname")["items"]
    assert hit["matches"][0]["pointer"] == "/aliases/1"


def test_what_is_withdrawn_is_not_found(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="c", statement="unique wording"))
    assert found(api, "unique") == ["c"]
    api.withdraw("/claims/c")
    assert found(api, "unique") == []


@pytest.mark.parametrize(
    "q", ['"', "-", "*", "AND", "NOT x", "%", "_", "(", "a:b", "\\", "'; DROP TABLE x; --", "🐋", "…", "\u202e"]
)
def test_no_query_is_an_error(demo: Api, q: str) -> None:
    assert demo.client.get("/v1/search", params={"q": q}).status_code == 200


def test_a_search_takes_a_bounded_number_of_statements(demo: Api) -> None:
    with demo.counting() as statements:
        demo.get("/search", q="training cost", limit=100)
    assert len(selects(statements)) == 5 + 2 * 3 + 1 + 2  # records; names of each word; comparisons; what is shown
    with demo.counting() as statements:
        demo.get("/search", q=" ".join(map(str, range(50))), limit=100)
    assert len(selects(statements)) == 5


@pytest.mark.parametrize("q", ["gpt4", "GPT-4", "gpt 4"])
def test_a_name_is_found_with_and_without_its_hyphen(demo: Api, q: str) -> None:
    assert "gpt-4" in found(demo, q, kind="entity")
    assert "gpt-4.training-cost" in found(demo, q, kind="comparison")


@pytest.mark.parametrize("q", ["R1 294000", "r1 294,000", "294000 training cost r1", "deepseek-r1 294000"])
def test_a_comparison_is_found_by_its_names_and_numbers(demo: Api, q: str) -> None:
    hits = demo.get("/search", q=q, kind="comparison")["items"]
    (hit,) = [one for one in hits if one["key"] == "deepseek-r1.training-cost.on-top-of-base"]
    assert hit["title"] == "DeepSeek-R1: Training cost (On top of the base model)"
    assert hit["text"].startswith("DeepSeek reported $294,000.")


def test_a_comparison_of_a_period_is_found_by_it(api: Api) -> None:
    seed(api)
    api.patch("/metrics/cost", {"over_time": "by_period"})
    for year in ("2023", "2024"):
        api.post("/claims", claim("lab", figure("5", period=year), statement=f"In {year}"))
    assert found(api, "cost 2024", kind="comparison") == ["model.cost@2024"]


def test_a_metric_is_found_by_its_name(demo: Api) -> None:
    assert "training-cost" in found(demo, "training cost", kind="metric")


def test_a_claim_is_found_by_the_numbers_of_its_figures_as_they_are_now(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("5576000"), key="c", statement="It cost 5.576 million"))
    assert found(api, "5,576,000", kind="claim") == ["c"]
    api.patch(f"/figures/{made['figures'][0]['id']}", {"value": "5600000"})
    assert (found(api, "5576000", kind="claim"), found(api, "5600000", kind="claim")) == ([], ["c"])
    hit = api.get("/search", q="5600000", kind="claim")["items"][0]
    assert hit["claimant"]["key"] == "lab"
    assert hit["figures"] == ["Cost: $5.6M"]


def test_the_results_of_a_search_go_on_page_by_page(demo: Api) -> None:
    whole = [(hit["kind"], hit["id"]) for hit in demo.get("/search", q="deepseek", limit=100)["items"]]
    seen, cursor = [], None
    while True:
        page = demo.get("/search", q="deepseek", limit=30, **({"cursor": cursor} if cursor else {}))
        seen += [(hit["kind"], hit["id"]) for hit in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole
    first = demo.get("/search", q="deepseek", limit=5)["next_cursor"]
    assert demo.client.get("/v1/search", params={"q": "other", "cursor": first}).status_code == 422


def test_more_matches_than_are_counted_are_said_to_be_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(api)
    for number in range(4):
        api.post("/claims", claim("lab", statement=f"Costly {number}"))
    found = api.get("/search", q="costly")
    assert (len(found["items"]), found["total"], found["total_is_exact"]) == (4, 4, True)
    monkeypatch.setattr(search, "_COUNTED", 3)
    found = api.get("/search", q="costly", kind="claim", limit=1)
    assert (len(found["items"]), found["total"], found["total_is_exact"]) == (1, 3, False)
    assert api.get("/search", q="kind=claim")["items"] == []


def test_facets_of_more_figures_than_are_counted_say_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(api)
    for number in range(4):
        api.post("/claims", claim("lab", figure(str(number)), statement=f"{number}"))
    params = {"field": "claimant"}
    found = api.get("/facets", **params)
    assert ([one["count"] for one in found["values"]], found["is_exact"]) == ([4], True)
    monkeypatch.setattr(facets, "_COUNTED", 2)
    api.post("/entities", {"key": "another", "kind": "person", "name": "Another"})
    found = api.get("/facets", **params)
    assert ([one["count"] for one in found["values"]], found["is_exact"]) == ([2], False)
