"""Positions: with whom claimants agree, conflict, or have nothing in common."""

from typing import Any

from tests.api.test_propositions import prepare, says
from tests.support import Api, claim, figure, pointers


def populate(api: Api) -> None:
    prepare(api)
    api.post("/claims", claim("lab", figure("100", scope="full"), figure("50", scope="part")))
    api.post("/claims", claim("analyst", figure("300", scope="full"), figure("50", scope="part")))
    api.post("/claims", claim("third", figure("7", scope="other")))
    api.post("/claims", says("lab", "denies"))
    api.post("/claims", says("analyst", "supports"))
    api.post("/claims", says("third", "denies"))


def both(comparisons: int, propositions: int) -> dict[str, Any]:
    return {"comparisons": comparisons, "propositions": propositions}


def test_an_entity_agrees_and_conflicts_with_others(api: Api) -> None:
    populate(api)
    found = api.get("/entities/lab/positions")
    assert (found["comparison_count"], found["proposition_count"], found["alone"]) == (2, 1, both(0, 0))
    others = {one["claimant"]["key"]: one for one in found["positions"]}
    assert others["analyst"]["agree"] == both(1, 0)
    assert others["analyst"]["conflict"] == both(1, 1)
    assert others["analyst"]["in_common"] == both(2, 1)
    assert others["third"] == {**others["third"], "agree": both(0, 1), "conflict": both(0, 0)}


def test_an_entity_that_nobody_else_speaks_with_has_nothing_in_common(api: Api) -> None:
    prepare(api)
    api.post("/claims", claim("lab", figure("100", scope="full")))
    found = api.get("/entities/lab/positions")
    assert (found["positions"], found["alone"]) == ([], both(1, 0))


def test_relays_and_assumptions_are_no_positions(api: Api) -> None:
    prepare(api)
    api.post("/claims", claim("lab", figure("100", scope="full"), key="origin"))
    api.post("/claims", claim("analyst", figure("300", scope="full"), derived_from="origin"))
    api.post("/claims", claim("third", figure("300", scope="full", basis="assumed")))
    assert api.get("/entities/lab/positions")["positions"] == []


def test_the_matrix_has_a_cell_where_something_is_said(api: Api) -> None:
    populate(api)
    found = api.get("/positions", subject="model")
    claimants = [one["key"] for one in found["claimants"]]
    assert sorted(claimants) == ["analyst", "lab", "third"]
    columns = [one["key"] for one in found["columns"]]
    assert sorted(columns) == ["it", "model.cost.full", "model.cost.other", "model.cost.part"]
    cells = {(claimants[one["claimant"]], columns[one["column"]]): one for one in found["cells"]}
    assert len(cells) == 8
    assert cells["lab", "it"]["stance"] == "denies"
    assert (cells["lab", "it"]["agree"], cells["lab", "it"]["conflict"]) == (1, 1)
    assert cells["lab", "model.cost.full"]["interval"]["low"] == 100.0
    assert cells["lab", "model.cost.full"]["conflict"] == 1
    pairs = {frozenset((claimants[one["first"]], claimants[one["second"]])): one for one in found["pairs"]}
    assert pairs[frozenset(("lab", "analyst"))]["conflict"] == both(1, 1)
    assert pairs[frozenset(("lab", "third"))]["in_common"] == both(0, 1)


def test_the_matrix_needs_a_filter_and_has_bounds(api: Api) -> None:
    populate(api)
    assert api.client.get("/v1/positions").status_code == 422
    only = api.get("/positions", metric="cost", claimant="lab")
    assert [one["key"] for one in only["claimants"]] == ["lab"]
    assert {one["kind"] for one in only["columns"]} == {"comparison"}
    for number in range(51):
        api.post("/entities", {"key": f"voice-{number}", "kind": "person", "name": f"Voice {number}"})
        api.post("/claims", says(f"voice-{number}", "supports"))
    answer = api.client.get("/v1/positions", params={"subject": "model"})
    assert (answer.status_code, pointers(answer.json())) == (422, ["/claimant"])
    assert len(api.get("/positions", subject="model", claimant="voice-1")["claimants"]) == 1
