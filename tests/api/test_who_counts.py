"""Whose figures count, and as whose: voices, roles, relays that stand in, and retractions."""

import pytest

from tests.support import Api, claim, figure, pointers, seed


def company(api: Api) -> None:
    """A company with a model, and an officer of it."""
    seed(api)
    api.post("/entities", {"key": "company", "kind": "organization", "name": "Company"})
    api.post("/entities", {"key": "officer", "kind": "person", "name": "Officer", "part_of": "company"})
    api.patch("/entities/model", {"part_of": "company"})


def test_an_officer_speaks_with_the_voice_of_the_company(api: Api) -> None:
    company(api)
    api.post("/claims", claim("company", figure("100")))
    api.post("/claims", claim("officer", figure("120")))
    found = api.get("/comparisons/model.cost")
    assert (found["claimant_count"], found["self_conflict"], found["agreement"]) == (1, True, "single")
    assert [f["voice"]["key"] for f in found["reported"]["figures"]] == ["company", "company"]
    assert [f["claimant"]["key"] for f in found["reported"]["figures"]] == ["company", "officer"]


def test_a_claim_that_speaks_for_its_claimant_has_a_voice_of_its_own(api: Api) -> None:
    company(api)
    api.post("/claims", claim("company", figure("100")))
    own = api.post("/claims", claim("officer", figure("5000"), speaks_for="officer"))
    assert api.get("/comparisons/model.cost")["gap"] == 50
    api.patch(f"/claims/{own['id']}", {"speaks_for": None})
    assert api.get("/comparisons/model.cost")["agreement"] == "single"


def test_a_role_that_is_not_given_is_inferred_and_says_so(api: Api) -> None:
    company(api)
    inferred = api.post("/claims", claim("company", figure("100")))
    given = api.post("/claims", claim("officer", figure("100"), claimant_role="third_party"))
    other = api.post("/claims", claim("analyst", figure("100")))
    roles = [(c["claimant_role"], c["claimant_role_inferred"]) for c in (inferred, given, other)]
    assert roles == [("first_party", True), ("third_party", False), ("unknown", True)]
    api.patch("/entities/model", {"part_of": None})
    assert api.get(f"/claims/{inferred['id']}")["claimant_role"] == "unknown"


def test_moving_an_entity_changes_roles_voices_and_answers_below_it(api: Api) -> None:
    company(api)
    api.post("/entities", {"key": "unit", "kind": "group", "name": "Unit"})
    api.patch("/entities/officer", {"part_of": "unit"})
    api.post("/claims", claim("company", figure("100")))
    api.post("/claims", claim("officer", figure("120")))
    assert api.get("/comparisons/model.cost")["claimant_count"] == 2
    api.patch("/entities/unit", {"part_of": "company"})
    found = api.get("/comparisons/model.cost")
    assert (found["claimant_count"], found["self_conflict"]) == (1, True)


def test_the_claimants_own_number_inside_a_relay_counts(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("294000")))["id"]
    own = figure("1000000", basis="estimated", relayed=False)
    api.post("/claims", claim("analyst", figure("294000"), own, derived_from=origin))
    found = api.get("/comparisons/model.cost")
    assert (found["claimant_count"], found["relay_count"], found["verdict"]) == (2, 1, "estimates_higher")
    assert [row["result"] for row in found["drift"]] == ["same"]


def test_a_figure_is_a_relay_only_in_a_claim_that_derives_from_another(api: Api) -> None:
    seed(api)
    problem = api.post("/claims", claim("lab", figure("1", relayed=True)), status=422)
    assert pointers(problem) == ["/figures/0/relayed"]
    made = api.post("/claims", claim("lab", figure("1")))
    assert pointers(api.patch(f"/figures/{made['figures'][0]['id']}", {"relayed": True}, status=422)) == ["/relayed"]


def test_a_relay_stands_in_for_an_origin_that_was_withdrawn(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("100")))
    for day in ("2025-02-05", "2025-02-02"):
        api.post("/claims", claim("analyst", figure("100"), derived_from=origin["id"], asserted=day, statement=day))
    assert api.get("/comparisons/model.cost")["figure_count"] == 1
    api.withdraw(f"/claims/{origin['id']}")
    found = api.get("/comparisons/model.cost")
    (counted,) = found["reported"]["figures"]
    assert (found["figure_count"], found["relay_count"], counted["asserted"]) == (1, 1, "2025-02-02")
    api.restore(f"/claims/{origin['id']}")
    assert api.get("/comparisons/model.cost")["relay_count"] == 2


def test_a_retracted_claim_counts_until_the_last_day_on_which_it_may_have_been(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("5"), asserted="2025-01-10"))
    path = f"/claims/{made['id']}"
    assert pointers(api.patch(path, {"retracted_on": "2025-03"}, status=422)) == ["/retracted_on"]
    api.patch(path, {"status": "retracted", "retracted_on": "2025-03"})
    assert api.get("/comparisons/model.cost")["verdict"] == "none"
    verdicts = {day: api.get("/comparisons/model.cost", as_of=day)["verdict"] for day in ("2025-03-30", "2025-03-31")}
    assert verdicts == {"2025-03-30": "reported_only", "2025-03-31": "none"}
    api.patch(path, {"retracted_on": None})
    assert api.get("/comparisons/model.cost", as_of="2025-03-30")["verdict"] == "none"


def test_copies_alone_name_where_they_come_from_and_leave_the_lists(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("100", scope="full")))["id"]
    api.post("/claims", claim("analyst", figure("100", scope="part"), derived_from=origin))
    found = api.get("/comparisons/model.cost.part")
    assert found["text"] == "Only copies are on file; their origin is model.cost.full."
    assert found["origin_measurand"]["key"] == "model.cost.full"
    assert [one["key"] for one in api.get("/comparisons")["items"]] == ["model.cost.full"]
    assert len(api.get("/comparisons", empty="true")["items"]) == 2


@pytest.mark.parametrize(
    ("value", "given", "read"),
    [
        ("2.00", {}, "0.01"),
        ("294000", {}, "1000"),
        ("5576000", {"precision": "1"}, "1"),
        ("0", {}, "1"),
    ],
)
def test_the_precision_is_read_from_the_digits_unless_it_is_given(
    api: Api, value: str, given: dict[str, str], read: str
) -> None:
    seed(api)
    (made,) = api.post("/claims", claim("lab", figure(value, **given)))["figures"]
    assert made["precision"] == read


def test_the_precision_is_written_cleared_and_read_again(api: Api) -> None:
    seed(api)
    said = api.post("/claims", claim("lab", figure("1000")))
    path = f"/figures/{said['figures'][0]['id']}"
    assert api.patch(path, {"precision": "1"})["precision"] == "1"
    assert api.patch(path, {"value": "2500"})["precision"] == "100", "a new value has digits of its own"
    bounded = api.post("/figures", {"claim": said["id"]} | figure(qualifier="at_least", lower="5"))
    assert bounded["precision"] is None
    assert pointers(api.patch(f"/figures/{bounded['id']}", {"precision": "1"}, status=422)) == ["/precision"]


def test_rounding_explains_a_conflict_of_rounded_numbers_only(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5576000")))
    (other,) = api.post("/claims", claim("analyst", figure("5600000")))["figures"]
    assert api.get("/comparisons/model.cost")["within_rounding"]
    api.patch(f"/figures/{other['id']}", {"precision": "1"})
    assert not api.get("/comparisons/model.cost")["within_rounding"]
