"""Reconciliation, by the requests that OpenRefine documents."""

import json
from typing import Any

import httpx

from tests.support import Api


def asked(api: Api, noun: str, queries: dict[str, Any], status: int = 200) -> Any:
    """As OpenRefine asks: a form with the queries as JSON, without a key."""
    url = f"{api.client.base_url}/v1/reconcile/{noun}"
    answer = httpx.post(url, data={"queries": json.dumps(queries)})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_manifest_says_what_openrefine_needs(demo: Api) -> None:
    manifest = demo.get("/reconcile/entities")
    assert manifest["versions"] == ["0.2"]
    assert {"id": "organization", "name": "organization"} in manifest["defaultTypes"]
    page = manifest["view"]["url"].replace("{{id}}", "deepseek")
    assert httpx.get(page).status_code == 200


def test_an_exact_name_or_alias_is_a_match(demo: Api) -> None:
    found = asked(demo, "entities", {"q0": {"query": "deepseek"}, "q1": {"query": "深度求索", "limit": 1}})
    for name in ("q0", "q1"):
        best = found[name]["result"][0]
        assert (best["id"], best["name"], best["score"], best["match"]) == ("deepseek", "DeepSeek", 100, True)
    assert len(found["q1"]["result"]) == 1


def test_what_is_only_alike_is_a_candidate_and_no_match(demo: Api) -> None:
    found = asked(demo, "entities", {"q0": {"query": "DeepSeeek"}})["q0"]["result"]
    assert found[0]["id"].startswith("deepseek")
    assert 80 < found[0]["score"] < 100
    assert not any(one["match"] for one in found)


def test_a_type_leaves_only_its_kind(demo: Api) -> None:
    every = asked(demo, "entities", {"q0": {"query": "DeepSeek R1", "limit": 20}})["q0"]["result"]
    for given in ("model", {"id": "model"}, ["model"], [{"id": "model", "name": "model"}]):
        models = asked(demo, "entities", {"q0": {"query": "DeepSeek R1", "type": given, "limit": 20}})["q0"]["result"]
        assert {one["type"][0]["id"] for one in models} == {"model"}
        assert len(models) <= len(every)


def test_sources_are_found_by_title_doi_and_address(demo: Api) -> None:
    texts = [
        "DeepSeek-R1 (Nature 2025)",
        "10.1038/s41586-025-09422-z",
        "https://www.nature.com/articles/s41586-025-09422-z",
    ]
    found = asked(demo, "sources", {str(place): {"query": text} for place, text in enumerate(texts)})
    assert {name: one["result"][0]["id"] for name, one in found.items()} == dict.fromkeys("012", "deepseek-r1-nature")
    assert all(one["result"][0]["match"] for one in found.values())


def test_properties_and_get_are_understood(demo: Api) -> None:
    query = {"q0": {"query": "OpenAI", "properties": [{"pid": "x", "v": "y"}], "type_strict": "any"}}
    assert asked(demo, "entities", query)["q0"]["result"][0]["match"]
    assert demo.get("/reconcile/entities", queries=json.dumps(query)) == asked(demo, "entities", query)


def test_what_cannot_be_read_is_refused(demo: Api) -> None:
    many = {str(number): {"query": "x"} for number in range(51)}
    wrong: list[dict[str, Any]] = [
        {},
        many,
        {"q0": {"query": ""}},
        {"q0": {"query": "x", "limit": 1_000}},
        {"q0": {}},
        {"\ud800": "OpenAI"},
    ]
    for queries in wrong:
        assert asked(demo, "entities", queries, 422)["code"] == "invalid"
    url = f"{demo.client.base_url}/v1/reconcile/entities"
    assert httpx.post(url, data={"queries": "{not json"}).status_code == 422
    assert httpx.post(url, json={"queries": {}}).status_code == 415
    assert "callback(" not in httpx.get(url, params={"callback": "x"}).text
