"""Claims and their figures: relays, superseding, what moves with a claim."""

import pytest

from tests.api.records import CLAIM_ID
from tests.support import Api, claim, figure, pointers, seed


def test_figures_are_created_inside_their_claim_in_order(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1"), figure("2", scope="part"), figure("3", scope="full")))
    assert [f["value"] for f in made["figures"]] == ["1", "2", "3"]
    assert [f["measurand"]["key"] for f in made["figures"]] == ["model.cost", "model.cost.part", "model.cost.full"]
    first = made["figures"][0]
    assert first["interval"] == {
        "low": 1,
        "high": 1,
        "low_open": False,
        "high_open": False,
        "unit": "USD",
        "text": "$1",
    }
    assert api.get(f"/figures/{first['id']}")["claim"]["id"] == made["id"]


def test_one_bad_figure_and_nothing_of_the_claim_is_written(api: Api) -> None:
    seed(api)
    problem = api.post("/claims", claim("lab", figure("1"), figure("2", lower="3")), status=422)
    assert pointers(problem) == ["/figures/1/lower"]
    assert api.get("/claims")["items"] == []
    assert api.get("/comparisons")["items"] == []


def test_a_change_to_a_figure_is_a_new_version_of_its_claim(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1"), key="c"))
    path = f"/figures/{made['figures'][0]['id']}"
    api.patch(path, {"value": "2"})
    assert api.get("/claims/c")["version"] == 2
    api.withdraw(path)
    withdrawn = api.get("/claims/c")
    assert (withdrawn["version"], withdrawn["figures"]) == (3, [])
    api.restore(path)
    assert api.get("/claims/c")["figures"][0]["value"] == "2"
    api.post("/figures", figure("7", claim="c"))
    assert [f["value"] for f in api.get("/claims/c")["figures"]] == ["2", "7"]
    assert api.get("/claims/c")["version"] == 5


def test_a_patch_is_checked_together_with_what_stays(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("5", upper="8")))
    path = f"/figures/{made['figures'][0]['id']}"
    assert pointers(api.patch(path, {"value": "9"}, status=422)) == ["/upper"]
    assert pointers(api.patch(path, {"qualifier": "at_least"}, status=422)) == ["/value", "/lower", "/upper"]
    moved = api.patch(path, {"qualifier": "at_most", "value": None})
    assert moved["interval"]["text"] == "at most $8"


def test_a_scope_must_be_one_of_the_metric(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "size", "name": "Size", "unit": "GPU", "scopes": [{"key": "big", "name": "Big"}]})
    problem = api.post("/claims", claim("lab", figure("1", scope="big")), status=422)
    assert pointers(problem) == ["/figures/0/scope"]
    made = api.post("/claims", claim("lab", figure("1", scope="full")))
    path = f"/figures/{made['figures'][0]['id']}"
    assert pointers(api.patch(path, {"metric": "size", "unit": "GPU"}, status=422)) == ["/scope"]
    assert api.patch(path, {"metric": "size", "unit": "GPU", "scope": "big"})["measurand"]["key"] == "model.size.big"


def test_another_currency_is_accepted_and_not_computed_with(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("2080000", unit="CNY"), figure("1")))
    foreign = made["figures"][0]
    assert (foreign["interval"]["unit"], foreign["interval"]["low"]) == ("CNY", 2_080_000)
    assert foreign["not_computed"] == "no_exchange_rate"
    comparison = api.get("/comparisons/model.cost")
    assert [(b["unit"], b["why"]) for b in comparison["beside"]] == [("CNY", "no_exchange_rate")]
    assert comparison["figure_count"] == 1


def test_a_unit_that_does_not_fit_the_metric_is_refused(api: Api) -> None:
    seed(api)
    assert pointers(api.post("/claims", claim("lab", figure("1", unit="hour")), status=422)) == ["/figures/0/unit"]


def test_the_later_claim_of_the_same_claimant_supersedes(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1"), key="old"))
    api.post("/claims", claim("lab", figure("2"), key="new", supersedes="old"))
    old = api.get("/claims/old")
    assert (old["status"], old["superseded_by"]["key"]) == ("superseded", "new")
    assert api.get("/comparisons/model.cost")["reported"]["figures"][0]["value"] == "2"
    assert [c["key"] for c in api.get("/claims")["items"]] == ["new"]
    assert [c["key"] for c in api.get("/claims", status="superseded")["items"]] == ["old"]
    assert len(api.get("/claims", status="all")["items"]) == 2


@pytest.mark.parametrize("end", ["withdraw", "retract", "unlink"])
def test_a_claim_stands_again_when_its_successor_falls(api: Api, end: str) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1"), key="old"))
    api.post("/claims", claim("lab", figure("2"), key="new", supersedes="old"))
    if end == "withdraw":
        api.withdraw("/claims/new")
    elif end == "retract":
        api.patch("/claims/new", {"status": "retracted"})
    else:
        api.patch("/claims/new", {"supersedes": None})
    old = api.get("/claims/old")
    assert (old["status"], old["superseded_by"]) == ("active", None)
    counted = api.get("/comparisons/model.cost")["reported"]["figures"]
    assert [f["value"] for f in counted] == (["1"] if end != "unlink" else ["1", "2"])


def test_only_the_same_claimant_supersedes(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="old"))
    assert pointers(api.post("/claims", claim("analyst", supersedes="old"), status=409)) == ["/supersedes"]
    api.post("/claims", claim("lab", key="new", supersedes="old"))
    assert pointers(api.patch("/claims/old", {"claimant": "analyst"}, status=409)) == ["/claimant"]


def test_a_claim_has_one_standing_successor(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="first"))
    api.post("/claims", claim("lab", key="second", supersedes="first"))
    assert pointers(api.post("/claims", claim("lab", supersedes="first"), status=409)) == ["/supersedes"]
    api.withdraw("/claims/second")
    api.post("/claims", claim("lab", key="third", supersedes="first"))
    assert pointers(api.restore("/claims/second", status=409)) == ["/supersedes"]
    api.patch("/claims/third", {"status": "retracted"})
    api.restore("/claims/second")
    assert pointers(api.patch("/claims/third", {"status": "active"}, status=409)) == ["/supersedes"]


def test_a_chain_of_relays_never_closes(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="a"))
    api.post("/claims", claim("analyst", key="b", derived_from="a"))
    api.post("/claims", claim("third", key="c", derived_from="b"))
    for child, parent in (("a", "c"), ("a", "b"), ("a", "a"), ("b", "c")):
        problem = api.patch(f"/claims/{child}", {"derived_from": parent}, status=422)
        assert pointers(problem) == ["/derived_from"]
    api.post("/claims", claim("lab", key="d", supersedes="a"))
    assert pointers(api.patch("/claims/a", {"supersedes": "d"}, status=422)) == ["/supersedes"]


def test_a_chain_has_an_end(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="relay-0"))
    for number in range(1, 50):
        api.post("/claims", claim("lab", key=f"relay-{number}", derived_from=f"relay-{number - 1}"))
    problem = api.post("/claims", claim("lab", derived_from="relay-49"), status=422)
    assert pointers(problem) == ["/derived_from"]


def test_another_subject_takes_the_figures_along(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1"), key="c"))
    changed = api.patch("/claims/c", {"subject": "lab"})
    assert changed["figures"][0]["measurand"]["key"] == "lab.cost"
    assert [c["key"] for c in api.get("/comparisons")["items"]] == ["lab.cost"]
    assert api.get("/figures", subject="lab")["items"][0]["subject"]["key"] == "lab"
    assert api.get("/comparisons/model.cost")["verdict"] == "none"


def test_a_withdrawn_claim_takes_its_figures_out_of_comparisons_and_keeps_them(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1"), key="c"))
    api.withdraw("/claims/c")
    assert api.get("/comparisons")["items"] == []
    assert api.get(f"/figures/{made['figures'][0]['id']}")["withdrawn"] is None


def test_withdrawn_records_cannot_be_referred_to_anew(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="c"))
    api.withdraw("/sources/paper")
    assert pointers(api.post("/claims", claim("lab"), status=409)) == ["/source"]
    assert api.patch("/claims/c", {"source": "paper", "quote": "as before"})["quote"] == "as before"


def test_a_repeated_create_holds_the_figures_against_each_other(api: Api) -> None:
    seed(api)
    body = claim("lab", figure("1"), id=CLAIM_ID)
    api.post("/claims", body)
    assert api.client.post("/v1/claims", json=body).status_code == 200
    other = body | {"figures": [figure("2")]}
    assert pointers(api.post("/claims", other, status=409)) == ["/figures"]


def test_a_repeated_create_does_not_mind_what_was_withdrawn_since(api: Api) -> None:
    seed(api)
    body = claim("lab", figure("1"), key="c")
    made = api.post("/claims", body)
    api.withdraw("/sources/paper")
    assert api.post("/claims", body, status=200) == made


def test_a_repeated_create_holds_given_ids_against_each_other(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1", id=CLAIM_ID), key="c"))
    other = claim("lab", figure("1", id="0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e77"), key="c")
    assert pointers(api.post("/claims", other, status=409)) == ["/figures"]
    scope = {"key": "a", "name": "A", "id": CLAIM_ID}
    metric = {"key": "m", "name": "M", "unit": "USD", "scopes": [scope]}
    api.post("/metrics", metric)
    changed = metric | {"scopes": [scope | {"id": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e77"}]}
    assert pointers(api.post("/metrics", changed, status=409)) == ["/scopes"]


def test_a_figure_does_not_move_to_a_withdrawn_metric(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "gone", "name": "Gone", "unit": "USD"})
    api.withdraw("/metrics/gone")
    made = api.post("/claims", claim("lab", figure("1")))
    path = f"/figures/{made['figures'][0]['id']}"
    assert pointers(api.patch(path, {"metric": "gone"}, status=409)) == ["/metric"]
    assert pointers(api.post("/claims", claim("lab", figure("1", metric="gone")), status=409)) == ["/figures/0/metric"]


def test_a_key_is_set_once(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab"))
    assert api.patch(f"/claims/{made['id']}", {"key": "named"})["key"] == "named"
    assert pointers(api.patch("/claims/named", {"key": "renamed"}, status=409)) == ["/key"]
    other = api.post("/claims", claim("analyst"))
    assert pointers(api.patch(f"/claims/{other['id']}", {"key": "named"}, status=409)) == ["/key"]


def test_an_id_stands_for_one_figure_only(api: Api) -> None:
    seed(api)
    taken = "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e11"
    twice = claim("lab", figure("1", id=CLAIM_ID), figure("2", id=CLAIM_ID))
    assert pointers(api.post("/claims", twice, status=422)) == ["/figures/1/id"]
    api.post("/claims", claim("lab", figure("1", id=taken), key="c"))
    other = claim("lab", figure("2"), figure("1", id=taken), key="d")
    assert pointers(api.post("/claims", other, status=409)) == ["/figures/1/id"]
    api.post("/claims", claim("lab", key="e"))
    assert pointers(api.post("/figures", figure("1", id=taken, claim="e"), status=409)) == ["/claim"]
    assert pointers(api.post("/figures", figure("3", id=taken, claim="c"), status=409)) == ["/value"]


def test_the_figures_of_a_withdrawn_claim_rest_with_it(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1"), key="c"))
    path = f"/figures/{made['figures'][0]['id']}"
    api.withdraw("/claims/c")
    assert api.get("/figures")["items"] == []
    assert len(api.get("/figures", withdrawn="all")["items"]) == 1
    api.patch(path, {"value": "2"}, status=409)
    api.withdraw(path, status=409)
    assert pointers(api.post("/figures", figure("2", claim="c"), status=409)) == ["/claim"]
    assert api.get("/claims/c")["version"] == 2


def test_taking_a_retraction_back_is_one_change(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1"), key="old"))
    api.post("/claims", claim("lab", figure("2"), key="new", supersedes="old"))
    retracted = api.patch("/claims/old", {"status": "retracted"})
    back = api.patch("/claims/old", {"status": "active"})
    assert (back["status"], back["version"]) == ("superseded", retracted["version"] + 1)


def test_two_chains_are_not_joined_to_one_that_is_too_long(api: Api) -> None:
    seed(api)
    for chain in ("a", "b"):
        api.post("/claims", claim("lab", key=f"{chain}-0"))
        for number in range(1, 30):
            api.post("/claims", claim("lab", key=f"{chain}-{number}", derived_from=f"{chain}-{number - 1}"))
    assert pointers(api.patch("/claims/b-0", {"derived_from": "a-29"}, status=422)) == ["/derived_from"]
    assert api.patch("/claims/b-0", {"derived_from": "a-10"})["derived_from"]["key"] == "a-10"


def test_another_claimant_is_refused_where_it_is_named(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="old"))
    api.post("/claims", claim("lab", key="new", supersedes="old"))
    assert pointers(api.patch("/claims/new", {"claimant": "analyst"}, status=409)) == ["/claimant"]


def test_creating_a_claim_with_two_figures_takes_few_statements(api: Api, kind: str) -> None:
    seed(api)
    said = claim("lab", figure("5", scope="part"), figure("6", basis="estimated", scope="part"), key="counted")
    with api.counting() as statements:
        api.post("/claims", said)
    locks = {"sqlite": 0, "postgres": 3}[kind]  # of the quantity, the history, and who is a part of whom
    assert len(statements) <= 22 + locks, statements  # three for the verdict, which is new, and one for equations
