"""Stored checks stay true: whatever changes, they are what checking everything again would find."""

import json
from typing import Any

import pytest

from tests.api.test_equations import HOURS, PRICE, PRODUCT, SUM, prepare
from tests.support import Api, claim, figure, pointers

ABC = {
    "key": "abc",
    "name": "A = B × C",
    "kind": "product",
    "metric": "a",
    "factors": [{"metric": "b"}, {"metric": "c"}],
}


def units(*scoped: str) -> list[dict[str, Any]]:
    """The metrics a, b and c; the named ones have a scope z."""
    scopes = {"scopes": [{"key": "z", "name": "Z"}]}
    of_gpus: list[dict[str, Any]] = [
        {"key": key, "name": key.upper(), "unit": "GPU"} | (scopes if key in scoped else {}) for key in ("a", "b")
    ]
    return [*of_gpus, {"key": "c", "name": "C", "unit": "1"}]


def of(metric: str, value: str, **fields: Any) -> dict[str, Any]:
    return figure(value, metric=metric, unit="1" if metric == "c" else "GPU", **fields)


def listed(api: Api) -> list[dict[str, Any]]:
    return [one | {"updated_at": None} for one in api.get("/consistency")["items"]]


def is_as_rechecked(api: Api, equation: str = "abc") -> bool:
    """Whether the stored checks are what they are after the equation is withdrawn and restored."""
    before = listed(api)
    api.withdraw(f"/equations/{equation}")
    assert listed(api) == []
    api.restore(f"/equations/{equation}")
    return listed(api) == before


@pytest.mark.parametrize(
    ("scoped", "figures", "metric"),
    [
        (("a", "b"), [("b", "3", "k"), ("c", "4", None)], "a"),
        (("a", "b"), [("a", "12", "k"), ("c", "4", None)], "b"),
        (("a",), [("a", "12", "z"), ("c", "4", None)], "b"),
        ((), [("b", "3", None), ("c", "4", None)], "a"),
    ],
)
def test_a_new_scope_of_a_metric_checks_what_it_is_paired_with(
    api: Api, scoped: tuple[str, ...], figures: list[tuple[str, str, str | None]], metric: str
) -> None:
    prepare(api)
    for body in units(*scoped):
        api.post("/metrics", body)
    for key in {key for key, _, scope in figures if scope == "k"}:
        api.post(f"/metrics/{key}/scopes", {"key": "k", "name": "K"})
    api.post("/equations", ABC)
    api.post("/claims", claim("lab", *(of(key, value, scope=scope) for key, value, scope in figures)))
    api.post(f"/metrics/{metric}/scopes", {"key": "k", "name": "K"})
    assert is_as_rechecked(api)


def test_a_metric_without_figures_that_becomes_signed_changes_what_is_missing(api: Api) -> None:
    prepare(api)
    for body in units():
        api.post("/metrics", body)
    api.post("/equations", ABC)
    api.post("/claims", claim("lab", of("a", "0"), of("c", "0")))
    assert listed(api)[0]["would_be"]["low"] == 0
    api.patch("/metrics/b", {"signed": True})
    assert listed(api)[0]["would_be"]["low"] is None
    assert is_as_rechecked(api)


def test_one_claimants_figure_of_a_period_leaves_an_undated_contradiction(api: Api) -> None:
    prepare(api)
    for body in units():
        api.post("/metrics", body | ({"over_time": "by_period"} if body["key"] == "a" else {}))
    api.post("/equations", ABC)
    api.post("/claims", claim("lab", of("a", "100"), of("b", "3"), of("c", "4")))
    assert [one["verdict"] for one in listed(api)] == ["inconsistent"]
    api.post("/claims", claim("analyst", of("a", "50", period="2024")))
    assert {(one["period"], one["checked_by"]) for one in listed(api)} == {(None, "claimant"), ("2024", "across")}
    api.post("/claims", claim("analyst", of("b", "2"), of("c", "2")))
    found = {one["period"]: one for one in listed(api)}
    assert (found["2024"]["verdict"], found["2024"]["check_count"]) == ("inconsistent", 2)
    assert found[None]["verdict"] == "inconsistent"


def test_amounts_beyond_the_largest_json_number_are_the_largest_one(api: Api) -> None:
    prepare(api)
    keys = [f"g{number}" for number in range(8)]
    for key in ("o", *keys):
        api.post("/metrics", {"key": key, "name": key, "unit": "1"})
    api.post(
        "/equations",
        {"key": "e", "name": "E", "kind": "product", "metric": "o", "factors": [{"metric": key} for key in keys]},
    )
    huge = [figure("99000000000000000000000000000000000000", metric=key, unit="1") for key in keys]
    api.post("/claims", claim("lab", *huge))
    api.post("/claims", claim("lab", figure("0.000000000000000001", metric="o", unit="1")))
    (found,) = listed(api)
    assert found["verdict"] == "inconsistent"
    assert found["gap"] == pytest.approx(1.7976931348623157e308)


def test_other_factors_are_given_under_the_rules_of_every_change(api: Api) -> None:
    prepare(api)
    api.post("/equations", PRODUCT)
    swapped = {"factors": [{"metric": "price"}, {"metric": "hours"}]}
    assert pointers(api.patch("/equations/cost-of-hours", swapped | {"key": "another"}, status=409)) == ["/key"]
    api.withdraw("/equations/cost-of-hours")
    assert "is withdrawn" in api.patch("/equations/cost-of-hours", swapped, status=409)["detail"]


def test_a_name_changes_without_another_check(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", figure("600", scope="full"), figure("350", scope="part")))
    before = api.get("/consistency")["items"]
    renamed = api.patch("/equations/stages", {"name": "Stages"})
    (after,) = api.get("/consistency")["items"]
    assert (renamed["name"], after["equation"]["name"]) == ("Stages", "Stages")
    assert after["updated_at"] == before[0]["updated_at"]


def test_an_equation_whose_metrics_have_changed_is_shown_and_not_restored(api: Api) -> None:
    prepare(api)
    for body in units():
        api.post("/metrics", body)
    api.post("/equations", ABC)
    api.post("/claims", claim("lab", of("b", "3"), of("c", "4")))
    (check,) = listed(api)
    api.withdraw("/equations/abc")
    api.patch("/metrics/a", {"unit": "USD"})
    assert api.get(f"/consistency/{check['id']}")["checks"] == []
    assert api.client.get(f"/consistency/{check['id']}").status_code == 200
    assert "does not fit its metrics any more" in api.restore("/equations/abc", status=409)["detail"]


def test_scopes_that_are_added_up_cannot_come_to_overlap(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    for scope, whole in (("other", "part"), ("full", "other")):
        refused = api.patch(f"/metrics/cost/scopes/{scope}", {"part_of": whole}, status=409)
        assert pointers(refused) == ["/part_of"]
    api.withdraw("/equations/stages")
    api.patch("/metrics/cost/scopes/other", {"part_of": "part"})
    assert "overlap" in api.restore("/equations/stages", status=409)["detail"]


def test_a_metric_has_a_bounded_number_of_equations(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(api)
    monkeypatch.setattr("service.store.records.equations.MOST_EQUATIONS", 1)
    api.post("/equations", PRODUCT)
    assert "At most 1 equations" in api.post("/equations", SUM, status=409)["detail"]
    api.patch("/equations/cost-of-hours", {"factors": [{"metric": "price"}, {"metric": "hours"}]})


def test_a_withdrawn_metric_is_no_new_factor(api: Api) -> None:
    prepare(api)
    api.post("/equations", PRODUCT)
    api.post("/metrics", {"key": "days", "name": "Days", "unit": "GPU.day"})
    api.withdraw("/metrics/days")
    factors = {"factors": [{"metric": "days"}, {"metric": "price"}]}
    assert "days is withdrawn" in api.patch("/equations/cost-of-hours", factors, status=409)["detail"]


@pytest.mark.parametrize("body", [PRODUCT, SUM], ids=["product", "sum"])
def test_an_import_updates_a_stored_equation(api: Api, body: dict[str, Any]) -> None:
    prepare(api)
    api.post("/equations", body)
    api.post("/claims", claim("lab", figure("600", scope="full"), HOURS | {"value": "9", "scope": "full"},
                              PRICE | {"value": "2"}))  # fmt: skip
    (line,) = (one for one in api.client.get("/v1/export.jsonl").text.splitlines() if '"equation"' in one[:20])
    stored = json.loads(line)
    place = "factors" if body is PRODUCT else "parts"
    changed = stored | {"name": "Another name", place: stored[place][::-1]}
    answer = api.client.post(
        "/v1/imports", params={"format": "jsonl", "on_existing": "update"}, content=json.dumps(changed)
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["equation"]["updated"] == 1
    assert api.get(f"/equations/{body['key']}")["name"] == "Another name"


def test_a_claim_with_a_stance_on_a_withdrawn_proposition_is_imported_again(api: Api) -> None:
    prepare(api)
    api.post("/propositions", {"key": "it", "text": "It was copied.", "subject": "model"})
    body = claim("lab", key="c", stances=[{"proposition": "it", "stance": "denies"}])
    api.post("/claims", body)
    api.withdraw("/propositions/it")
    api.post("/claims", body, status=200)
    lines = api.client.get("/v1/export.jsonl").text
    answer = api.client.post("/v1/imports", params={"format": "jsonl"}, content=lines)
    assert answer.status_code == 200, answer.text
    other = claim("analyst", stances=[{"proposition": "it", "stance": "denies"}])
    assert pointers(api.post("/claims", other, status=409)) == ["/stances/0/proposition"]


@pytest.mark.parametrize("path", ["/consistency", "/propositions", "/positions", "/comparisons", "/claims"])
@pytest.mark.parametrize("value", ["", "Org 1", "<x", "%00"])
def test_a_page_answers_any_text_in_its_filters(api: Api, path: str, value: str) -> None:
    for name in ("subject", "metric", "text"):
        answer = api.client.get(path, params={name: value}, headers={"Accept": "text/html"})
        assert answer.status_code in (200, 404, 422), answer.text
        assert answer.headers["content-type"].startswith("text/html")
