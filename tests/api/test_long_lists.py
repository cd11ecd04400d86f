"""Answers about very many figures: each list is cut, its length is given, and the rest can be fetched page by page."""

import pytest

from service.analysis import between, compare
from service.store.records import figures
from tests.support import Api, claim, figure, pointers, seed

SHOWN = 3


@pytest.fixture
def many(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    assert compare.MOST_SHOWN == 500
    for module in (compare, between):
        monkeypatch.setattr(module, "MOST_SHOWN", SHOWN)
    seed(api)
    origin = api.post("/claims", claim("lab", figure("100", scope="full"), key="origin"))["id"]
    for number in range(5):
        for claimant, value, more in (
            ("lab", figure(f"{number + 1}", scope="full"), {}),
            ("analyst", figure(f"{number + 1}", scope="full", basis="estimated"), {}),
            ("third", figure(f"{number + 1}", scope="full", basis="projected"), {}),
            ("third", figure(f"{number + 50}", scope="full"), {"derived_from": origin}),
        ):
            api.post(
                "/claims", claim(claimant, value, statement=f"{claimant} {number} {value['basis']} {more}", **more)
            )
        dispute = {"disputed_claim": "origin", "raised_by": "third", "type": "data", "rationale": f"No {number}."}
        api.post("/disputes", dispute)
        key = f"more-{number}"
        api.post("/metrics/cost/scopes", {"key": key, "name": key})
        api.post("/claims", claim("lab", figure("9", scope=key), statement=key))
    return api


def test_each_list_is_cut_and_its_length_is_given(many: Api) -> None:
    found = many.get("/comparisons/model.cost.full")
    assert found["counts"] == {"beside": 5, "relays": 5, "drift": 5, "related": 5, "disputes": 5}
    assert {name: len(found[name]) for name in found["counts"]} == dict.fromkeys(found["counts"], SHOWN)
    sides = found["reported"], found["estimated"]
    assert [(side["count"], len(side["figures"])) for side in sides] == [(6, SHOWN), (5, SHOWN)]
    assert found["relay_count"] == 5
    assert found["dispute_count"] == 5
    figures_of = many.client.get(f"{found['figures_url']}&limit=200").json()["items"]
    assert len(figures_of) == 6 + 5 + 5 + 5


def test_both_operands_are_cut_too(many: Api) -> None:
    found = many.get("/comparisons/between", left="model.cost.full", right="model.cost.more-1")
    assert (found["left"]["count"], len(found["left"]["figures"])) == (6, SHOWN)
    assert (found["right"]["count"], len(found["right"]["figures"])) == (1, 1)
    assert many.client.get(found["right"]["figures_url"]).json()["items"]


def test_a_page_and_a_chart_count_all_scopes(many: Api) -> None:
    assert many.client.get(f"{many.client.base_url}/comparisons/model.cost.full").status_code == 200
    assert many.client.get("/v1/comparisons/model.cost.full/chart.svg").status_code == 200


def test_a_claim_has_a_bounded_number_of_figures(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert figures.MAX_FIGURES == 1_000
    monkeypatch.setattr(figures, "MAX_FIGURES", 3)
    seed(api)
    api.post("/claims", claim("lab", figure("1"), figure("2"), key="c"))
    third = api.post("/figures", {"claim": "c", **figure("3")})
    assert pointers(api.post("/figures", {"claim": "c", **figure("4")}, status=409)) == ["/claim"]
    api.withdraw(f"/figures/{third['id']}")
    api.post("/figures", {"claim": "c", **figure("4")})
    api.restore(f"/figures/{third['id']}", status=409)
