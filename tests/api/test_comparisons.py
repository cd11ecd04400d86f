"""Comparisons of a measurand: sides, settings, who counts, relations between scopes and periods."""

import pytest

from tests.support import Api, claim, figure, pointers, seed, selects


def estimate(value: str, **fields: object) -> dict[str, object]:
    return figure(value, basis="estimated", **fields)


def test_a_comparison_is_found_by_id_and_by_key(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1", scope="full")))
    (summary,) = api.get("/comparisons")["items"]
    assert summary["key"] == "model.cost.full"
    for ref in (summary["id"], summary["id"].upper(), "model.cost.full"):
        found = api.get(f"/comparisons/{ref}")
        assert {name: found[name] for name in summary} == summary


def test_the_summary_in_the_list_is_that_of_the_detail(demo: Api) -> None:
    for summary in demo.pages("/comparisons", limit=50):
        found = demo.get(f"/comparisons/{summary['id']}")
        assert {name: found[name] for name in summary} == summary


@pytest.mark.parametrize("settings", [{}, {"about_tolerance": "0.2"}, {"by": "party"}, {"as_of": "2999-01-01"}])
def test_a_comparison_takes_the_same_few_statements_whatever_the_settings(api: Api, settings: dict[str, str]) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("100", scope="full")))["id"]
    for number in range(3):
        relayed = claim("analyst", figure("200", scope="full"), derived_from=origin, statement=f"{number}")
        api.post("/claims", relayed)
    api.post("/claims", claim("lab", figure("50", scope="part"), statement="a part"))
    with api.counting() as statements:
        found = api.get("/comparisons/model.cost.part", **settings)
    (whole,) = found["related"]
    assert (whole["relation"], whole["ratio"]["low"]) == ("wider", 2)
    assert len(selects(statements)) == 7, (
        "the last change, the measurands, their figures, two for relays, what is shown, the scopes"
    )
    with api.counting() as statements:
        assert len(api.get("/comparisons/model.cost.full", **settings)["drift"]) == 3
    assert len(selects(statements)) == 7, "and no more with relays of its own"


def test_the_tolerance_of_about_is_asked_for_and_echoed(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("100")))
    api.post("/claims", claim("analyst", estimate("120", qualifier="about")))
    assert api.get("/comparisons/model.cost")["verdict"] == "estimates_higher"
    wide = api.get("/comparisons/model.cost", about_tolerance="0.25")
    assert (wide["verdict"], wide["settings"]["about_tolerance"]) == ("consistent", 0.25)
    exact = api.get("/comparisons/model.cost", about_tolerance=0)
    assert exact["ratio"]["low"] == exact["ratio"]["high"] == 1.2
    for refused in ("0.51", "-0.1", "x", "1e400"):
        answer = api.client.get("/v1/comparisons/model.cost", params={"about_tolerance": refused})
        assert answer.status_code == 422
        assert pointers(answer.json()) == ["/about_tolerance"]


def test_sides_by_party(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", estimate("10"), claimant_role="first_party"))
    api.post("/claims", claim("analyst", figure("30"), claimant_role="third_party"))
    api.post("/claims", claim("third", figure("20")))
    found = api.get("/comparisons/model.cost", by="party")
    assert found["verdict"] == "third_party_higher"
    assert found["ratio"]["text"] == "3×"
    assert (found["reported"], found["estimated"]) == (None, None)
    assert [f["value"] for f in found["first_party"]["figures"]] == ["10"]
    assert [(b["value"], b["why"]) for b in found["beside"]] == [("20", "claimant_role_unknown")]
    assert found["settings"]["by"] == "party"


def test_an_empty_side_is_there_and_counts_nothing(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10")))
    found = api.get("/comparisons/model.cost")
    assert found["estimated"] == {"count": 0, "claimant_count": 0, "interval": None, "figures": []}
    assert (found["first_party"], found["third_party"]) == (None, None)
    assert found["verdict"] == "reported_only"


def test_what_counts_and_what_stands_beside(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10"), key="origin"))
    api.post("/claims", claim("analyst", figure("12", basis="alleged")))
    api.post("/claims", claim("third", figure("90", basis="projected"), figure("91", basis="assumed")))
    api.post("/claims", claim("third", figure(qualifier="vague", stated_as="a lot")))
    api.post("/claims", claim("analyst", figure("10"), derived_from="origin"))
    found = api.get("/comparisons/model.cost")
    assert (found["figure_count"], found["claimant_count"], found["relay_count"]) == (2, 2, 1)
    assert found["gap"] == 1.2
    whys = sorted((b["why"], b["value"]) for b in found["beside"] if b["value"])
    assert whys == [("alleged", "12"), ("assumed", "91"), ("projected", "90")]
    assert [b["stated_as"] for b in found["beside"] if b["why"] == "vague"] == ["a lot"]


def test_the_gap_without_one_names_the_outlier(api: Api) -> None:
    seed(api)
    for claimant, value in (("lab", "100"), ("analyst", "101"), ("third", "500")):
        api.post("/claims", claim(claimant, figure(value)))
    found = api.get("/comparisons/model.cost")
    assert found["gap"] == 5
    assert found["agreeing"] == 1
    assert found["gap_without_one"]["claimant"]["key"] == "third"
    assert found["gap_without_one"]["gap"] == 1.01


def test_the_difference_is_given_where_no_ratio_is(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "profit", "name": "Profit", "unit": "USD", "signed": True})
    api.post("/claims", claim("lab", figure("-5", metric="profit")))
    api.post("/claims", claim("analyst", estimate("7", metric="profit")))
    found = api.get("/comparisons/model.profit")
    assert (found["gap"], found["difference"], found["ratio"]) == (None, 12, None)
    assert found["verdict"] == "estimates_higher"
    between = api.get("/comparisons/between", left="model.profit", right="model.profit", right_side="estimated")
    assert between["ratio"] is None
    assert "$12" in between["text"]


def test_conflicts_across_zero_rank_before_any_ratio(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "profit", "name": "Profit", "unit": "USD", "signed": True})
    api.post("/claims", claim("lab", figure("-5", metric="profit"), figure("100")))
    api.post("/claims", claim("analyst", estimate("700", metric="profit"), estimate("101")))
    assert [i["key"] for i in api.get("/disagreements")["items"]] == ["model.profit", "model.cost"]


def test_figures_by_period_are_compared_for_the_same_days(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "sales", "name": "Sales", "unit": "USD", "over_time": "by_period"})
    api.post("/claims", claim("lab", figure("10", metric="sales", period="2023")))
    api.post("/claims", claim("analyst", estimate("12", metric="sales", period="2023-01-01/2023-12-31")))
    api.post("/claims", claim("analyst", estimate("20", metric="sales", period="2024~")))
    keys = {i["key"]: i for i in api.get("/comparisons")["items"]}
    assert set(keys) == {"model.sales@2023", "model.sales@2024"}
    assert keys["model.sales@2023"]["period"] == "2023"
    assert keys["model.sales@2023"]["figure_count"] == 2
    assert api.get("/comparisons/model.sales@2023-01_2023-12")["key"] == "model.sales@2023"
    assert keys["model.sales@2024"]["comparability"] is None
    between = api.get("/comparisons/between", left="model.sales@2023", right="model.sales@2024")
    assert between["comparability"]["reasons"] == ["period_approximate", "periods_differ"]
    assert api.client.get("/v1/comparisons/model.sales@soon").status_code == 404


def test_prices_of_different_stated_years_are_conditional(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10", scope="full", price_year=2023)))
    api.post("/claims", claim("analyst", estimate("12", scope="full", price_year=2024)))
    found = api.get("/comparisons/model.cost.full")
    assert found["comparability"] == {"status": "conditional", "reasons": ["price_years_differ"]}
    assert found["ratio"]["low"] == 1.2


def test_scopes_are_related_as_the_metric_says(api: Api) -> None:
    seed(api)
    for scope in ("full", "part", "subpart", "other", None):
        api.post("/claims", claim("lab", figure("10", **({"scope": scope} if scope else {}))))
    relations = {
        key: {r["scope"] and r["scope"]["key"]: r["relation"] for r in api.get(f"/comparisons/{key}")["related"]}
        for key in ("model.cost.full", "model.cost.subpart", "model.cost")
    }
    assert relations["model.cost.full"] == {
        None: "scope_not_stated", "part": "narrower", "subpart": "narrower", "other": "other",
    }  # fmt: skip
    assert relations["model.cost.subpart"] == {
        None: "scope_not_stated", "full": "wider", "part": "wider", "other": "other",
    }  # fmt: skip
    assert set(relations["model.cost"].values()) == {"scope_not_stated"}


def test_a_part_of_a_part_is_held_against_the_whole_exactly(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1.000000000000000001", scope="subpart"), figure("1", scope="full")))
    (item,) = api.get("/disagreements", kind="part_exceeds_whole")["items"]
    assert item["key"] == "model.cost.subpart"
    figure_id = api.get("/figures", scope=item["scope"]["id"])["items"][0]["id"]
    api.patch(f"/figures/{figure_id}", {"value": "1"})
    assert api.get("/disagreements", kind="part_exceeds_whole")["items"] == []


def test_self_conflict_stands_apart(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10")))
    api.post("/claims", claim("lab", figure("40")))
    assert api.get("/disagreements")["items"] == []
    (item,) = api.get("/disagreements", kind="self_conflict")["items"]
    assert (item["least"]["value"], item["most"]["value"]) == ("10", "40")
    assert item["agreement"] == "single"
    assert item["text"] == "Lab's own figures exclude each other: $10 and $40, 4 times apart."


def test_a_superseded_figure_counts_as_of_the_day_when_it_stood(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10"), key="old", asserted="2025-01-10"))
    api.post("/claims", claim("lab", figure("20"), key="new", supersedes="old", asserted="2025-03-01"))
    for day, value in (("2025-02-28", "10"), ("2025-03-01", "20")):
        side = api.get("/comparisons/model.cost", as_of=day)["reported"]
        assert [f["value"] for f in side["figures"]] == [value]


@pytest.mark.parametrize(
    ("published", "asserted", "first"),
    [
        ("2025-01-10", "2025-02", "2025-02-28"),
        ("2025-03-01", "2025-02", "2025-03-01"),
        ("2025", None, "2025-12-31"),
        (None, "2025-05-05", "2025-05-05"),
    ],
)
def test_a_claim_could_be_read_from_the_later_of_its_days(
    api: Api, published: str | None, asserted: str | None, first: str
) -> None:
    seed(api)
    api.patch("/sources/paper", {"published": published})
    api.post("/claims", claim("lab", figure("10"), **({"asserted": asserted} if asserted else {})))
    assert api.get("/comparisons/model.cost", as_of=first)["verdict"] == "reported_only"
    before = f"{first[:8]}{int(first[8:]) - 1:02}"
    found = api.get("/comparisons/model.cost", as_of=before) if first[8:] != "01" else None
    assert found is None or found["excluded"] == {"undated": 0, "not_yet_readable": 1}


def test_between_takes_figures_and_sides(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("10"), estimate("50"), figure("3", scope="full")))
    first, second, scoped = (f["id"] for f in made["figures"])
    by_figures = api.get("/comparisons/between", left=first, right=second)
    assert (by_figures["ratio"]["text"], by_figures["left"]["side"]) == ("5×", "figure")
    assert by_figures["left"]["figure_id"] == first
    by_sides = api.get("/comparisons/between", left="model.cost", right="model.cost", right_side="estimated")
    assert by_sides["ratio"]["text"] == "5×"
    scopes = api.get("/comparisons/between", left=scoped, right="model.cost.full")
    assert (scopes["ratio"]["text"], scopes["comparability"]["status"]) == ("1×", "comparable")
    both = api.get("/comparisons/between", left="model.cost", right="model.cost", right_side="all")
    assert (both["ratio"]["low"], both["ratio"]["high"]) == (1, 5)
    refused = api.client.get("/v1/comparisons/between", params={"left": first, "right": second, "left_side": "all"})
    assert pointers(refused.json()) == ["/left_side"]
    missing = api.client.get("/v1/comparisons/between", params={"left": "model.cost", "right": "no.thing"})
    assert (missing.status_code, pointers(missing.json())) == (404, ["/right"])


def test_units_that_convert_are_converted_and_others_leave_no_ratio(api: Api) -> None:
    seed(api)
    for key, unit in (("time", "hour"), ("days", "day"), ("euros", "EUR")):
        api.post("/metrics", {"key": key, "name": key, "unit": unit})
    fields = (("time", "48", "hour"), ("days", "1", "day"), ("euros", "5", "EUR"), ("cost", "5", "USD"))
    api.post("/claims", claim("lab", *(figure(v, metric=m, unit=u) for m, v, u in fields)))

    def between(left: str, right: str) -> dict[str, object]:
        found: dict[str, object] = api.get("/comparisons/between", left=left, right=right)
        return found

    assert between("model.time", "model.days")["ratio"] == {
        "low": 0.5, "high": 0.5, "low_open": False, "high_open": False, "central": 0.5, "text": "0.5×",
    }  # fmt: skip
    for left, right, reason in (
        ("model.time", "model.cost", "units_differ"),
        ("model.euros", "model.cost", "no_exchange_rate"),
    ):
        found = between(left, right)
        assert found["ratio"] is None
        assert found["comparability"]["status"] == "not_comparable"  # type: ignore[index]
        assert reason in found["comparability"]["reasons"]  # type: ignore[index]


def test_drift_is_held_against_parent_and_root(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("512"), key="root"))
    api.post("/claims", claim("analyst", figure("648"), key="copy", derived_from="root"))
    api.post("/claims", claim("third", figure("648"), key="copy-of-copy", derived_from="copy"))
    found = api.get("/comparisons/model.cost")
    results = {(d["relay"]["claim"]["key"], d["origin"]["claim"]["key"]): d["result"] for d in found["drift"]}
    assert results == {
        ("copy", "root"): "drift",
        ("copy-of-copy", "copy"): "same",
        ("copy-of-copy", "root"): "drift",
    }
    assert found["drift_count"] == 2
    root = api.get("/claims/root")["figures"][0]["id"]
    api.patch(f"/figures/{root}", {"value": "648"})
    assert api.get("/comparisons/model.cost")["drift_count"] == 0
    assert api.get("/disagreements", kind="drift")["items"] == []


def test_what_cannot_be_computed_with_is_not_called_absent(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10", unit="EUR", scope="full")))
    api.post("/claims", claim("analyst", estimate("20", scope="full")))
    found = api.get("/comparisons/model.cost.full")
    assert found["comparability"] == {"status": "not_comparable", "reasons": ["no_exchange_rate"]}
    assert "nothing was reported" not in found["text"]
    assert "Analyst estimated $20" in found["text"]
    assert "Left aside: 1 figure in another currency." in found["text"]


def test_what_is_withdrawn_cannot_be_held_against_anything(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("10"), key="c"))
    api.withdraw("/claims/c")
    params = {"left": made["figures"][0]["id"], "right": "model.cost"}
    answer = api.client.get("/v1/comparisons/between", params=params)
    assert answer.status_code == 404
    assert "withdrawn" in answer.json()["detail"]


def test_a_side_in_another_currency_stands_for_its_measurand(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10", unit="EUR", scope="full"), figure("3", scope="part")))
    api.post("/claims", claim("analyst", estimate("20", scope="full")))
    found = api.get("/comparisons/between", left="model.cost.full", right="model.cost.part")
    assert (found["left"]["side"], found["ratio"]) == ("reported", None)
    assert found["comparability"]["status"] == "not_comparable"
    assert "no_exchange_rate" in found["comparability"]["reasons"]
    (related,) = api.get("/comparisons/model.cost.part")["related"]
    assert related["comparability"]["status"] == "not_comparable"


def test_a_conflict_across_stated_price_years_is_conditional(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", estimate("100", scope="full", price_year=1990)))
    api.post("/claims", claim("analyst", estimate("250", scope="full", price_year=2024)))
    found = api.get("/comparisons/model.cost.full")
    assert (found["gap"], found["conflict_reasons"]) == (2.5, ["price_years_differ"])
    assert found["comparability"] is None, "there is one side"
    assert "in prices of different years" in found["text"]


def test_scopes_that_had_figures_then_are_related_then(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10", scope="full"), asserted="2024-01-15"))
    api.patch("/sources/paper", {"published": None})
    api.post("/claims", claim("lab", figure("12", scope="part"), key="old", asserted="2024-02-01"))
    api.post("/claims", claim("lab", key="new", supersedes="old", asserted="2025-02-01"))
    then = api.get("/comparisons/model.cost.full", as_of="2024-12-31")["related"]
    assert [(r["scope"]["key"], r["part_exceeds_whole"]) for r in then] == [("part", True)]
    assert api.get("/comparisons/model.cost.full", as_of="2025-12-31")["related"] == []


def test_drift_of_bounds_says_which_is_least(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure(qualifier="at_least", lower="500"), key="origin"))
    api.post("/claims", claim("third", figure("100"), derived_from="origin"))
    (item,) = api.get("/disagreements", kind="drift")["items"]
    assert (item["least"]["value"], item["most"]["lower"]) == ("100", "500")


def test_a_number_that_became_nothing_drifted_farthest(api: Api) -> None:
    seed(api)
    for scope, copied in (("full", "0"), ("part", "900")):
        api.post("/claims", claim("lab", figure("5", scope=scope), key=f"origin-{scope}"))
        api.post("/claims", claim("third", figure(copied, scope=scope), derived_from=f"origin-{scope}"))
    assert [i["key"] for i in api.get("/disagreements", kind="drift")["items"]] == [
        "model.cost.full",
        "model.cost.part",
    ]


def test_an_open_whole_is_exceeded_by_what_it_excludes(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5", scope="subpart"), figure("5", scope="part")))
    api.post("/claims", claim("lab", figure(qualifier="less_than", upper="5", scope="full")))
    keys = [i["key"] for i in api.get("/disagreements", kind="part_exceeds_whole")["items"]]
    assert sorted(keys) == ["model.cost.part", "model.cost.subpart"]


def test_amounts_that_may_be_negative_are_told_with_both_ends(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "profit", "name": "Profit", "unit": "USD", "signed": True})
    made = api.post("/claims", claim("lab", figure(qualifier="between", lower="0", upper="5", metric="profit")))
    assert made["figures"][0]["interval"]["text"] == "$0 to $5"
