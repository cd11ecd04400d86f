"""Propositions: who supports one, who denies it, and what counts as a voice."""

from typing import Any

import pytest

from tests.support import Api, claim, pointers, seed

IT = {"key": "it", "text": "The model was copied.", "subject": "model", "language": "en"}


def prepare(api: Api) -> None:
    seed(api)
    api.post("/propositions", IT)
    for day in ("2025-02-01", "2025-03-01", "2025-04-01"):
        api.post("/sources", {"key": f"on-{day}", "kind": "speech", "title": f"Speech of {day}", "published": day})


def says(claimant: str, stance: str, day: str | None = None, **fields: Any) -> dict[str, Any]:
    hedge = fields.pop("hedge", None)
    taken = {"proposition": fields.pop("of", "it"), "stance": stance, "hedge": hedge}
    source = {"source": f"on-{day}"} if day else {}
    return claim(claimant, stances=[taken], **source, **fields)


def counts(api: Api, **params: Any) -> dict[str, list[str]]:
    found = api.get("/propositions/it/stances", **params)
    return {
        side: [voice["voice"]["key"] for voice in found[side]["voices"]] for side in ("supports", "denies", "neutral")
    }


def test_each_side_has_its_voices_with_their_words_and_sources(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("analyst", "supports", "2025-02-01", quote="It is a copy.", hedge="likely"))
    api.post("/claims", says("lab", "denies", "2025-03-01", claimant_role="first_party"))
    api.post("/claims", says("third", "neutral"))
    found = api.get("/propositions/it/stances")
    (voice,) = found["supports"]["voices"]
    assert (voice["quote"], voice["hedge"], voice["source"]["key"]) == ("It is a copy.", "likely", "on-2025-02-01")
    assert (found["denies"]["count"], found["denies"]["first_party"]) == (1, 1)
    assert found["contested"] is True
    assert found["text"] == "Analyst supports it. Lab denies it. Third takes no side."
    assert [(d["day"], d["supports"], d["denies"], d["neutral"]) for d in found["over_time"]] == [
        ("2025-01-10", 0, 0, 1), ("2025-02-01", 1, 0, 1), ("2025-03-01", 1, 1, 1),
    ]  # fmt: skip


def test_a_voice_counts_once_by_its_latest_stance(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", "2025-03-01"))
    api.post("/claims", says("lab", "supports", "2025-02-01"))
    found = api.get("/propositions/it/stances")
    (voice,) = found["denies"]["voices"]
    assert [(one["stance"], one["source"]["key"]) for one in voice["earlier"]] == [("supports", "on-2025-02-01")]
    assert found["supports"]["count"] == 0
    assert [(d["supports"], d["denies"]) for d in found["over_time"]] == [(1, 0), (0, 1)]


def test_a_person_speaks_with_the_voice_of_their_organization_in_first_party_claims(api: Api) -> None:
    prepare(api)
    api.post("/entities", {"key": "head", "kind": "person", "name": "Head", "part_of": "lab"})
    api.patch("/entities/model", {"part_of": "lab"})
    api.post("/claims", says("head", "denies", "2025-02-01"))
    api.post("/claims", says("lab", "denies", "2025-03-01"))
    assert counts(api) == {"supports": [], "denies": ["lab"], "neutral": []}


def test_relays_are_collapsed_into_what_they_repeat(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", "2025-02-01", key="origin"))
    api.post("/claims", says("lab", "denies", "2025-03-01", key="copy", derived_from="origin"))
    api.post("/claims", says("analyst", "denies", "2025-04-01", derived_from="copy"))
    found = api.get("/propositions/it/stances")
    (voice,) = found["denies"]["voices"]
    assert (voice["relay_count"], [one["source"]["key"] for one in voice["relays"]]) == (
        2, ["on-2025-03-01", "on-2025-04-01"],
    )  # fmt: skip


def test_one_relay_stands_in_for_an_origin_that_takes_no_stance(api: Api) -> None:
    prepare(api)
    api.post("/claims", claim("lab", key="origin"))
    api.post("/claims", says("analyst", "denies", "2025-03-01", derived_from="origin"))
    api.post("/claims", says("third", "denies", "2025-02-01", derived_from="origin"))
    assert counts(api)["denies"] == ["third"]


def test_as_of_a_day_what_came_later_is_missing(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", "2025-04-01"))
    api.post("/claims", says("analyst", "supports", "2025-02-01"))
    assert counts(api, as_of="2025-03-01") == {"supports": ["analyst"], "denies": [], "neutral": []}
    assert api.get("/propositions/it/stances", as_of="2025-03-01")["excluded"]["not_yet_readable"] == 1


def test_what_was_retracted_withdrawn_or_superseded_does_not_count(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", "2025-02-01", key="a"))
    api.post("/claims", says("analyst", "supports", "2025-02-01", key="b"))
    api.post("/claims", says("third", "supports", "2025-02-01", key="c"))
    assert len(api.get("/disagreements", kind="contested")["items"]) == 1
    api.patch("/claims/a", {"status": "retracted"})
    api.withdraw("/claims/b")
    api.post("/claims", says("third", "neutral", "2025-03-01", supersedes="c"))
    assert counts(api) == {"supports": [], "denies": [], "neutral": ["third"]}
    assert api.get("/disagreements", kind="contested")["items"] == []


def test_contested_propositions_are_a_kind_of_disagreement(api: Api) -> None:
    prepare(api)
    api.post("/propositions", IT | {"key": "agreed"})
    api.post("/claims", says("lab", "denies"))
    api.post("/claims", says("analyst", "supports"))
    api.post("/claims", says("third", "supports"))
    api.post("/claims", says("analyst", "supports", of="agreed"))
    (one,) = api.get("/disagreements", kind="contested", subject="model")["items"]
    assert (one["key"], one["supports"], one["denies"], one["neutral"], one["kind"]) == ("it", 2, 1, 0, "contested")
    assert api.get("/disagreements", kind="contested", subject="lab")["items"] == []


def test_a_narrower_proposition_is_shown_with_the_wider_one(api: Api) -> None:
    prepare(api)
    api.post("/propositions", IT | {"key": "on-purpose", "part_of": "it"})
    api.post("/claims", says("lab", "denies", of="on-purpose"))
    (part,) = api.get("/propositions/it/stances")["parts"]
    assert (part["proposition"]["key"], part["denies"]["count"], part["text"]) == ("on-purpose", 1, "Lab denies it.")
    assert counts(api)["denies"] == []


def test_a_claim_takes_one_stance_on_each_of_at_most_twenty(api: Api) -> None:
    prepare(api)
    taken = [{"proposition": "it", "stance": "denies"}] * 2
    assert pointers(api.post("/claims", claim("lab", stances=taken), status=422)) == ["/stances/1/proposition"]
    unknown = [{"proposition": "nothing", "stance": "denies"}]
    assert pointers(api.post("/claims", claim("lab", stances=unknown), status=422)) == ["/stances/0/proposition"]
    assert api.post("/claims", claim("lab", stances=unknown * 21), status=422)["errors"][0]["pointer"] == "/stances"


def test_a_patch_replaces_the_stances_of_a_claim(api: Api) -> None:
    prepare(api)
    api.post("/propositions", IT | {"key": "other"})
    api.post("/claims", says("lab", "denies", key="c"))
    changed = api.patch("/claims/c", {"stances": [{"proposition": "other", "stance": "supports"}]})
    assert (changed["version"], [one["proposition"]["key"] for one in changed["stances"]]) == (2, ["other"])
    assert counts(api)["denies"] == []
    assert (
        api.patch("/claims/c", {"stances": changed["stances"] and [{"proposition": "other", "stance": "supports"}]})[
            "version"
        ]
        == 2
    )
    back = api.patch("/claims/c", {"stances": [{"proposition": "it", "stance": "denies"}], "quote": "no"})
    assert (back["version"], back["quote"]) == (3, "no")
    assert counts(api)["denies"] == ["lab"]
    history = api.get("/claims/c/history")["items"]
    assert [one["changed"] for one in history] == [["quote", "stances"], ["stances"], []]


def test_repeating_a_claim_with_other_stances_is_a_conflict(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", key="c"))
    api.post("/claims", says("lab", "denies", key="c"), status=200)
    assert pointers(api.post("/claims", says("lab", "supports", key="c"), status=409)) == ["/stances"]


def test_a_withdrawn_proposition_takes_no_new_stance(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", key="c"))
    api.withdraw("/propositions/it")
    assert pointers(api.post("/claims", says("third", "denies"), status=409)) == ["/stances/0/proposition"]
    api.patch("/claims/c", {"stances": [{"proposition": "it", "stance": "supports"}]})


def test_parts_close_no_circle(api: Api) -> None:
    prepare(api)
    api.post("/propositions", IT | {"key": "inner", "part_of": "it"})
    assert pointers(api.patch("/propositions/it", {"part_of": "inner"}, status=422)) == ["/part_of"]


def test_the_stances_stay_as_they_were_on_record(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", "2025-02-01", key="c"))
    api.post("/claims", says("analyst", "supports", "2025-03-01"))
    moment = api.get("/changes", limit=200)["items"][-1]["at"]
    then = {"recorded_as_of": moment}
    before = api.client.get("/v1/propositions/it/stances", params=then)
    listed = api.get("/disagreements", kind="contested", **then)["items"]
    assert len(listed) == 1
    api.patch("/claims/c", {"stances": []})
    api.post("/claims", says("third", "denies", "2025-04-01"))
    api.patch("/propositions/it", {"text": "It was copied."})
    api.patch("/entities/lab", {"name": "The lab"})
    assert api.client.get("/v1/propositions/it/stances", params=then).text == before.text
    assert api.get("/disagreements", kind="contested", **then)["items"] == listed
    assert counts(api) == {"supports": ["analyst"], "denies": ["third"], "neutral": []}


def test_disputes_about_the_claims_are_listed(api: Api) -> None:
    prepare(api)
    made = api.post("/claims", says("lab", "denies"))
    body = {"disputed_claim": made["id"], "raised_by": "third", "type": "data", "rationale": "no", "opened": "2025-05"}
    api.post("/disputes", body)
    found = api.get("/propositions/it/stances")
    assert (found["dispute_count"], found["disputes"][0]["raised_by"]["key"]) == (1, "third")
    assert api.get("/propositions/it/stances", as_of="2025-04-02")["dispute_count"] == 0


def test_propositions_are_searched_and_exported(api: Api) -> None:
    prepare(api)
    api.post("/claims", says("lab", "denies", key="c", hedge="certain"))
    (hit,) = api.get("/search", q="copied", kind="proposition")["items"]
    assert hit["key"] == "it"
    assert [one["key"] for one in api.get("/propositions", text="model copied")["items"]] == ["it"]
    text = api.client.get("/v1/export.jsonl").text
    assert '"stances":[{"proposition":"it","stance":"denies","hedge":"certain"}]' in text
    answer = api.client.post("/v1/imports", params={"format": "jsonl"}, content=text)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["proposition"] == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 0}


def test_the_demo_answers_its_question_in_one_request(demo: Api) -> None:
    found = demo.get("/propositions/deepseek-distilled-openai/stances")
    assert found["text"] == "OpenAI supports it."
    parts = {part["proposition"]["key"]: part for part in found["parts"]}
    assert parts["deepseek-distilled-openai-on-purpose"]["text"] == "OpenAI supports it. DeepSeek denies it."
    assert parts["openai-text-in-v3-data"]["text"] == "DeepSeek supports it."
    early = demo.get("/propositions/deepseek-distilled-openai/stances", as_of="2025-02-01")
    assert [voice["claim"]["key"] for voice in early["supports"]["voices"]] == ["di-01"]
    assert {part["text"] for part in early["parts"]} == {"No claim on record takes a stance on it."}


@pytest.mark.parametrize("path", ["/propositions/none/stances", "/propositions/none"])
def test_an_unknown_proposition_is_not_found(api: Api, path: str) -> None:
    assert api.client.get(f"/v1{path}").status_code == 404
