"""What the demo data must show: the article's claims, and nothing false."""

from typing import Any

import pytest

from tests.support import Api

R1 = "deepseek-r1.training-cost.on-top-of-base"


def test_r1s_reported_cost_against_its_estimate(demo: Api) -> None:
    found = demo.get(f"/comparisons/{R1}")
    assert [f["value"] for f in found["reported"]["figures"]] == ["294000"]
    assert [(f["value"], f["qualifier"]) for f in found["estimated"]["figures"]] == [("1000000", "about")]
    ratio = found["ratio"]
    assert ratio["low"] == pytest.approx(3.0612, abs=5e-5)
    assert ratio["high"] == pytest.approx(3.7415, abs=5e-5)
    assert ratio["text"] == "about 3.4×"
    assert found["verdict"] == "estimates_higher"
    assert found["comparability"] == {"status": "comparable", "reasons": []}


def test_the_relay_of_29_million_is_drift_and_no_source(demo: Api) -> None:
    found = demo.get(f"/comparisons/{R1}")
    (drift,) = found["drift"]
    assert (drift["relay"]["value"], drift["result"], drift["factor"]) == ("29400000", "drift", 100)
    assert found["claimant_count"] == 2
    sides = [*found["reported"]["figures"], *found["estimated"]["figures"]]
    assert {f["claimant"]["key"] for f in sides} == {"deepseek", "epoch-ai"}


def test_nothing_of_v3_or_of_the_fleet_is_in_r1s_cost(demo: Api) -> None:
    found = demo.get(f"/comparisons/{R1}")
    shown = [
        *found["reported"]["figures"], *found["estimated"]["figures"], *found["beside"], *found["relays"],
        *(d["relay"] for d in found["drift"]), *(d["origin"] for d in found["drift"]),
    ]  # fmt: skip
    assert {f["claim"]["key"] for f in shown} == {"r1-06", "r1-12", "r1-13"}
    assert all(r["measurand"]["key"].startswith("deepseek-r1.training-cost") for r in found["related"])


def test_r1_against_openais_foundation_models(demo: Api) -> None:
    found = demo.get("/comparisons/between", left=R1, right="openai-foundation-models.training-cost")
    ratio = found["ratio"]
    assert ratio["low"] == 100_000_000 / 294_000
    assert (ratio["low_open"], ratio["high"], ratio["text"]) == (True, None, "more than 340×")
    assert "more than 340 times as much" in found["text"]
    assert "DeepSeek reported $294,000. OpenAI reported more than $100 million" in found["text"]
    assert found["comparability"]["status"] == "conditional"
    assert {"scope_not_stated", "subjects_differ"} <= set(found["comparability"]["reasons"])
    assert (found["left"]["side"], found["right"]["side"]) == ("reported", "reported")


def test_gpt_4_reported_above_what_is_estimated(demo: Api) -> None:
    found = demo.get("/comparisons/gpt-4.training-cost")
    assert [(f["qualifier"], f["lower"]) for f in found["reported"]["figures"]] == [("more_than", "100000000")]
    assert [f["value"] for f in found["estimated"]["figures"]] == ["78352033.69", "78562016.88"]
    assert found["verdict"] == "estimates_lower"
    assert found["gap"] == pytest.approx(1.2763, abs=5e-5)
    assert found["comparability"]["status"] == "conditional"
    beside = {r["measurand"]["key"]: r["relation"] for r in found["related"]}
    assert beside == {
        "gpt-4.training-cost.hardware-acquisition": "scope_not_stated",
        "gpt-4.training-cost.amortised-hardware-and-energy": "scope_not_stated",
        "gpt-4.training-cost.method-not-stated": "scope_not_stated",
    }


def test_v3s_parts_stay_within_the_whole(demo: Api) -> None:
    found = demo.get("/comparisons/deepseek-v3.training-cost.full")
    parts = {r["scope"]["key"]: r for r in found["related"] if r["relation"] == "narrower"}
    assert {key: part["interval"]["low"] for key, part in parts.items()} == {
        "pre-training": 5_328_000,
        "context-extension": 238_000,
        "post-training": 10_000,
    }
    assert not any(r["part_exceeds_whole"] for r in found["related"])
    assert demo.get("/disagreements", kind="part_exceeds_whole")["items"] == []


def test_a_part_above_its_whole_is_found(demo: Api) -> None:
    figure_id = demo.get("/claims/v3-02")["figures"][0]["id"]
    demo.patch(f"/figures/{figure_id}", {"value": "6000000"})
    found = demo.get("/comparisons/deepseek-v3.training-cost.full")
    exceeding = [r["scope"]["key"] for r in found["related"] if r["part_exceeds_whole"]]
    assert exceeding == ["pre-training"]
    (item,) = demo.get("/disagreements", kind="part_exceeds_whole")["items"]
    assert item["key"] == "deepseek-v3.training-cost.pre-training"
    assert (item["least"]["value"], item["most"]["value"]) == ("5576000", "6000000")
    part = demo.get("/comparisons/deepseek-v3.training-cost.pre-training")
    assert [r["scope"]["key"] for r in part["related"] if r["part_exceeds_whole"]] == ["full"]


def test_drift_lists_copying_errors_and_numbers_that_changed_their_meaning(demo: Api) -> None:
    items = demo.get("/disagreements", kind="drift")["items"]
    numbers = [(i["least"]["value"], i["most"]["value"]) for i in items[:3]]
    assert numbers == [("294000", "29400000"), ("512", "648"), ("5300000", "5576000")]
    moved = {i["key"]: i["text"].rpartition("; ")[2] for i in items[3:]}
    assert moved == {
        "deepseek-v3.training-cost.pre-training": "stated for another scope.",
        "deepseek-r1.gpu-count.h800": "stated of another subject.",
        "deepseek.gpu-count.hopper": "stated of another subject.",
        "deepseek.gpu-count.h800": "stated of another subject.",
        "deepseek.gpu-count.h100": "stated of another subject.",
        "deepseek.hardware-spend.gpus": "stated of another subject.",
    }


def test_v3s_whole_cost_is_repeated_as_that_of_pre_training(demo: Api) -> None:
    found = demo.get("/comparisons/deepseek-v3.training-cost.pre-training")["drift"]
    assert {(d["relay"]["value"], d["result"]) for d in found} == {("5500000", "rounded"), ("6000000", "rounded")}
    assert {flag for d in found for flag in d["flags"]} == {"scope_changed"}
    assert {d["origin"]["claim"]["key"] for d in found} == {"v3-06"}


def test_semianalysis_contradicts_its_own_text_in_a_table(demo: Api) -> None:
    (found,) = demo.get("/disagreements", kind="self_conflict")["items"]
    assert (found["least"]["claim"]["key"], found["most"]["claim"]["key"]) == ("sa-table", "sa-01")
    assert found["text"] == (
        "SemiAnalysis's own figures exclude each other: $1.3 billion and about $1.6 billion, 1.1 times apart or more."
    )


def test_altman_speaks_for_openai(demo: Api) -> None:
    figure = demo.get("/comparisons/gpt-4.training-cost")["reported"]["figures"][0]
    assert (figure["claimant"]["key"], figure["voice"]["key"]) == ("sam-altman", "openai")


CONFLICTS = [
    "deepseek-r1.training-cost.on-top-of-base",
    "gpt-4.training-cost",
    "gemini-ultra.training-cost",
]


def test_every_conflict_is_one_of_the_sources_own(demo: Api) -> None:
    items = demo.get("/disagreements")["items"]
    assert [i["key"] for i in items] == CONFLICTS
    gaps = [i["gap"] for i in items]
    assert gaps == sorted(gaps, reverse=True)


def test_before_it_could_be_read_nothing_is_known(demo: Api) -> None:
    found = demo.get(f"/comparisons/{R1}", as_of="2025-01-30")
    assert found["verdict"] == "none"
    assert found["excluded"] == {"undated": 1, "not_yet_readable": 2}
    assert found["settings"]["as_of"] == "2025-01-30"
    later = demo.get(f"/comparisons/{R1}", as_of="2025-09-17")
    assert (later["verdict"], later["excluded"]) == ("reported_only", {"undated": 1, "not_yet_readable": 1})


def test_the_disputes_of_the_article_are_there(demo: Api) -> None:
    contested = {i["claim"]["key"]: {d["key"] for d in i["disputes"]} for i in demo.pages("/disagreements/claims")}
    assert contested["v3-06"] == {"semianalysis-on-v3-cost"}
    assert contested["di-01"] == {"deepseek-on-distillation"}
    assert contested["sa-table"] == {"glenn-corrects-table", "glenn-corrects-hopper-share"}
    assert contested["r1-06"] == {"register-on-r1-cost"}
    corrections = demo.get("/disputes", type="correction")["items"]
    assert {d["disputing_claim"]["key"] for d in corrections} == {"gl-01", "gl-02"}


def test_every_sentence_of_the_article_has_its_claims(demo: Api) -> None:
    claims = list(demo.pages("/claims", source="techspot-2025-09-19"))
    paragraphs = {c["locator"] for c in claims}
    assert {f"paragraph {n}" for n in range(1, 11)} <= {
        *paragraphs,
        *(p.replace("paragraphs 1 and 3", "paragraph 3") for p in paragraphs),
    }
    relays: dict[str, Any] = {c["key"]: c["derived_from"]["key"] for c in claims if c["derived_from"]}
    assert relays == {
        "article-02": "r1-06", "article-03": "r1-08", "article-08": "r1-10", "article-12": "sa-05",
        "article-13": "v3-06", "article-14": "sa-01", "article-15": "sa-02", "article-16": "sa-03",
        "article-21": "di-02",
    }  # fmt: skip


def test_the_keys_that_others_rely_on_exist(demo: Api) -> None:
    for key in (
        "deepseek", "deepseek-r1", "deepseek-r1-zero", "deepseek-v3", "openai", "openai-foundation-models", "gpt-4",
        "gemini-ultra", "sam-altman", "semianalysis", "epoch-ai", "ai-index",
    ):  # fmt: skip
        assert demo.get(f"/entities/{key}")["key"] == key
    trees: dict[str, dict[str, str | None]] = {
        "training-cost": {
            "pre-training": "full",
            "context-extension": "full",
            "post-training": "full",
            "on-top-of-base": "full",
        },
        "gpu-count": {"h800": "hopper", "h100": "hopper", "a100": None},
        "hardware-spend": {"servers": None, "gpus": "servers"},
    }
    for key, tree in trees.items():
        scopes = {s["key"]: s["part_of"] and s["part_of"]["key"] for s in demo.pages(f"/metrics/{key}/scopes")}
        assert tree.items() <= scopes.items()
    units = {key: demo.get(f"/metrics/{key}")["unit"] for key in ("gpu-hours", "training-time", "operating-cost")}
    assert units == {"gpu-hours": "GPU.hour", "training-time": "hour", "operating-cost": "USD"}
