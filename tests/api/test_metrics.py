"""Metrics: what follows from their properties, and the tree of the scopes that are given with one."""

import pytest

from tests.support import Api, claim, figure, pointers, seed


def test_the_unit_of_figures_cannot_change_under_them(api: Api) -> None:
    seed(api)
    assert api.patch("/metrics/cost", {"unit": "EUR"})["version"] == 2
    api.patch("/metrics/cost", {"unit": "USD"})
    api.post("/claims", claim("lab", figure("1")))
    assert pointers(api.patch("/metrics/cost", {"unit": "EUR"}, status=409)) == ["/unit"]
    assert api.patch("/metrics/cost", {"unit": "USD", "name": "The cost"})["name"] == "The cost"


def test_over_time_moves_figures_to_other_measurands_and_back(api: Api) -> None:
    seed(api)
    for claimant, value, period in (("lab", "1", "2023"), ("analyst", "3", "2024")):
        api.post("/claims", claim(claimant, figure(value, period=period), key=claimant))
    assert api.get("/comparisons/model.cost")["conflict_reasons"] == ["periods_differ", "scope_not_stated"]
    changed = api.patch("/metrics/cost", {"over_time": "by_period"})
    assert (changed["over_time"], changed["over_time_inferred"]) == ("by_period", False)
    assert [one["key"] for one in api.get("/comparisons", sort="created_at")["items"]] == [
        "model.cost@2023",
        "model.cost@2024",
    ]
    (own,) = api.get("/claims/lab")["figures"]
    assert own["measurand"]["key"] == "model.cost@2023"
    api.patch("/metrics/cost", {"over_time": "fixed"})
    assert api.get("/comparisons/model.cost")["gap"] == 3


def test_signed_changes_what_bounds_allow_and_stays_while_amounts_are_negative(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure(qualifier="at_most", upper="5"), key="bounded"))
    api.patch("/metrics/cost", {"signed": True})
    assert api.get("/claims/bounded")["figures"][0]["interval"]["low"] is None
    api.post("/claims", claim("lab", figure("-5"), key="loss"))
    assert pointers(api.patch("/metrics/cost", {"signed": False}, status=409)) == ["/signed"]
    (loss,) = api.get("/claims/loss")["figures"]
    api.patch(f"/figures/{loss['id']}", {"value": "5"})
    api.patch("/metrics/cost", {"signed": False})
    assert api.get("/claims/bounded")["figures"][0]["interval"]["low"] == 0


def test_the_scale_decides_whether_there_is_a_factor(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("2", scope="full")))
    api.post("/claims", claim("analyst", figure("6", scope="full")))
    gaps = {}
    for scale in ("ratio", "interval", "ordinal"):
        api.patch("/metrics/cost", {"scale": scale})
        found = api.get("/comparisons/model.cost.full")
        gaps[scale] = found["gap"], found["difference"], found["relative_difference"]
    assert gaps == {"ratio": (3, 4, 0.5), "interval": (None, 4, None), "ordinal": (None, None, None)}


@pytest.mark.parametrize(
    ("unit", "additive"),
    [("USD", "parts"), ("GPU", "parts"), ("1", "none"), ("%", "none"), ("hour", "none"), ("USD/GPU.hour", "none"),
     ("GPU.hour", "parts")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["sqlite"])
def test_whether_parts_add_up_follows_from_the_unit_by_default(api: Api, unit: str, additive: str) -> None:
    made = api.post("/metrics", {"key": "m", "name": "M", "unit": unit})
    assert made["additive"] == additive
    assert (made["scale"], made["over_time"], made["over_time_inferred"]) == ("ratio", "fixed", False)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("scopes", "pointer"),
    [
        ([("a", "a")], "/scopes/0/part_of"),
        ([("a", "b"), ("b", "a")], "/scopes/0/part_of"),
        ([("a", "nowhere")], "/scopes/0/part_of"),
        ([("a", None), ("a", None)], "/scopes"),
    ],
)
def test_scopes_form_a_tree(api: Api, scopes: list[tuple[str, str | None]], pointer: str) -> None:
    body = [{"key": key, "name": key, "part_of": whole} for key, whole in scopes]
    problem = api.post("/metrics", {"key": "m", "name": "M", "unit": "USD", "scopes": body}, status=422)
    assert pointers(problem) == [pointer]


def test_entities_form_no_circle(api: Api) -> None:
    seed(api)
    api.patch("/entities/model", {"part_of": "lab"})
    assert pointers(api.patch("/entities/lab", {"part_of": "model"}, status=422)) == ["/part_of"]
    assert api.get("/entities/model")["part_of"]["key"] == "lab"
    assert [e["key"] for e in api.get("/entities", part_of="lab")["items"]] == ["model"]
