"""Filters, sorts, cursors and the number of queries that a list makes."""

import itertools
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import Api, claim, figure, pointers, seed, selects


def keys(api: Api, path: str, **params: Any) -> list[str]:
    return [item["key"] for item in api.pages(path, **params)]


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/claims", {"subject": "gpt-4", "claimant": "epoch-ai", "basis": "estimated", "sort": "created_at"},
         ["g4-04", "g4-05", "g4-06", "g4-07", "g4-08"]),
        ("/claims", {"subject": ["gpt-4", "gemini-ultra"], "claimant": "ai-index"}, ["gu-01", "g4-03"]),
        ("/claims", {"source": "deepseek-v3-readme"}, ["v3-07", "v3-05"]),
        ("/claims", {"metric": "gpu-count", "claimant_role": "first_party", "derived_from": "r1-08"}, ["article-03"]),
        ("/claims", {"basis": "assumed"}, ["r1-07-r1", "r1-07-r1-zero", "r1-07-v3", "r1-07"]),
        ("/claims", {"asserted_from": "2025-05-01", "asserted_to": "2025-05-31"},
         ["g3-01", "g4-08", "v3-10", "v3-08"]),
        ("/claims", {"text": "Narrow PART"}, ["article-13", "sa-08"]),
        ("/claims", {"text": "% \"_ * -"}, []),
        ("/claims", {"status": "retracted"}, []),
        ("/sources", {"kind": "preprint"}, ["deepseek-v3-report"]),
        ("/sources", {"publisher": ["WIRED", "Nature"]}, ["wired-2023-04-17", "deepseek-r1-nature"]),
        ("/sources", {"published_to": "2023-12-31"}, ["wired-2023-04-17"]),
        ("/sources", {"published_from": "2025-09-19", "published_to": "2025-09-30", "sort": "title"},
         ["ai-index-2025", "register-2025-09-19", "techspot-2025-09-19"]),
        ("/sources", {"text": "will knight"}, ["wired-2023-04-17"]),
        ("/entities", {"kind": "person", "sort": "key"}, ["dario-amodei", "glenn", "liang-wenfeng", "sam-altman"]),
        ("/entities", {"part_of": "openai"}, ["sam-altman"]),
        ("/entities", {"text": "深度求索"}, ["deepseek"]),
        ("/entities", {"text": "STANFORD"}, ["ai-index"]),
        ("/disputes", {"claim": "sa-table"}, ["glenn-corrects-hopper-share", "glenn-corrects-table"]),
        ("/disputes", {"raised_by": "the-register"}, ["register-on-r1-cost"]),
        ("/disputes", {"type": ["data", "context"]}, ["glenn-on-gpu-count", "deepseek-defends-distillation"]),
        ("/disputes", {"status": "conceded"}, []),
        ("/comparisons", {"verdict": ["estimates_higher", "estimates_lower"], "sort": "-gap"},
         ["deepseek-r1.training-cost.on-top-of-base", "gpt-4.training-cost"]),
        ("/comparisons", {"agreement": "agree"}, ["deepseek.hardware-spend.servers"]),
        ("/comparisons", {"entity_kind": "person"}, []),
        ("/comparisons", {"comparability": "comparable"}, ["deepseek-r1.training-cost.on-top-of-base"]),
        ("/comparisons", {"subject": "gpt-4", "comparability": "conditional"}, ["gpt-4.training-cost"]),
        ("/disagreements", {"gap_min": "1.2"}, ["deepseek-r1.training-cost.on-top-of-base", "gpt-4.training-cost"]),
        ("/disagreements", {"within_rounding": "true"}, []),
        ("/disagreements", {"scope": "on-top-of-base"}, ["deepseek-r1.training-cost.on-top-of-base"]),
        ("/disagreements", {"kind": "drift", "gap_min": "50"}, ["deepseek-r1.training-cost.on-top-of-base"]),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(demo: Api, path: str, params: dict[str, Any], expected: list[str]) -> None:
    assert keys(demo, path, **params) == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"claim": "sa-05"}, {"50000", "10000"}),
        ({"metric": "rental-price"}, {"2", "3.42"}),
        ({"scope": "h100"}, {"10000"}),
        ({"unit": "USD/year"}, {"640000000", "545000000"}),
        ({"qualifier": "more_than"}, {None}),
        ({"subject": "grok-3"}, {"464000000000000000000000000"}),
        ({"metric": "training-time", "value_min": "85"}, {"198", "80"}),
        ({"metric": "training-time", "value_min": "100"}, {"198"}),
        ({"metric": "training-time", "value_max": "80"}, {"80"}),
        ({"metric": "gpu-hours", "value_min": "5000", "value_max": "41000"}, {"5000", "41000"}),
        ({"metric": "training-cost", "subject": "gpt-4", "value_max": "100000000", "basis": "reported"}, set()),
        ({"metric": "training-cost", "subject": "gpt-4", "value_min": "1e30", "basis": "reported"}, {None}),
    ],
)
def test_figures_are_found_by_what_their_intervals_meet(demo: Api, params: dict[str, Any], expected: set[str]) -> None:
    assert {item["value"] for item in demo.pages("/figures", **params)} == expected


def test_figures_are_found_by_period(api: Api) -> None:
    seed(api)
    for period in ("2023", "2024-33", "2025-05-01"):
        api.post("/claims", claim("lab", figure("1", period=period)))
    found = [f["period"] for f in api.get("/figures", period_from="2023-12-31", period_to="2024-02-01")["items"]]
    assert found == ["2024-33", "2023"]


@pytest.mark.parametrize(
    ("path", "sorts"),
    [
        ("/sources", ["created_at", "updated_at", "title"]),
        ("/entities", ["created_at", "updated_at", "key", "name"]),
        ("/metrics", ["created_at", "updated_at", "key", "name"]),
        ("/claims", ["created_at", "updated_at"]),
        ("/figures", ["created_at", "updated_at"]),
        ("/disputes", ["created_at", "updated_at"]),
        ("/comparisons", ["created_at", "updated_at", "gap", "figure_count"]),
    ],
)
def test_every_sort_pages_through_the_whole_list_both_ways(demo: Api, path: str, sorts: list[str]) -> None:
    everything = {item["id"] for item in demo.get(path, limit=200)["items"]}
    for sort in sorts:
        up = [item["id"] for item in demo.pages(path, limit=7, sort=sort)]
        down = [item["id"] for item in demo.pages(path, limit=7, sort=f"-{sort}")]
        assert up == down[::-1]
        assert len(up) == len(set(up))
        assert set(up) == everything


@pytest.mark.parametrize("kind_of_disagreement", ["conflict", "self_conflict", "drift", "part_exceeds_whole"])
def test_disagreements_are_paged_to_their_end(api: Api, kind_of_disagreement: str) -> None:
    """Gaps that differ only in the last digits of a double: a cursor of rounded ones goes on without end."""
    seed(api)
    api.post("/metrics", {"key": "size", "name": "Size", "unit": "USD"})
    for number, metric in enumerate(("cost", "size")):
        subject = f"subject-{number}"
        api.post("/entities", {"key": subject, "kind": "model", "name": subject})
        scopes = [{"key": "full", "name": "F"}, {"key": "part", "name": "P", "part_of": "full"}]
        for scope in scopes if metric == "size" else ():
            api.post("/metrics/size/scopes", scope)
        for about in ("model", subject):
            low, high = "3", f"10.{number}1"
            said = {"metric": metric, "subject": about}
            api.post("/claims", _about(said, "lab", low, f"{metric}-{about}-a", "full"))
            api.post("/claims", _about(said, "analyst", high, f"{metric}-{about}-b", "part"))
            api.post("/claims", _about(said, "analyst", "0.7", f"{metric}-{about}-c", "part"))
            api.post("/claims", _about(said, "lab", "0.3", f"{metric}-{about}-d", "part"))
            api.post("/claims", _about(said, "third", f"20.{number}1", f"{metric}-{about}-f", "part"))
            relay = _about(said, "third", "7.7", f"{metric}-{about}-e", "full")
            api.post("/claims", relay | {"derived_from": f"{metric}-{about}-a"})
    paged = itertools.islice(api.pages("/disagreements", kind=kind_of_disagreement, limit=1), 50)
    whole = [item["id"] for item in api.get("/disagreements", kind=kind_of_disagreement, limit=200)["items"]]
    assert len(whole) >= 4
    assert [item["id"] for item in paged] == whole


def _about(said: dict[str, str], claimant: str, value: str, key: str, scope: str) -> dict[str, Any]:
    stated = figure(value, metric=said["metric"], scope=scope)
    return claim(claimant, stated, subject=said["subject"], key=key)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/figures", {"basis": ["reported", "estimated"], "qualifier": ["exact", "about"]}),
        ("/figures", {"subject": ["gpt-4", "deepseek-r1"], "basis": ["reported", "estimated"]}),
        ("/claims", {"subject": ["gpt-4", "deepseek-r1"], "metric": ["training-cost", "gpu-count"]}),
        ("/comparisons", {"subject": ["gpt-4", "deepseek-r1"], "metric": ["training-cost", "gpu-count"]}),
    ],
)
def test_several_filters_of_several_values_are_paged_as_one_list(demo: Api, path: str, params: dict[str, Any]) -> None:
    whole = [item["id"] for item in demo.get(path, limit=200, **params)["items"]]
    paged = [item["id"] for item in demo.pages(path, limit=1, **params)]
    every = {item["id"]: item for item in demo.get(path, limit=200)["items"]}
    assert whole
    assert paged == whole
    for name, values in params.items():
        if name in ("basis", "qualifier"):
            assert set(whole) <= {id for id, item in every.items() if item[name] in values}


def test_names_are_sorted_alike_on_both_databases(api: Api) -> None:
    for key, name in (("a", "Zoë"), ("b", "zoo"), ("c", "Ärger"), ("d", "Arm"), ("e", "深")):
        api.post("/entities", {"key": key, "kind": "other", "name": name})
    assert keys(api, "/entities", sort="name") == ["d", "a", "b", "c", "e"]


def test_a_page_is_not_disturbed_by_what_is_added_meanwhile(api: Api) -> None:
    seed(api)
    first = api.get("/entities", limit=2)
    api.post("/entities", {"key": "late", "kind": "other", "name": "Late"})
    second = api.get("/entities", limit=2, cursor=first["next_cursor"])
    assert {i["key"] for i in first["items"] + second["items"]} == {"lab", "analyst", "third", "model"}
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: cursor[:-4] + "AAAA",
        lambda cursor: cursor[4:],
        lambda _: "not a cursor",
        lambda _: "",
        lambda cursor: cursor + "é",
        lambda _: "e30",
        lambda cursor: cursor * 5,
    ],
)
def test_a_forged_cursor_is_refused(demo: Api, spoil: Callable[[str], str]) -> None:
    cursor = demo.get("/claims", limit=5)["next_cursor"]
    answer = demo.client.get("/v1/claims", params={"limit": 5, "cursor": spoil(cursor)})
    assert answer.status_code == 422
    assert pointers(answer.json()) == ["/cursor"]


@pytest.mark.parametrize("params", [{"sort": "created_at"}, {"subject": "gpt-4"}, {"withdrawn": "all"}])
def test_a_cursor_holds_for_its_filters_and_sort_only(demo: Api, params: dict[str, str]) -> None:
    cursor = demo.get("/claims", limit=5)["next_cursor"]
    answer = demo.client.get("/v1/claims", params={"cursor": cursor, **params})
    assert answer.status_code == 422
    assert pointers(answer.json()) == ["/cursor"]
    elsewhere = demo.client.get("/v1/figures", params={"cursor": cursor})
    assert pointers(elsewhere.json()) == ["/cursor"]


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"limit": 0}, "/limit"),
        ({"limit": 201}, "/limit"),
        ({"limit": 100000}, "/limit"),
        ({"limit": "9" * 5000}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"sort": "statement"}, "/sort"),
        ({"colour": "red"}, "/colour"),
        ({"subject": "no-such-entity"}, "/subject"),
        ({"subject": "Not A Key"}, "/subject"),
        ({"basis": "guessed"}, "/basis"),
        ({"withdrawn": "maybe"}, "/withdrawn"),
        ({"asserted_from": "2025-02-29"}, "/asserted_from"),
        ({"asserted_from": "1700000000"}, "/asserted_from"),
        ({"limit": ["1", "2"]}, "/limit"),
        ({"text": "\x00"}, "/text"),
        ({"id": "x"}, "/id"),
    ],
)
def test_a_parameter_that_says_nothing_is_refused(demo: Api, params: dict[str, Any], pointer: str) -> None:
    answer = demo.client.get("/v1/claims", params=params)
    assert answer.status_code == 422
    assert pointers(answer.json()) == [pointer]
    assert answer.json()["errors"][0]["in"] == "query"


# What a list costs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "params", "queries"),
    [
        ("/sources", {}, 1),
        ("/entities", {}, 1),
        ("/metrics", {}, 1),
        ("/claims", {}, 1),
        ("/claims", {"subject": "gpt-4", "metric": "training-cost"}, 3),
        ("/figures", {}, 1),
        ("/disputes", {}, 1),
        ("/comparisons", {}, 2),
        ("/disagreements", {}, 2),
        ("/disagreements", {"kind": "drift"}, 2),
        ("/disagreements", {"kind": "part_exceeds_whole"}, 2),
        ("/disagreements/claims", {}, 2),
    ],
)
def test_a_list_makes_a_small_number_of_queries_whatever_its_length(
    demo: Api, path: str, params: dict[str, Any], queries: int
) -> None:
    for limit in (1, 50):
        with demo.counting() as statements:
            demo.get(path, limit=limit, **params)
        assert len(selects(statements)) == queries, statements


def test_fifty_claims_with_figures_and_refs_take_one_query(demo: Api) -> None:
    with demo.counting() as statements:
        items = demo.get("/claims", limit=50)["items"]
    assert len(items) == 50
    assert sum(len(item["figures"]) for item in items) > 20
    assert len(selects(statements)) == 1


def test_a_list_by_a_scope_s_key_knows_scopes_that_come_later(api: Api) -> None:
    """Several metrics can have a scope of the same key; a list that was asked for before knows of each."""
    seed(api)
    api.post("/claims", claim("lab", figure("1", scope="full")))
    for count, key in enumerate(("sales", "power"), 1):
        for path in ("/figures", "/comparisons"):
            assert len(api.get(path, scope="full")["items"]) == count
        scopes = [{"key": "full", "name": "Full"}]
        api.post("/metrics", {"key": key, "name": key.title(), "unit": "USD", "scopes": scopes})
        api.post("/claims", claim("lab", figure("1", metric=key, scope="full"), statement=key))


@pytest.mark.parametrize("odd", ["\u00a0", "\u200b", "\u2028", "\u202e", "\U0001f9ee", "e\u0301"])
def test_a_list_goes_on_after_any_title(api: Api, odd: str) -> None:
    """Characters that are not printable stand in titles, and so in cursors."""
    titles = [f"A{odd}{number}" for number in range(5)]
    for title in titles:
        api.post("/sources", {"kind": "paper", "title": title})
    found = [source["title"] for source in api.pages("/sources", sort="title", limit=1)]
    assert found == sorted(unicodedata.normalize("NFC", title) for title in titles)


def test_a_comparison_takes_a_bounded_number_of_queries(demo: Api) -> None:
    counts = set()
    for key in ("gpt-4.training-cost", "deepseek-v3.training-cost.full", "deepseek-r1.training-cost.on-top-of-base"):
        with demo.counting() as statements:
            demo.get(f"/comparisons/{key}", about_tolerance="0.2")
        counts.add(len(selects(statements)))
    assert max(counts) <= 9
