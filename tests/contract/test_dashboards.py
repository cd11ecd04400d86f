"""docs/dashboards against a live service: what Grafana's queries and the notebook's code need is there, in its type."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import vl_convert

from tests.contract.node import needs_node, run
from tests.support import Api, claim, figure, seed

DOCS = Path(__file__).resolve().parents[2] / "docs" / "dashboards"
GRAFANA: dict[str, Any] = json.loads((DOCS / "grafana.json").read_text("utf-8"))
BLOCK = re.compile(r"```js\n(.*?)```", re.S)


def queries() -> Iterator[dict[str, Any]]:
    for panel in GRAFANA["panels"]:
        yield from panel["targets"]
    yield from (annotation["target"] for annotation in GRAFANA["annotations"]["list"])
    for variable in GRAFANA["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["infinityQuery"]


QUERIES = [pytest.param(query, id=query["url"].partition("?")[0].rsplit("/", 1)[-1]) for query in queries()]


def is_of(value: Any, wanted: str) -> bool:
    match wanted:
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "timestamp":
            return isinstance(value, str) and datetime.fromisoformat(value) is not None
        case "boolean":
            return isinstance(value, bool)
    return isinstance(value, str)


def ask(api: Api, query: dict[str, Any], **variables: str) -> list[Any]:
    url = query["url"].replace("${base}", "")
    for name, value in variables.items():
        url = url.replace(f"${{{name}}}", value)
    assert "$" not in url
    answer = api.client.get(url)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    rows: list[Any] = found[query["root_selector"]] if query["root_selector"] else found
    return rows


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("subject", ["gpt-4", "deepseek-r1"])
def test_every_column_of_a_panel_is_in_every_row_in_its_type(demo: Api, query: dict[str, Any], subject: str) -> None:
    rows = ask(demo, query, subject=subject, metric="training-cost", kind="conflict")
    for row in rows:
        for column in query["columns"]:
            assert column["selector"] in row
            value = row[column["selector"]]
            assert value is None or is_of(value, column["type"]), (column, value)
    assert rows or "annotations" in query["url"]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("query", QUERIES)
def test_a_panel_of_nulls_has_the_same_columns(api: Api, query: dict[str, Any]) -> None:
    """A figure in words only: nothing to compute, no scope, no period, no value."""
    seed(api)
    api.post("/claims", claim("lab", figure(qualifier="vague", stated_as="a lot")))
    rows = ask(api, query, subject="model", metric="cost", kind="drift")
    for row in rows:
        assert {column["selector"] for column in query["columns"]} <= set(row)
    schema = query["url"].partition("/v1/tables/")[2].partition(".")[0]
    if schema:
        layout = {"layout": "wide"} if "layout=wide" in query["url"] else {}
        columns = {c["name"]: c["type"] for c in api.get(f"/tables/{schema}/schema", **layout)["columns"]}
        told = {"number": {"number", "integer"}, "timestamp": {"date", "date-time"}, "boolean": {"boolean"}}
        for column in query["columns"]:
            assert columns[column["selector"]] in told.get(column["type"], {"string"})


def test_the_variables_offer_what_the_panels_filter_by(demo: Api) -> None:
    for variable in GRAFANA["templating"]["list"]:
        if variable["type"] == "query":
            options = ask(demo, variable["query"]["infinityQuery"])
            assert {"gpt-4", "training-cost"} & {option["__value"] for option in options}


@needs_node
@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_code_of_the_notebook_runs_and_its_charts_compile(demo: Api, tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS / "observable.md").read_text("utf-8"))
    code = "\n".join(blocks).replace("http://127.0.0.1:8000", str(demo.client.base_url).rstrip("/"))
    code += "\nconsole.log(JSON.stringify({ ranking, timeline, comparison }));\n"
    (tmp_path / "notebook.mjs").write_text(code, "utf-8")
    for name, spec in json.loads(run("node", "notebook.mjs", cwd=tmp_path)).items():
        assert len(spec["data"]["values"]) > 0, name
        assert vl_convert.vegalite_to_svg(spec, vl_version="5.20").count("<path") > 3
