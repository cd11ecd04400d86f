"""Equations: which ones are accepted, and what changing one does."""

from typing import Any

import pytest

from service.cli.amend import Amendable, amend
from tests.support import Api, claim, figure, pointers, seed

HOURS = {"metric": "hours", "basis": "reported", "qualifier": "exact", "unit": "GPU.hour"}
PRICE = {"metric": "price", "basis": "assumed", "qualifier": "exact", "unit": "USD/GPU.hour"}
PRODUCT = {
    "key": "cost-of-hours",
    "name": "Cost = hours × price",
    "kind": "product",
    "metric": "cost",
    "factors": [{"metric": "hours"}, {"metric": "price"}],
}
SUM = {
    "key": "stages",
    "name": "Full = part + other",
    "kind": "sum",
    "metric": "cost",
    "scope": "full",
    "parts": ["part", "other"],
    "complete": True,
}


def prepare(api: Api) -> None:
    seed(api)
    api.post(
        "/metrics", {"key": "hours", "name": "Hours", "unit": "GPU.hour", "scopes": [{"key": "full", "name": "F"}]}
    )
    api.post("/metrics", {"key": "price", "name": "Price", "unit": "USD/GPU.hour"})


def verdicts(api: Api, **params: Any) -> list[tuple[str, str]]:
    return [(one["verdict"], one["text"]) for one in api.get("/consistency", **params)["items"]]


def test_a_product_is_served_with_its_factors_and_pairs_of_scopes(api: Api) -> None:
    prepare(api)
    pairs = [{"output": "part", "input": "full"}, {"output": None, "input": None}]
    factors = [{"metric": "hours", "scopes": pairs}, {"metric": "price", "exponent": 1}]
    made = api.post("/equations", PRODUCT | {"factors": factors})
    assert [one["metric"]["key"] for one in made["factors"]] == ["hours", "price"]
    shown = [(one["output"] and one["output"]["key"], one["input"] and one["input"]["key"]) for one in
             made["factors"][0]["scopes"]]  # fmt: skip
    assert shown == [("part", "full"), (None, None)]
    assert made["parts"] == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"factors": [{"metric": "hours"}, {"metric": "hours"}]}, "/factors/1/metric"),
        ({"factors": [{"metric": "hours"}, {"metric": "cost"}]}, "/factors/1/metric"),
        ({"factors": [{"metric": "hours"}, {"metric": "price", "exponent": -1}]}, "/factors"),
        ({"factors": [{"metric": "hours"}]}, "/factors"),
        ({"factors": [{"metric": "hours"}, {"metric": "nothing"}]}, "/factors/1/metric"),
        ({"factors": [{"metric": "hours"}, {"metric": "price", "exponent": 0}]}, "/factors/1/exponent"),
        ({"factors": [{"metric": "hours", "scopes": [{"output": "no", "input": "full"}]}, {"metric": "price"}]},
         "/factors/0/scopes"),
        ({"parts": ["part", "other"]}, "/parts"),
        ({"scope": "full"}, "/scope"),
        ({"complete": True}, "/complete"),
        ({"metric": "nothing"}, "/metric"),
    ],
)  # fmt: skip
def test_a_product_that_cannot_be_computed_is_refused(api: Api, changes: dict[str, Any], pointer: str) -> None:
    prepare(api)
    assert pointer in pointers(api.post("/equations", PRODUCT | changes, status=422))


def test_units_that_do_not_work_out_are_named(api: Api) -> None:
    prepare(api)
    factors = [{"metric": "hours"}, {"metric": "price", "exponent": -1}]
    detail = api.post("/equations", PRODUCT | {"factors": factors}, status=422)["detail"]
    assert "GPU.hour × 1 ÷ (USD/GPU.hour) is not USD" in detail


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"parts": ["part"]}, "/parts"),
        ({"parts": ["part", "part"]}, "/parts"),
        ({"parts": ["part", "full"]}, "/parts"),
        ({"parts": ["part", "subpart"]}, "/parts/1"),
        ({"scope": "part", "parts": ["full", "other"]}, "/parts/0"),
        ({"parts": ["part", "nothing"]}, "/parts"),
        ({"complete": None}, "/complete"),
        ({"scope": None}, "/scope"),
        ({"factors": [{"metric": "hours"}]}, "/factors"),
    ],
)
def test_a_sum_whose_parts_overlap_or_are_unknown_is_refused(api: Api, changes: dict[str, Any], pointer: str) -> None:
    prepare(api)
    assert pointer in pointers(api.post("/equations", SUM | changes, status=422))


@pytest.mark.parametrize(
    ("patch", "equation"),
    [
        ({"scale": "interval"}, SUM),
        ({"over_time": "running_total"}, PRODUCT),
        ({"additive": "none"}, SUM),
        ({"signed": True}, SUM | {"complete": False}),
        ({"unit": "EUR"}, PRODUCT),
    ],
)
def test_a_metric_that_would_not_fit_its_equation_is_not_changed(
    api: Api, patch: dict[str, Any], equation: dict[str, Any]
) -> None:
    prepare(api)
    api.post("/equations", equation)
    assert equation["key"] in api.patch("/metrics/cost", patch, status=409)["detail"]
    api.withdraw(f"/equations/{equation['key']}")
    api.patch("/metrics/cost", patch)


def test_a_metric_that_does_not_fit_takes_no_equation(api: Api) -> None:
    prepare(api)
    api.patch("/metrics/cost", {"over_time": "running_total"})
    assert pointers(api.post("/equations", SUM, status=422)) == ["/metric"]


def test_other_content_under_the_same_key_is_a_conflict(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    assert pointers(api.post("/equations", SUM | {"parts": ["other", "part"]}, status=409)) == ["/parts"]


def test_a_new_equation_checks_what_is_stored_already(api: Api) -> None:
    prepare(api)
    figures = [figure("600", scope="full"), figure("350", scope="part"), figure("350", scope="other")]
    api.post("/claims", claim("lab", *figures))
    assert verdicts(api) == []
    api.post("/equations", SUM)
    assert verdicts(api) == [
        ("inconsistent", "Lab: $350 + $350 = $700. Stated: $600; what follows is at least 1.16 times as much.")
    ]


def test_a_changed_equation_checks_again(api: Api) -> None:
    prepare(api)
    figures = [figure("600", scope="full"), figure("250", scope="part"), figure("150", scope="other")]
    api.post("/claims", claim("lab", *figures))
    api.post("/equations", SUM)
    assert verdicts(api)[0][0] == "inconsistent"
    changed = api.patch("/equations/stages", {"complete": False})
    assert (changed["version"], changed["complete"]) == (2, False)
    assert verdicts(api)[0][0] == "consistent"
    changed = api.patch("/equations/stages", {"complete": True, "parts": ["other", "part"]})
    assert [one["key"] for one in changed["parts"]] == ["other", "part"]
    assert verdicts(api)[0] == ("inconsistent", "Lab: $150 + $250 = $400. Stated: $600, at least 1.5 times as much.")


def test_a_withdrawn_equation_checks_nothing_until_it_is_restored(api: Api) -> None:
    prepare(api)
    api.post("/claims", claim("lab", figure("600", scope="full"), figure("350", scope="part")))
    api.post("/equations", SUM)
    (before,) = api.get("/consistency")["items"]
    api.withdraw("/equations/stages")
    assert verdicts(api) == []
    detail = api.get(f"/consistency/{before['id']}")
    assert (detail["verdict"], detail["checks"]) == (None, [])
    api.restore("/equations/stages")
    (after,) = api.get("/consistency")["items"]
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_a_figure_in_another_unit_is_converted(api: Api) -> None:
    prepare(api)
    api.post("/equations", PRODUCT)
    api.post("/metrics", {"key": "days", "name": "Days", "unit": "GPU.day"})
    api.post("/equations", PRODUCT | {"key": "by-days", "factors": [{"metric": "days"}, {"metric": "price"}]})
    days = {"metric": "days", "basis": "reported", "qualifier": "exact", "unit": "GPU.day", "value": "10"}
    api.post("/claims", claim("lab", figure("480", scope="full"), days, PRICE | {"value": "2"}))
    texts = [text for _, text in verdicts(api, equation="by-days")]
    assert texts == ["Lab: 10 GPU-days × $2 per GPU-hour = $480, as stated."]


def test_an_equation_in_a_file_loads_and_is_exported_again(api: Api) -> None:
    prepare(api)
    api.post("/equations", PRODUCT | {"factors": [{"metric": "hours", "scopes": [{"output": "part", "input": "full"}]},
                                                  {"metric": "price"}]})  # fmt: skip
    api.post("/equations", SUM)
    lines = [line for line in api.client.get("/v1/export.jsonl").text.splitlines() if '"equation"' in line[:20]]
    assert len(lines) == 2
    answer = api.client.post("/v1/imports", params={"format": "jsonl"}, content="\n".join(lines))
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["equation"]["unchanged"] == 2


def test_too_many_figures_are_checked_on_the_server(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", figure("600", scope="full"), figure("350", scope="part"), figure("3")))
    monkeypatch.setattr("service.store.records.equations.create.__defaults__", (2,))
    monkeypatch.setattr("service.store.records.equations.amend.__defaults__", (2,))
    assert "before the figures" in api.post("/equations", SUM | {"key": "again"}, status=409)["detail"]
    refused = api.patch("/equations/stages", {"complete": False}, status=409)
    assert "counterclaim amend equation stages" in refused["detail"]
    amend(api.database, Amendable.EQUATION, "stages", '{"complete": false}')
    assert verdicts(api) == []
