"""Metrics: what cannot change once there are figures, and the tree of the scopes that are given with one."""

import pytest

from tests.support import Api, claim, figure, pointers, seed


@pytest.mark.parametrize("change", [{"unit": "EUR"}, {"periodic": True}, {"signed": True}])
def test_what_figures_mean_cannot_change_under_them(api: Api, change: dict[str, object]) -> None:
    seed(api)
    assert api.patch("/metrics/cost", change)["version"] == 2
    back = {"unit": "USD", "periodic": False, "signed": False}
    api.patch("/metrics/cost", back)
    api.post("/claims", claim("lab", figure("1")))
    (name,) = change
    assert pointers(api.patch("/metrics/cost", change, status=409)) == [f"/{name}"]
    assert api.patch("/metrics/cost", back | {"name": "The cost"})["name"] == "The cost"


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
