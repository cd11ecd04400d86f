"""Charts of the demo: what stands where in the SVG, and Vega-Lite that compiles."""

import json
import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert

from service.charts.svg import day_ticks, share_of
from tests.support import Api, claim, figure, seed

R1 = "deepseek-r1.training-cost.on-top-of-base"
GPT4 = "gpt-4.training-cost"
X0, PLOT = 306, 324
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert(1)</script>&"\u202e'


def drawn(api: Api, path: str, **params: Any) -> ElementTree.Element:
    answer = api.client.get(f"/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/svg+xml"
    return ElementTree.fromstring(answer.text)


def texts(root: ElementTree.Element) -> list[str]:
    """Without the marks that hold names apart."""
    found = ("".join(node.itertext()) for node in root.iter(f"{SVG}text"))
    return [text.replace("\u2068", "").replace("\u2069", "") for text in found]


def circles(root: ElementTree.Element) -> list[tuple[float, float]]:
    """Of the rows: the legend stands left of them."""
    found = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter(f"{SVG}circle")]
    return [(x, y) for x, y in found if x >= X0]


def diamonds(root: ElementTree.Element) -> list[float]:
    paths = [p.attrib["d"] for p in root.iter(f"{SVG}path") if p.attrib.get("class") == "shape"]
    return [x for d in paths if (x := float(re.match(r"M([\d.]+)", d)[1])) >= X0]  # type: ignore[index]


def at(share: float) -> Any:
    return pytest.approx(X0 + share * PLOT, abs=0.1)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_comparison_has_each_figure_at_its_amount(demo: Api) -> None:
    root = drawn(demo, f"/comparisons/{R1}/chart.svg")
    # a logarithmic axis from $100K to $100M: three decades
    lg = 0.46834733  # log10(2.94)
    assert [x for x, _ in circles(root)] == [at(lg / 3), at((2 + lg) / 3), at(lg / 3)]
    assert diamonds(root)[0] == at(1 / 3)
    (reference,) = [line for line in root.iter(f"{SVG}line") if line.attrib.get("class") == "reference"]
    assert float(reference.attrib["x1"]) == at(lg / 3)
    rows = [y for _, y in circles(root)]
    assert float(reference.attrib["y2"]) > rows[1]  # through its own scope
    assert float(reference.attrib["y2"]) < rows[2]  # and no other
    assert {"$294K", "about $29.4M", "about 3.4×", "On top of the base model", "↳ AI Insight Daily"} <= set(texts(root))
    assert any("100 times the original" in text for text in texts(root))
    assert "Each gridline is 10×." in texts(root)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_has_no_upper_bound_goes_to_the_edge_with_an_arrow(demo: Api) -> None:
    root = drawn(demo, f"/comparisons/{GPT4}/chart.svg")
    spans = [line for line in root.iter(f"{SVG}line") if line.attrib.get("class") == "span"]
    assert float(spans[0].attrib["x2"]) == at(1)
    (arrow,) = [line.attrib["points"] for line in root.iter(f"{SVG}polyline")]
    assert f",{spans[0].attrib['y1']}" in arrow


@pytest.mark.parametrize("kind", ["sqlite"])
def test_ranges_have_caps_and_what_is_over_is_faded(api: Api) -> None:
    seed(api)
    both = {"lower": "50", "upper": "200", "interval_kind": "ci90"}
    api.post("/claims", claim("analyst", figure("100", basis="estimated", **both)))
    api.post("/claims", claim("third", figure(qualifier="between", basis="estimated", lower="60", upper="90")))
    at_most = figure(qualifier="at_most", basis="alleged", upper="150")
    api.post("/claims", claim("third", at_most))
    old = api.post("/claims", claim("lab", figure("10")))
    api.post("/claims", claim("lab", figure("20"), supersedes=old["id"]))
    root = drawn(api, "/comparisons/model.cost/chart.svg")
    # from 10 to 200 on a logarithmic axis, 10 to 1,000
    caps = [line for line in root.iter(f"{SVG}line") if line.attrib.get("class") == "cap"]
    assert len(caps) == 4
    assert float(caps[0].attrib["x1"]) == at(0.349485)  # log10(5) / 2
    faded = [g for g in root.iter(f"{SVG}g") if g.attrib.get("class") == "faded"]
    assert len(faded) == 1
    assert "superseded" in "".join(faded[0].itertext())
    assert any(text.startswith("90% interval") for text in texts(root))
    edge = [line for line in root.iter(f"{SVG}line") if line.attrib.get("class") == "span"][-1]
    assert float(edge.attrib["x1"]) == at(0)  # at most: down to the edge
    assert len(list(root.iter(f"{SVG}rect"))) == 3  # the ground, the square of what is alleged, and its legend


def test_the_ranking_begins_at_one_and_tells_the_gap(demo: Api) -> None:
    root = drawn(demo, "/disagreements/chart.svg")
    assert circles(root)[0][0] == at(0)  # $294,000 is the smallest amount of the first row
    gaps = [line for line in root.iter(f"{SVG}line") if line.attrib.get("class") == "gap"]
    assert float(gaps[0].attrib["x1"]) == at(0)
    assert float(gaps[0].attrib["x2"]) == at((3.0612 - 1) / 4)
    assert "at least 3.06× apart" in texts(root)


def test_a_timeline_has_steps_and_ticks_but_no_mean(demo: Api) -> None:
    root = drawn(demo, f"/comparisons/{R1}/timeline.svg")
    (step,) = [p.attrib["d"] for p in root.iter(f"{SVG}path") if "step" in p.attrib.get("class", "")]
    assert step.startswith("M76.7")  # the first day, at the left
    (event,) = [line for line in root.iter(f"{SVG}line") if line.attrib.get("class") == "event"]
    assert "The Register" in "".join(event.itertext())
    assert "Not drawn, since the date is unknown: Epoch AI." in texts(root)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    "path",
    [f"/comparisons/{R1}/chart", f"/comparisons/{GPT4}/chart", "/disagreements/chart", f"/comparisons/{R1}/timeline",
     f"/comparisons/{GPT4}/timeline", "/comparisons/deepseek.hardware-spend.servers/chart"],
)  # fmt: skip
def test_vega_lite_compiles_to_a_drawing(demo: Api, path: str) -> None:
    answer = demo.client.get(f"/v1{path}.vl.json")
    made = vl_convert.vegalite_to_svg(answer.json(), vl_version="5.20")
    shown = ElementTree.fromstring(made)
    assert len(list(shown.iter(f"{SVG}path"))) > 3


@pytest.mark.parametrize("kind", ["sqlite"])
def test_vega_lite_has_the_same_amounts(demo: Api) -> None:
    spec = demo.client.get(f"/v1/comparisons/{R1}/chart.vl.json").json()
    values = spec["data"]["values"]
    assert [value["amount"] for value in values if value["group"] == "On top of the base model"] == [
        294_000, 29_400_000, 1_000_000,
    ]  # fmt: skip
    (bound,) = [
        value for value in demo.client.get(f"/v1/comparisons/{GPT4}/chart.vl.json").json()["data"]["values"]
        if value["unbounded_above"]
    ]  # fmt: skip
    assert (bound["basis"], bound["amount"], bound["hollow"]) == ("reported", 100_000_000, True)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_hostile_labels_are_only_text(api: Api) -> None:
    seed(api)
    api.post("/entities", {"key": "bad", "kind": "other", "name": HOSTILE})
    api.post("/claims", claim("bad", figure("5")))
    answer = api.client.get("/v1/comparisons/model.cost/chart.svg")
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert any(text.startswith("</text><script>") for text in texts(ElementTree.fromstring(answer.text)))
    spec = api.client.get("/v1/comparisons/model.cost/timeline.vl.json").text
    assert json.loads(spec)["data"]["values"][0]["row"] == HOSTILE


@pytest.mark.parametrize("kind", ["sqlite"])
def test_nothing_to_draw_is_said(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure(qualifier="vague", stated_as="a lot")))
    assert "“a lot”" in texts(drawn(api, "/comparisons/model.cost/chart.svg"))
    api.withdraw(f"/claims/{made['id']}")
    assert "There is nothing to draw." in texts(drawn(api, "/comparisons/model.cost/chart.svg"))
    assert "There is nothing to draw." in texts(drawn(api, "/comparisons/model.cost/timeline.svg"))
    assert "There is nothing to draw." in texts(drawn(api, "/disagreements/chart.svg"))


def test_days_are_spread_over_the_axis() -> None:
    first, last = date(2020, 1, 1), date(2024, 1, 1)
    assert share_of(date(2022, 1, 1), (first, last)) == pytest.approx(0.5, abs=0.01)
    assert share_of(first, (first, first)) == 0.5
    assert [label for _, label in day_ticks(first, last)] == ["2020-01-01", "2021", "2022", "2023", "2024-01-01"]
    assert [label for _, label in day_ticks(first, first)] == ["2020-01-01"]
    assert len(day_ticks(date(1000, 1, 1), date(9999, 1, 1))) < 10


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_value_at_its_bound_is_still_a_range(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("10", lower="3", upper="10", interval_kind="ci90"), asserted="2025-01-01"))
    root = drawn(api, "/comparisons/model.cost/chart.svg")
    assert list(root.iter(f"{SVG}polyline")) == []
    over_time = drawn(api, "/comparisons/model.cost/timeline.svg")
    assert any("step" in p.attrib.get("class", "") for p in over_time.iter(f"{SVG}path"))


def test_neighbouring_numbers_are_drawn(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("3779.6883434360807")))
    api.post("/claims", claim("analyst", figure("3779.688343436081", basis="estimated")))
    for chart in ("chart.svg", "timeline.svg", "chart.vl.json"):
        assert api.client.get(f"/v1/comparisons/model.cost/{chart}").status_code == 200


def test_the_factor_of_the_ranking_is_that_of_the_text(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("0.1")))
    api.post("/claims", claim("analyst", figure("0.3", basis="estimated")))
    assert "3 times as much" in api.get("/disagreements")["items"][0]["text"]
    assert "at least 3× apart" in texts(drawn(api, "/disagreements/chart.svg"))


def test_steps_are_each_claimant_s_own_and_no_relay_makes_one(api: Api) -> None:
    seed(api)
    first = api.post("/claims", claim("lab", figure("10"), asserted="2025-01-01"))
    api.post("/claims", claim("lab", figure("12"), asserted="2025-03-01"))
    api.post("/claims", claim("analyst", figure("50"), asserted="2025-02-01"))
    api.post("/claims", claim("third", figure("900"), asserted="2025-02-01", derived_from=first["id"]))
    root = drawn(api, "/comparisons/model.cost/timeline.svg")
    steps = [p.attrib["d"] for p in root.iter(f"{SVG}path") if "step" in p.attrib.get("class", "")]
    assert sorted(step.count("V") for step in steps) == [0, 1]
    values = api.client.get("/v1/comparisons/model.cost/timeline.vl.json").json()["data"]["values"]
    assert sorted(value["amount"] for value in values if value["step"]) == [10, 12, 50]


def test_rows_of_one_label_are_rows_of_their_own(api: Api) -> None:
    seed(api)
    for value in ("10", "20", "30"):
        api.post("/claims", claim("lab", figure(value)))
    spec = api.client.get("/v1/comparisons/model.cost/chart.vl.json").json()
    assert len({value["row"] for value in spec["data"]["values"]}) == 3
    assert len(re.findall(">Lab\u200b*<", vl_convert.vegalite_to_svg(spec, vl_version="5.20"))) == 3


@pytest.mark.parametrize("kind", ["sqlite"])
def test_labels_of_an_axis_differ(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5576000")))
    api.post("/claims", claim("analyst", figure("5577000", basis="estimated")))
    root = drawn(api, "/comparisons/model.cost/chart.svg")
    labels = [
        t for node, t in zip(root.iter(f"{SVG}text"), texts(root), strict=True) if "middle" in node.attrib["class"]
    ]
    assert len(labels) == len(set(labels)) > 2


def test_a_side_is_not_hidden_by_the_other(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.analysis.forest.MOST_ROWS", 4)
    seed(api)
    for number in range(6):
        api.post("/claims", claim("lab", figure(str(10 + number))))
    api.post("/claims", claim("analyst", figure("77", basis="estimated")))
    root = drawn(api, "/comparisons/model.cost/chart.svg")
    assert len(diamonds(root)) == 1
    assert "4 more figures are not drawn." in texts(root)
