"""What an answer depends on is recomputed when it changes: the stored summary is that of the detail."""

from typing import Any

import pytest

from tests.support import Api, claim, figure, pointers, seed


def assert_stored_is_computed(api: Api, key: str) -> Any:
    """The detail of a measurand, of which the row in the list has the same fields."""
    found = api.get(f"/comparisons/{key}")
    (row,) = [one for one in api.get("/comparisons", empty="true", limit=200)["items"] if one["key"] == key]
    assert {name: found[name] for name in row} == row
    return found


def test_the_date_of_a_source_decides_between_running_totals(api: Api) -> None:
    seed(api)
    api.patch("/metrics/cost", {"over_time": "running_total"})
    for name, day in (("early", "2020-01-01"), ("late", "2024-01-01")):
        api.post("/sources", {"key": name, "kind": "paper", "title": name, "published": day})
    api.post("/claims", claim("lab", figure("100"), source="early"))
    api.post("/claims", claim("analyst", figure("50"), source="late"))
    assert assert_stored_is_computed(api, "model.cost")["agreement"] == "conflict"
    api.patch("/sources/early", {"published": "2025-01-01"})
    assert assert_stored_is_computed(api, "model.cost")["agreement"] == "agree"


def test_a_text_names_the_origin_of_a_relay_as_it_is_called_now(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("100")))["id"]
    api.post("/claims", claim("analyst", figure("200"), derived_from=origin, subject="third"))
    api.patch("/entities/lab", {"name": "The Lab, renamed"})
    (row,) = api.get("/disagreements", kind="drift")["items"]
    assert "The Lab, renamed reported $100" in row["text"]


def test_the_last_scope_that_is_withdrawn_leaves_nothing_unsaid(api: Api) -> None:
    api.post("/metrics", {"key": "price", "name": "Price", "unit": "USD", "scopes": [{"key": "full", "name": "Full"}]})
    seed(api)
    api.post("/claims", claim("lab", figure("5", metric="price"), figure("9", metric="price", basis="estimated")))
    assert assert_stored_is_computed(api, "model.price")["comparability"]["reasons"] == ["scope_not_stated"]
    api.withdraw("/metrics/price/scopes/full")
    assert assert_stored_is_computed(api, "model.price")["comparability"]["reasons"] == []
    api.restore("/metrics/price/scopes/full")
    assert assert_stored_is_computed(api, "model.price")["comparability"]["reasons"] == ["scope_not_stated"]


@pytest.mark.parametrize("retracted", ["newer", "older"])
def test_a_claim_that_was_replaced_then_does_not_count_then(api: Api, retracted: str) -> None:
    seed(api)
    older = api.post("/claims", claim("lab", figure("100"), asserted="2025-01-20"))["id"]
    newer = api.post("/claims", claim("lab", figure("200"), asserted="2025-02-01", supersedes=older))["id"]
    changed = newer if retracted == "newer" else older
    api.patch(f"/claims/{changed}", {"status": "retracted", "retracted_on": "2025-06-01"})
    values = [f["value"] for f in api.get("/comparisons/model.cost", as_of="2025-03-01")["reported"]["figures"]]
    assert values == ["200"]
    table = api.client.get("/v1/tables/figures.json", params={"as_of": "2025-03-01", "shape": "array"}).json()
    assert [row["value"] for row in table] == [200]
    later = [f["value"] for f in api.get("/comparisons/model.cost", as_of="2025-07-01")["reported"]["figures"]]
    assert later == (["100"] if retracted == "newer" else ["200"])


def test_two_figures_that_differ_in_period_only_have_an_order_of_their_own(api: Api) -> None:
    seed(api)
    figures = [figure("100", period=year) for year in ("2020", "2021")]
    api.post("/claims", claim("lab", *figures, key="one"))
    api.post("/claims", claim("lab", *figures[::-1], key="two", subject="third"))
    for subject in ("model", "third"):
        api.post("/claims", claim("analyst", figure("300", period="2022"), subject=subject))
    periods = {row["subject"]["key"]: row["least"]["period"] for row in api.get("/disagreements")["items"]}
    assert periods == {"model": "2020", "third": "2020"}


def test_a_figure_is_restored_only_if_its_claim_still_repeats_another(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("100")))["id"]
    relay = api.post("/claims", claim("analyst", figure("100", relayed=True), derived_from=origin))
    path = f"/figures/{relay['figures'][0]['id']}"
    api.withdraw(path)
    api.patch(f"/claims/{relay['id']}", {"derived_from": None})
    api.restore(path, status=409)


def test_an_organization_for_which_others_speak_stays_one(api: Api) -> None:
    seed(api)
    said = api.post("/claims", claim("third", figure("5"), speaks_for="lab"))["id"]
    assert pointers(api.patch("/entities/lab", {"kind": "person"}, status=409)) == ["/kind"]
    api.patch(f"/claims/{said}", {"speaks_for": None})
    api.patch("/entities/lab", {"kind": "person"})


def test_a_conflict_in_another_currency_is_among_those_who_state_it(api: Api) -> None:
    seed(api)
    amounts = [("100", "USD"), ("101", "USD"), ("102", "USD"), ("10", "EUR"), ("1000", "EUR")]
    for number, (value, unit) in enumerate(amounts):
        api.post("/entities", {"key": f"e{number}", "kind": "organization", "name": f"E{number}"})
        api.post("/claims", claim(f"e{number}", figure(value, unit=unit)))
    text = api.get("/comparisons/model.cost")["text"]
    assert "E3 reported €10, and E4 reported €1,000: 100 times apart" in text
    assert "claimants are furthest apart" not in text


def test_what_may_be_more_or_less_is_said_in_words(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10"), subject="model"))
    api.post("/claims", claim("analyst", figure(qualifier="between", lower="0.02", upper="50"), subject="third"))
    text = api.get("/comparisons/between", left="model.cost", right="third.cost")["text"]
    assert "between 500 times lower and 5 times as much" in text
