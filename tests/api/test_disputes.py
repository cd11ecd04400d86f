"""Disputes: who raises them, about what, and how they end."""

from tests.api.records import CLAIM_ID, prepare
from tests.support import Api, claim, figure, pointers


def test_whoever_made_the_disputing_claim_raises_the_dispute(api: Api) -> None:
    prepare(api)
    api.post("/claims", claim("lab", key="no"))
    made = api.post("/disputes", {"disputed_claim": CLAIM_ID, "disputing_claim": "no", "type": "contradicts"})
    assert made["raised_by"]["key"] == "lab"
    assert made["status"] == "open"


def test_without_a_disputing_claim_it_needs_a_reason_and_a_name(api: Api) -> None:
    prepare(api)
    body = {"disputed_claim": CLAIM_ID, "type": "method"}
    assert pointers(api.post("/disputes", body, status=422)) == ["/rationale", "/raised_by"]


def test_a_resolved_dispute_says_how(api: Api) -> None:
    prepare(api)
    body = {"disputed_claim": CLAIM_ID, "raised_by": "lab", "type": "data", "rationale": "wrong", "key": "d"}
    api.post("/disputes", body)
    assert pointers(api.patch("/disputes/d", {"status": "resolved"}, status=422)) == ["/resolution"]
    done = api.patch("/disputes/d", {"status": "resolved", "resolution": "both were right", "closed": "2025-03"})
    assert (done["status"], done["closed"]) == ("resolved", "2025-03")


def test_a_disputed_figure_belongs_to_the_disputed_claim(api: Api) -> None:
    prepare(api)
    other = api.post("/claims", claim("lab", figure("1")))["figures"][0]["id"]
    body = {"disputed_claim": CLAIM_ID, "raised_by": "lab", "type": "data", "rationale": "x", "disputed_figure": other}
    assert pointers(api.post("/disputes", body, status=422)) == ["/disputed_figure"]


def test_a_claim_does_not_dispute_itself(api: Api) -> None:
    prepare(api)
    body = {"disputed_claim": CLAIM_ID, "disputing_claim": CLAIM_ID, "type": "data"}
    assert pointers(api.post("/disputes", body, status=422)) == ["/disputing_claim"]


def test_contested_claims_are_listed_with_the_disputes_that_stand(api: Api) -> None:
    prepare(api)
    body = {"disputed_claim": CLAIM_ID, "raised_by": "lab", "type": "data", "rationale": "wrong"}
    api.post("/disputes", body | {"key": "one"})
    api.post("/disputes", body | {"key": "two", "type": "method"})
    (item,) = api.get("/disagreements/claims")["items"]
    assert item["claim"]["id"] == CLAIM_ID
    assert [d["key"] for d in item["disputes"]] == ["one", "two"]
    (item,) = api.get("/disagreements/claims", type="method")["items"]
    assert [d["key"] for d in item["disputes"]] == ["two"]
    api.patch("/disputes/one", {"status": "taken_back"})
    api.withdraw("/disputes/two")
    assert api.get("/disagreements/claims")["items"] == []
    assert len(api.get("/disagreements/claims", status="taken_back")["items"]) == 1


def test_a_dispute_counts_for_the_measurands_of_what_it_disputes(api: Api) -> None:
    prepare(api)
    made = api.post("/claims", claim("lab", figure("1"), figure("2", scope="full"), key="c"))
    figure_id = made["figures"][1]["id"]
    about = {"disputed_claim": "c", "raised_by": "third", "type": "data", "rationale": "x"}
    api.post("/disputes", about | {"key": "whole"})
    api.post("/disputes", about | {"key": "one", "disputed_figure": figure_id})
    counts = {c["key"]: c["dispute_count"] for c in api.get("/comparisons")["items"]}
    assert counts == {"model.cost": 1, "model.cost.full": 2}
    shown = api.get("/comparisons/model.cost.full")
    assert [d["key"] for d in shown["disputes"]] == ["whole", "one"]
    api.patch("/disputes/whole", {"status": "taken_back"})
    assert api.get("/comparisons/model.cost")["dispute_count"] == 0


def test_a_dispute_does_not_close_before_it_opens(api: Api) -> None:
    prepare(api)
    body = {"disputed_claim": CLAIM_ID, "raised_by": "lab", "type": "data", "rationale": "x", "opened": "2025-06"}
    assert pointers(api.post("/disputes", body | {"closed": "2025-05-31"}, status=422)) == ["/closed"]
    api.post("/disputes", body | {"closed": "2025"})
