"""No text in a chart meets another one or leaves the picture: measured in a browser, on the demo and on claims of
random names and amounts.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from service.db.engine import Database
from service.transfer.jsonl import JsonLines
from service.transfer.mapping import parse_mapping
from service.transfer.spreadsheet import Spreadsheet
from tests.commands import ROOT
from tests.support import Api, load

EPOCH = ROOT / "fixtures" / "epoch-ai-chip-counts"
pytestmark = pytest.mark.parametrize("kind", ["sqlite"])
# boxes of lines are taller than their letters, so they are measured without their edges
MEASURE = """
() => [...document.querySelectorAll('svg')].flatMap((svg, number) => {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].map(text => {
    const box = text.getBoundingClientRect();
    return {text: text.textContent, left: box.left + 1, right: box.right - 1, top: box.top + 3, bottom: box.bottom - 3};
  }).filter(box => box.text && box.right > box.left);
  const faults = [];
  boxes.forEach((a, i) => {
    if (svg.classList.contains('chart') || !document.body)
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.bottom > frame.bottom + 1)
        faults.push('outside: ' + a.text);
    boxes.slice(i + 1).forEach(b => {
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        faults.push(a.text + ' | ' + b.text);
    });
  });
  return faults;
})
"""
NAMES = ["A", "Wwwwwwwwwww Mmmmmmmm", "研究所的一个很长的名字研究所", "معهد الأبحاث", "e.V.", "Ελληνικά", "🐋🐋🐋",
         "An Institute With a Very Long Name Indeed, Inc.", "iiiiiiiiiiiiiiiiiiiiiiii", "The Lab"]  # fmt: skip


def faults_of(page: Page, path: str) -> list[str]:
    page.goto(path)
    found: list[str] = page.evaluate(MEASURE)
    return found


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    api: Api = request.getfixturevalue("demo" if "demo" in request.fixturenames else "api")
    context = browser.new_context(base_url=str(api.client.base_url), viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def charts_of(api: Api) -> Iterator[str]:
    for one in api.pages("/comparisons", limit=200, empty=True):
        yield f"/v1/comparisons/{one['key']}/chart.svg"
        yield f"/v1/comparisons/{one['key']}/timeline.svg"
    yield "/v1/disagreements/chart.svg"


def faults_in_charts(api: Api, page: Page) -> tuple[int, list[str]]:
    """How many charts there are, and what is wrong with them. They are measured many at a time."""
    drawn = [api.client.get(path).text.replace("<svg ", '<svg class="chart" ', 1) for path in charts_of(api)]
    faults = []
    for first in range(0, len(drawn), 20):
        page.set_content("".join(f"<p>{one}</p>" for one in drawn[first : first + 20]))
        faults += page.evaluate(MEASURE)
    return len(drawn), faults


def test_no_text_of_the_demo_meets_another(demo: Api, page: Page) -> None:
    number, faults = faults_in_charts(demo, page)
    assert number > 100
    assert faults == []


def test_no_text_on_the_pages_of_the_demo_meets_another(demo: Api, page: Page) -> None:
    keys = [one["key"] for one in demo.pages("/comparisons", limit=200)]
    paths = ["/", "/quantities/training-cost", *(f"/comparisons/{key}" for key in keys)]
    page.set_viewport_size({"width": 390, "height": 900})
    assert {path: found for path in paths if (found := faults_of(page, path))} == {}
    page.set_viewport_size({"width": 1440, "height": 900})
    assert {path: found for path in paths[:12] if (found := faults_of(page, path))} == {}


def test_no_text_of_the_tables_of_epoch_ai_meets_another(api: Api, page: Page) -> None:
    owners = parse_mapping((EPOCH / "owners.toml").read_text("utf-8"))
    quantities = parse_mapping((EPOCH / "quantities.toml").read_text("utf-8"))
    for name, mapping in (("nvidia_owners_cumulative_totals", owners), ("named_other_owners_cumulative_totals", owners),
                          ("xai_chip_quantities", quantities)):  # fmt: skip
        load(api.database, EPOCH / f"{name}.csv", Spreadsheet(mapping))
    _, faults = faults_in_charts(api, page)
    assert faults == []
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        paths = [f"/entities/{one['key']}" for one in api.pages("/entities", limit=200)]
        assert {path: found for path in paths if (found := faults_of(page, path))} == {}


def test_no_text_of_three_thousand_claims_meets_another(api: Api, page: Page, tmp_path: Path) -> None:
    _load(api.database, tmp_path, claims=3_000)
    number, faults = faults_in_charts(api, page)
    assert number > 60
    assert faults == []


def _load(database: Database, folder: Path, claims: int) -> None:
    """Claims of random names, amounts, periods and days: some forty on each of most measurands."""
    dice = random.Random(5)
    lines: list[dict[str, Any]] = [
        {"type": "source", "key": f"s{n}", "kind": "paper", "title": dice.choice(NAMES) * dice.randint(1, 4)}
        | ({"published": _day(dice)} if n % 5 else {})
        for n in range(40)
    ]
    lines += [
        {"type": "entity", "key": f"e{n}", "kind": "organization", "name": f"{dice.choice(NAMES)} {n}"}
        for n in range(60)
    ]
    metrics = [("cost", "USD", "fixed"), ("sales", "GPUs", "by_period"), ("users", "people", "running_total"),
               ("share", "%", "fixed")]  # fmt: skip
    for key, unit, over_time in metrics:
        lines.append({"type": "metric", "key": key, "name": key.title() * 3, "unit": unit, "over_time": over_time})
    for number in range(claims):
        metric, unit = dice.choice([("cost", "USD"), ("sales", "GPUs"), ("users", "people"), ("share", "%")])
        figure: dict[str, Any] = {
            "metric": metric,
            "unit": unit,
            "basis": dice.choice(["reported", "estimated", "alleged"]),
        }
        figure |= _amount(dice, 100 if metric == "share" else 10 ** dice.randint(1, 12))
        if metric == "sales":
            figure["period"] = (
                f"{dice.randint(2019, 2024)}-{dice.choice([33, 34, 35, 36])}" if dice.random() < 0.9 else "2023"
            )
        lines.append({
            "type": "claim", "key": f"c{number}", "source": f"s{dice.randrange(40)}",
            "claimant": f"e{dice.randrange(60)}", "subject": f"e{dice.randrange(8)}", "statement": f"claim {number}",
            **({"asserted": _day(dice)} if dice.random() < 0.8 else {}), "figures": [figure],
        })  # fmt: skip
    file = folder / "claims.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    result = load(database, file, JsonLines(), mode="partial")
    assert result.rejected_total == 0, result.rejected[:3]


def _day(dice: random.Random) -> str:
    return f"{dice.randint(2019, 2025)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"


def _amount(dice: random.Random, most: int) -> dict[str, Any]:
    number = str(max(dice.randint(0, most), 1))
    kind = dice.choice(["exact", "about", "at_least", "less_than", "between"])
    if kind == "at_least":
        return {"qualifier": kind, "lower": number}
    if kind == "less_than":
        return {"qualifier": kind, "upper": number}
    if kind == "between":
        return {"qualifier": kind, "lower": number, "upper": str(int(number) * 2)}
    return {"qualifier": kind, "value": number}
