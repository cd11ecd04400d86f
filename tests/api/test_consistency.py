"""Consistency: whether stated figures fit what follows from equations."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.test_equations import HOURS, PRICE, PRODUCT, SUM, prepare
from tests.support import Api, claim, figure, pointers


def checked(api: Api, **params: Any) -> list[tuple[str, str, str | None]]:
    """The verdict, by whom, and the claimant of each check of the only place."""
    (one,) = api.get("/consistency", **params)["items"]
    detail = api.get(f"/consistency/{one['id']}")
    return [(c["verdict"], c["checked_by"], c["claimant"] and c["claimant"]["key"]) for c in detail["checks"]]


def stages(full: str, part: str, other: str) -> list[dict[str, Any]]:
    return [figure(full, scope="full"), figure(part, scope="part"), figure(other, scope="other")]


def test_each_claimant_is_checked_by_their_own_figures_and_all_of_them_together(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", *stages("600", "400", "200")))
    assert checked(api) == [("consistent", "claimant", "lab")]
    api.post("/claims", claim("analyst", *stages("900", "400", "200")))
    assert checked(api) == [
        ("inconsistent", "claimant", "analyst"), ("consistent", "claimant", "lab"), ("consistent", "across", None),
    ]  # fmt: skip


def test_an_assumption_counts_for_the_claimant_who_makes_it_and_for_nobody_else(api: Api) -> None:
    prepare(api)
    api.post("/equations", PRODUCT)
    api.post("/claims", claim("lab", figure("294", scope="full"), HOURS | {"value": "147", "scope": "full"}))
    (one,) = api.get("/consistency")["items"]
    assert (one["verdict"], one["missing_metric"]["key"], one["would_be"]["low"]) == ("incomplete", "price", 2.0)
    api.post("/claims", claim("analyst", PRICE | {"value": "3"}))
    assert api.get("/consistency")["items"][0]["verdict"] == "incomplete"
    api.post("/claims", claim("lab", PRICE | {"value": "2"}))
    assert checked(api) == [("consistent", "claimant", "lab")]


def test_relays_are_checked_within_their_source_and_nowhere_else(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", *stages("600", "400", "200"), key="origin"))
    api.post("/sources", {"key": "blog", "kind": "web_page", "title": "A blog"})
    api.post("/claims", claim("lab", *stages("900", "400", "200"), source="blog", derived_from="origin"))
    (one,) = api.get("/consistency")["items"]
    assert (one["verdict"], one["checked_by"], one["source"]["key"]) == ("inconsistent", "relayed", "blog")
    assert checked(api) == [("consistent", "claimant", "lab"), ("inconsistent", "relayed", "lab")]


def test_a_scope_that_is_not_stated_is_a_gap_and_no_contradiction(api: Api) -> None:
    prepare(api)
    api.post("/equations", PRODUCT)
    api.post("/claims", claim("lab", figure("294"), HOURS | {"value": "40", "scope": "full"}, PRICE | {"value": "2"}))
    (one,) = [each for each in api.get("/consistency")["items"] if each["scope"]]
    assert (one["verdict"], one["gap"]) == ("scope_gap", None)
    assert one["text"] == (
        "Lab: 40 GPU-hours × $2 per GPU-hour = $80. Stated: $294. The scopes differ or are not stated, so this is no "
        "contradiction."
    )
    assert api.get("/disagreements", kind="inconsistency")["items"] == []


def test_scopes_are_paired_as_the_equation_says(api: Api) -> None:
    prepare(api)
    pairs = [{"output": "part", "input": "full"}]
    api.post("/equations", PRODUCT | {"factors": [{"metric": "hours", "scopes": pairs}, {"metric": "price"}]})
    hours = HOURS | {"value": "40", "scope": "full"}
    api.post("/claims", claim("lab", figure("80", scope="part"), hours, PRICE | {"value": "2"}))
    places = {one["scope"]["key"]: one["verdict"] for one in api.get("/consistency")["items"]}
    assert places == {"part": "consistent", "full": "incomplete"}


def test_rounding_explains_a_small_difference(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", *stages("5.6e6", "5.328e6", "0.248e6")))
    (one,) = api.get("/consistency")["items"]
    assert one["verdict"] == "within_rounding"
    assert (
        one["text"]
        == "Lab: $5.328 million + $248,000 = $5.576 million. Stated: $5.6 million. Rounding explains the difference."
    )


def test_parts_that_exceed_the_whole_are_found_with_other_parts_missing(api: Api) -> None:
    prepare(api)
    api.post("/metrics/cost/scopes", {"key": "third", "name": "Third"})
    api.post("/equations", SUM | {"parts": ["part", "other", "third"], "complete": False})
    api.post("/claims", claim("lab", *stages("600", "350", "350")))
    (one,) = api.get("/consistency")["items"]
    assert (one["verdict"], round(one["gap"], 3), one["difference"]) == ("inconsistent", 1.167, 100.0)


def test_a_missing_part_is_what_is_left(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", figure("600", scope="full"), figure("350", scope="part")))
    (one,) = api.get("/consistency")["items"]
    assert one["missing_scope"]["key"] == "other"
    assert one["text"] == "Lab: $350 + ? = $600; the missing amount would be $250."


def test_a_missing_whole_is_the_sum(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", figure("250", scope="other"), figure("350", scope="part")))
    (one,) = api.get("/consistency")["items"]
    assert one["text"] == "Lab: $350 + $250 = $600; the amount itself is not stated."


def test_amounts_without_an_exchange_rate_are_not_compared(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    euro = figure("1", scope="other", unit="KES")
    api.post("/claims", claim("lab", figure("600", scope="full"), figure("350", scope="part"), euro))
    assert checked(api) == [("no_exchange_rate", "claimant", "lab")]


def test_amounts_that_share_another_currency_are_compared_in_it(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", *(one | {"unit": "EUR"} for one in stages("600", "350", "250"))))
    (one,) = api.get("/consistency")["items"]
    assert (one["unit"], one["text"]) == ("EUR", "Lab: €350 + €250 = €600, as stated.")


def test_each_period_is_checked_for_itself(api: Api) -> None:
    prepare(api)
    api.patch("/metrics/cost", {"over_time": "by_period"})
    api.post("/equations", SUM)
    for year, whole in (("2023", "600"), ("2024", "900")):
        api.post("/claims", claim("lab", *(one | {"period": year} for one in stages(whole, "400", "200"))))
    found = {one["period"]: one["verdict"] for one in api.get("/consistency")["items"]}
    assert found == {"2023": "consistent", "2024": "inconsistent"}


def test_the_list_is_widest_first_and_has_filters(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/entities", {"key": "other-model", "kind": "model", "name": "Other"})
    api.post("/entities", {"key": "third-model", "kind": "model", "name": "Third"})
    api.post("/claims", claim("lab", *stages("700", "400", "200")))
    api.post("/claims", claim("lab", *stages("6000", "400", "200"), subject="other-model"))
    api.post("/claims", claim("lab", *stages("600", "400", "200"), subject="third-model"))
    keys = [one["subject"]["key"] for one in api.pages("/consistency", limit=1)]
    assert keys == ["other-model", "model", "third-model"]
    assert [one["subject"]["key"] for one in api.get("/consistency", subject="model")["items"]] == ["model"]
    assert len(api.get("/consistency", verdict="inconsistent", equation="stages")["items"]) == 2
    assert api.get("/consistency", metric="hours")["items"] == []
    ranked = api.get("/disagreements", kind="inconsistency")["items"]
    assert [(one["kind"], one["subject"]["key"]) for one in ranked] == [
        ("inconsistency", "other-model"), ("inconsistency", "model"),
    ]  # fmt: skip
    answer = api.client.get("/v1/disagreements", params={"kind": "inconsistency", "gap_min": "2"})
    assert (answer.status_code, pointers(answer.json())) == (422, ["/gap_min"])


def test_a_check_follows_each_change_of_its_figures(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    made = api.post("/claims", claim("lab", *stages("600", "400", "200"), key="c"))
    (one,) = api.get("/consistency")["items"]
    whole = made["figures"][0]["id"]
    api.patch(f"/figures/{whole}", {"value": "900"})
    assert api.get("/consistency")["items"][0]["verdict"] == "inconsistent"
    api.patch("/claims/c", {"status": "retracted"})
    assert api.get("/consistency")["items"] == []
    assert api.get(f"/consistency/{one['id']}")["checks"] == []
    api.patch("/claims/c", {"status": "active"})
    assert api.get("/consistency")["items"][0]["id"] == one["id"]
    api.withdraw(f"/figures/{whole}")
    assert api.get("/consistency")["items"][0]["verdict"] == "incomplete"
    api.patch("/claims/c", {"subject": "third"})
    assert [each["subject"]["key"] for each in api.get("/consistency")["items"]] == ["third"]


def test_as_of_a_day_only_what_could_be_read_is_checked(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", *stages("600", "400", "200")))
    api.post("/sources", {"key": "later", "kind": "web_page", "title": "Later", "published": "2025-06-01"})
    api.post("/claims", claim("analyst", *stages("900", "400", "200"), source="later"))
    (one,) = api.get("/consistency")["items"]
    early = api.get(f"/consistency/{one['id']}", as_of="2025-02-01")
    assert [c["claimant"]["key"] for c in early["checks"]] == ["lab"]
    assert early["excluded"] == {"undated": 0, "not_yet_readable": 3}


def test_a_check_stays_as_it_was_on_record(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    made = api.post("/claims", claim("lab", *stages("600", "400", "200")))
    (one,) = api.get("/consistency")["items"]
    answer = api.client.get(f"/v1/consistency/{one['id']}")
    moment = api.get("/changes", limit=200)["items"][-1]["at"]
    before = api.get(f"/consistency/{one['id']}", recorded_as_of=moment)
    assert {**before, "settings": None} == {**answer.json(), "settings": None}
    api.patch(f"/figures/{made['figures'][0]['id']}", {"value": "900"})
    api.patch("/equations/stages", {"complete": False, "name": "Another name"})
    api.patch("/entities/lab", {"name": "The lab"})
    assert api.get(f"/consistency/{one['id']}", recorded_as_of=moment) == before
    (listed,) = api.get("/consistency", subject="model", recorded_as_of=moment)["items"]
    assert (listed["verdict"], listed["text"]) == (one["verdict"], one["text"])
    assert api.client.get("/v1/consistency", params={"recorded_as_of": moment}).status_code == 422


def test_the_table_has_the_checks(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", *stages("700", "400", "200")))
    table = api.get("/tables/consistency.json")
    (row,) = table["rows"]
    assert (row["verdict"], row["equation_key"], row["stated_low"], row["computed_low"]) == (
        "inconsistent", "stages", 700.0, 600.0,
    )  # fmt: skip
    lines = api.client.get("/v1/tables/consistency.csv", params={"columns": "subject_key,verdict"}).text.splitlines()
    assert lines == ["subject_key,verdict", "model,inconsistent"]


@pytest.mark.parametrize("ref", ["nothing", "00000000-0000-5000-8000-000000000000"])
def test_an_unknown_check_is_not_found(api: Api, ref: str) -> None:
    assert api.client.get(f"/v1/consistency/{ref}").status_code == 404


def test_the_demo_checks_what_the_article_is_about(demo: Api) -> None:
    found = {(one["subject"]["key"], one["equation"]["key"], one["scope"] and one["scope"]["key"]): one for one in
             demo.pages("/consistency")}  # fmt: skip
    v3 = found["deepseek-v3", "training-cost-of-stages", "full"]
    assert v3["text"] == "DeepSeek: $5.328 million + $238,000 + $10,000 = $5.576 million, as stated."
    r1 = found["deepseek-r1", "training-cost-of-gpu-hours", "on-top-of-base"]
    assert r1["text"] == "DeepSeek: 147,000 GPU-hours × $2 per GPU-hour = $294,000, as stated."
    article = found["deepseek-r1", "training-cost-of-gpus", None]
    assert (article["verdict"], article["checked_by"]) == ("scope_gap", "relayed")
    assert "512 GPUs × 80 hours × ? = $294,000; the missing amount would be about $7.18 per GPU-hour" in article["text"]
    assert not [one for one in found.values() if one["verdict"] == "inconsistent"]
    own = demo.get("/disagreements", kind="self_conflict", subject="deepseek")["items"]
    assert any("$1.3 billion and about $1.6 billion" in one["text"] for one in own)
    assert datetime.fromisoformat(v3["updated_at"]).tzinfo == UTC
