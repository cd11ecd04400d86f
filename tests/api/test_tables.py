"""Tables for dashboards: flat rows of one shape, the same as the SQL views, page by page and as of a day."""

import base64
import csv
import hashlib
import io
import json
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import text

from service.analysis import tables as as_of
from service.domain.spreadsheet_cells import unguard
from service.schemas import table_rows as wire
from service.schemas.base import View
from service.schemas.tables import columns_of
from tests.support import Api, claim, figure, pointers, seed

ROWS: dict[str, type[View]] = {
    "figures": wire.FigureTableRow,
    "comparisons": wire.ComparisonTableRow,
    "disagreements": wire.DisagreementTableRow,
    "timeseries": wire.TimeSeriesRow,
    "annotations": wire.AnnotationRow,
}
KINDS = ["conflict", "self_conflict", "drift", "part_exceeds_whole"]
PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str, "date": str, "date-time": str, "number": (int, float), "integer": int, "boolean": bool,
}  # fmt: skip


def rows(api: Api, table: str, **params: Any) -> list[Any]:
    found: list[Any] = api.get(f"/tables/{table}.json", **params)["rows"]
    return found


def make_every_disagreement(api: Api) -> None:
    """A self-conflict, a drift, a part that exceeds its whole, and what is only stated in words."""
    seed(api)
    api.post("/claims", claim("lab", figure("100", scope="full"), figure("300", scope="full"), asserted="2025-02-01"))
    api.post("/claims", claim("analyst", figure("700", scope="subpart", basis="estimated"), asserted="2025-03"))
    origin = api.post("/claims", claim("third", figure("5", scope="other"), asserted="2025-04-01"))
    relayed = claim("lab", figure("50", scope="other"), derived_from=origin["id"], asserted="2025-05-01")
    api.post("/claims", relayed)
    vague = figure(qualifier="vague", stated_as="a lot")
    bound = figure(qualifier="more_than", lower="9", basis="alleged")
    api.post("/claims", claim("third", vague, bound, statement='=cmd|"/c calc"!A1'))


@pytest.mark.parametrize("table", ROWS)
def test_every_row_has_every_column_in_its_type(demo: Api, table: str) -> None:
    whole = demo.get(f"/tables/{table}.json")
    schema = demo.get(f"/tables/{table}/schema")["columns"]
    assert whole["columns"] == [{"name": column["name"], "type": column["type"]} for column in schema]
    assert whole["rows"]
    assert (whole["total"], whole["next_cursor"], whole["as_of"]) == (len(whole["rows"]), None, None)
    for row in whole["rows"]:
        assert list(row) == [column["name"] for column in schema]
        for column in schema:
            value = row[column["name"]]
            assert (value is None and column["nullable"]) or isinstance(value, PYTHON[column["type"]]), column
        ROWS[table].model_validate(row)


@pytest.mark.parametrize("table", ROWS)
def test_the_columns_are_there_when_no_row_is(api: Api, table: str) -> None:
    whole = api.get(f"/tables/{table}.json")
    assert (whole["rows"], whole["total"]) == ([], 0)
    assert [column["name"] for column in whole["columns"]] == list(ROWS[table].model_fields)
    header = api.client.get(f"/v1/tables/{table}.csv").text
    assert header.strip() == ",".join(ROWS[table].model_fields)


def test_the_index_leads_to_every_table(demo: Api) -> None:
    for table in demo.get("/tables")["items"]:
        for name in ("json_url", "csv_url", "schema_url"):
            assert demo.client.get(table[name]).status_code == 200


@pytest.mark.parametrize("name", ["figures", "comparisons", "disagreements"])
def test_the_views_hold_what_the_tables_do(api: Api, name: str) -> None:
    make_every_disagreement(api)
    model = ROWS[name]
    with api.database.read() as connection:
        view = connection.execute(text(f"SELECT * FROM v_{name}"))
        assert list(view.keys()) == list(model.model_fields)
        stored = [dict(zip(view.keys(), row, strict=True)) for row in view]
    each: list[dict[str, Any]] = [{"kind": kind} for kind in KINDS] if name == "disagreements" else [{}]
    shown = [row for params in each for row in rows(api, name, **params)]
    assert sorted(map(known, stored), key=repr) == sorted(map(known, shown), key=repr)
    if name == "disagreements":
        assert {row["kind"] for row in shown} == {"self_conflict", "drift", "part_exceeds_whole"}


def known(row: dict[str, Any]) -> dict[str, Any]:
    """Without times, which SQLite keeps as text; dates and ids as text, flags as numbers."""
    times = ("created_at", "updated_at")
    return {
        name: float(value) if isinstance(value, (bool, int, float)) else None if value is None else str(value)
        for name, value in row.items()
        if name not in times
    }


@pytest.fixture(params=KINDS)
def kind_of_disagreement(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_disagreements_name_who_says_least_and_most(api: Api, kind_of_disagreement: str) -> None:
    make_every_disagreement(api)
    listed = api.get("/disagreements", kind=kind_of_disagreement)["items"]
    found = rows(api, "disagreements", kind=kind_of_disagreement)
    assert [row["id"] for row in found] == [item["id"] for item in listed]
    assert [row["least_figure_id"] for row in found] == [item["least"]["id"] for item in listed]
    assert [row["most_claimant"] for row in found] == [item["most"]["claimant"]["name"] for item in listed]


def test_as_of_today_is_what_stands(api: Api, kind_of_disagreement: str) -> None:
    make_every_disagreement(api)
    today = "2999-01-01"
    assert rows(api, "comparisons", as_of=today) == rows(api, "comparisons")
    live = rows(api, "disagreements", kind=kind_of_disagreement)
    assert rows(api, "disagreements", kind=kind_of_disagreement, as_of=today) == live


@pytest.mark.parametrize("day", ["2025-02-15", "2025-09-20", "2999-01-01"])
def test_comparisons_as_of_a_day_say_what_each_says_alone(demo: Api, day: str) -> None:
    same = ("verdict", "agreement", "gap", "text", "figure_count", "relay_count", "drift_count", "dispute_count")
    found = rows(demo, "comparisons", subject=["deepseek-r1", "deepseek-v3"], as_of=day)
    for row in found:
        alone = demo.get(f"/comparisons/{row['key']}", as_of=day)
        assert {name: row[name] for name in same} == {name: alone[name] for name in same}
        assert row["ratio_text"] == (alone["ratio"] and alone["ratio"]["text"])
        narrower = [one for one in alone["related"] if one["relation"] == "wider" and one["part_exceeds_whole"]]
        assert row["part_exceeds_whole"] == bool(narrower)
    assert found


def test_a_table_as_of_a_day_has_only_what_could_be_read_by_then(api: Api) -> None:
    make_every_disagreement(api)
    assert {row["value"] for row in rows(api, "figures", as_of="2025-03-30")} == {100, 300, None}
    assert {row["value"] for row in rows(api, "figures", as_of="2025-03-31")} == {100, 300, 700, None}
    assert rows(api, "figures", as_of="2025-01-09") == []
    assert [row["scope_key"] for row in rows(api, "disagreements", kind="part_exceeds_whole", as_of="2025-03-30")] == []
    assert rows(api, "disagreements", kind="part_exceeds_whole", as_of="2025-03-31")[0]["scope_key"] == "subpart"
    whole = api.get("/tables/timeseries.json", as_of="2025-02-01")
    assert (whole["as_of"], [row["value"] for row in whole["rows"] if row["value"]]) == ("2025-02-01", [100, 300])


def test_figures_as_of_a_day_leave_out_what_had_been_replaced(api: Api) -> None:
    seed(api)
    old = api.post("/claims", claim("lab", figure("1"), asserted="2025-01-10"))
    api.post("/claims", claim("lab", figure("2"), asserted="2025-06-01", supersedes=old["id"]))
    assert [row["value"] for row in rows(api, "figures", as_of="2025-05-31")] == [1]
    assert [row["value"] for row in rows(api, "figures", as_of="2025-06-01")] == [2]
    assert [row["reported_low"] for row in rows(api, "comparisons", as_of="2025-05-31")] == [1]


def test_too_much_as_of_a_day_is_refused_with_what_to_do(demo: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_of, "MOST_AS_OF", 5)
    answer = demo.client.get("/v1/tables/comparisons.json", params={"as_of": "2025-09-20"})
    assert (answer.status_code, pointers(answer.json())) == (422, ["/as_of"])
    assert "subject" in answer.json()["detail"]
    assert len(rows(demo, "comparisons", as_of="2025-09-20", subject="gemini-ultra")) > 0


@pytest.mark.parametrize(
    ("table", "params"),
    [
        ("figures", {}), ("figures", {"sort": "updated_at"}), ("comparisons", {"sort": "-gap"}),
        ("comparisons", {"as_of": "2999-01-01", "sort": "figure_count"}),
        ("comparisons", {"as_of": "2999-01-01", "sort": "-gap"}), ("timeseries", {}), ("annotations", {}),
        ("disagreements", {"kind": "drift"}), ("disagreements", {"kind": "drift", "as_of": "2999-01-01"}),
    ],
)  # fmt: skip
def test_pages_join_to_the_whole(demo: Api, table: str, params: dict[str, Any]) -> None:
    whole = demo.get(f"/tables/{table}.json", **params)
    joined: list[Any] = []
    page = {"next_cursor": None}
    for _ in range(100):
        cursor: dict[str, Any] = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = demo.get(f"/tables/{table}.json", **params, **cursor, limit=3)
        joined += page["rows"]
        assert page["total"] == whole["total"]
        if page["next_cursor"] is None:
            break
    assert joined == whole["rows"]


def test_csv_has_the_same_rows_and_no_formulas(api: Api) -> None:
    make_every_disagreement(api)
    answer = api.client.get("/v1/tables/figures.csv", params={"limit": 2})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    following = answer.headers["Link"].removeprefix("<").partition(">")[0]
    read = [*csv.DictReader(io.StringIO(answer.text)), *csv.DictReader(io.StringIO(api.client.get(following).text))]
    shown = rows(api, "figures", limit=4)
    assert [{name: unguard(cell) for name, cell in row.items()} for row in read] == [
        {name: "" if value is None else {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool)
         else str(value) for name, value in row.items()} for row in shown
    ]  # fmt: skip
    every = api.client.get("/v1/tables/figures.csv").text
    assert "'=cmd" in every


def test_an_array_is_the_rows_alone_with_the_cursor_in_a_header(demo: Api) -> None:
    answer = demo.client.get("/v1/tables/figures.json", params={"shape": "array", "limit": 2})
    assert answer.json() == rows(demo, "figures", limit=2)
    following = answer.headers["Link"].removeprefix("<").partition(">")[0]
    assert demo.client.get(following).json() == rows(demo, "figures", limit=4)[2:]


def test_filters_narrow_a_table(demo: Api) -> None:
    measurand = "deepseek-r1.training-cost.on-top-of-base"
    found = rows(demo, "figures", measurand=measurand, basis="estimated")
    assert [(row["measurand"], row["basis"]) for row in found] == [(measurand, "estimated")] * len(found)
    assert found
    assert {row["subject_key"] for row in rows(demo, "timeseries", subject="gpt-4")} == {"gpt-4"}
    assert [row["key"] for row in rows(demo, "comparisons", gap_min="3")] == [measurand]
    wrong = demo.client.get("/v1/tables/figures.json", params={"measurand": "nobody.training-cost"})
    assert (wrong.status_code, pointers(wrong.json())) == (422, ["/measurand"])


def test_a_time_series_is_in_the_metrics_unit_by_when_it_was_said(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "time", "name": "Time", "unit": "hour"})
    days = figure("2", metric="time", unit="day", basis="estimated")
    api.post("/claims", claim("analyst", days, asserted="2025-Q1".replace("Q1", "33")))
    euros = figure("7", unit="EUR")
    api.post("/claims", claim("lab", euros))
    long = rows(api, "timeseries")
    assert [(row["time"][:10], row["value"], row["unit"]) for row in long] == [
        ("2025-01-01", 48, "hour"), ("2025-01-10", None, "USD"),
    ]  # fmt: skip
    assert long[0]["series"] == "Analyst (estimated)"
    wide = rows(api, "timeseries", layout="wide")
    assert (wide[0]["estimated"], wide[0]["estimated_low"], wide[0]["reported"]) == (48, 48, None)
    TypeAdapter(list[wire.WideTimeSeriesRow]).validate_python(wide)


def test_annotations_tell_what_happened(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1"), asserted="2025-02-01"))
    api.patch(f"/figures/{made['figures'][0]['id']}", {"value": "2"})
    api.patch("/claims/" + made["id"], {"quote": "two"})
    dispute = {"disputed_claim": made["id"], "raised_by": "third", "type": "data", "rationale": "no"}
    api.post("/disputes", dispute | {"opened": "2025-03", "closed": "2025-04", "status": "conceded"})
    api.withdraw(f"/claims/{made['id']}")
    api.restore(f"/claims/{made['id']}")
    found = rows(api, "annotations")
    assert [(row["event"], row["record_kind"]) for row in found] == [
        ("restoration", "claim"), ("withdrawal", "claim"), ("revision", "claim"), ("revision", "figure"),
        ("dispute", "dispute"),
    ]  # fmt: skip
    assert found[1]["text"] == "a mistake"
    assert found[3]["tags"] == "value, interval"
    assert (found[4]["time"][:10], found[4]["time_end"][:10]) == ("2025-03-01", "2025-04-30")
    assert {row["subject_key"] for row in found} == {"model"}
    some = rows(api, "annotations", event=["dispute", "withdrawal"])
    assert [row["event"] for row in some] == ["withdrawal", "dispute"]
    assert rows(api, "annotations", subject="lab") == []
    assert len(rows(api, "annotations", time_from="2025-06-01T00:00:00Z")) == 4
    then = api.get("/tables/annotations.json", as_of="2025-03-01", subject="model")
    assert (then["as_of"], [row["event"] for row in then["rows"]]) == ("2025-03-01", ["dispute"])
    assert rows(api, "annotations", as_of="2025-02-28") == []


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("limit", ["0", "10001"])
def test_a_page_has_one_to_ten_thousand_rows(demo: Api, limit: str) -> None:
    assert demo.client.get("/v1/tables/figures.json", params={"limit": limit}).status_code == 422


def test_the_schema_tells_units_and_meanings() -> None:
    columns = {column.name: column for column in columns_of(wire.ComparisonTableRow)}
    assert columns["gap"].type == "number"
    assert columns["gap"].nullable
    assert columns["period_start"].type == "date"
    assert columns["unit"].description


def test_filters_hold_as_of_a_day_too(demo: Api) -> None:
    params = {"subject": "deepseek-r1", "scope": "full", "as_of": "2027-01-01"}
    assert [row["scope_key"] for row in rows(demo, "comparisons", **params)] == ["full"]
    one = rows(demo, "comparisons", subject="gpt-4")[0]
    assert [row["id"] for row in rows(demo, "comparisons", id=one["id"], as_of="2027-01-01")] == [one["id"]]


def test_what_an_origin_said_later_makes_no_drift_before(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("5"), asserted="2025-06-01"))
    api.post("/claims", claim("third", figure("50"), asserted="2025-02-01", derived_from=origin["id"]))
    assert rows(api, "disagreements", kind="drift", as_of="2025-03-01") == []
    assert api.get("/comparisons/model.cost", as_of="2025-03-01")["drift_count"] == 0
    assert len(rows(api, "disagreements", kind="drift", as_of="2025-06-01")) == 1


def test_a_part_that_equals_one_whole_and_exceeds_another_is_found(api: Api) -> None:
    seed(api)
    for scope, value in (("subpart", "5"), ("part", "5"), ("full", "0")):
        api.post("/claims", claim("lab", figure(value, scope=scope)))
    for params in ({}, {"as_of": "2999-01-01"}):
        found = rows(api, "disagreements", kind="part_exceeds_whole", **params)
        assert {row["scope_key"] for row in found} == {"part", "subpart"}
    listed = api.get("/disagreements", kind="part_exceeds_whole")["items"]
    assert {item["scope"]["key"] for item in listed} == {"part", "subpart"}


@pytest.mark.parametrize(
    ("part", "whole", "exceeds"),
    [
        ({"value": "1.000000000000000001"}, {"value": "1"}, True),
        ({"value": "1"}, {"value": "1.000000000000000001"}, False),
        ({"value": "0.3"}, {"qualifier": "less_than", "upper": "0.300000000000000001"}, False),
        ({"value": "0.300000000000000001"}, {"qualifier": "less_than", "upper": "0.300000000000000001"}, True),
    ],
)
def test_a_part_is_held_against_its_whole_to_the_last_digit_everywhere(
    api: Api, part: dict[str, str], whole: dict[str, str], *, exceeds: bool
) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure(scope="part", **part), figure(scope="full", **whole)))
    (related,) = api.get("/comparisons/model.cost.part")["related"]
    summary = api.get("/comparisons", id=api.get("/comparisons/model.cost.part")["id"])["items"][0]
    listed = api.get("/disagreements", kind="part_exceeds_whole")["items"]
    tabled = [
        rows(api, "disagreements", kind="part_exceeds_whole", **params) for params in ({}, {"as_of": "2999-01-01"})
    ]
    flags = [related["part_exceeds_whole"], *map(bool, (listed, *tabled))]
    assert flags == [exceeds] * 4, summary


def test_the_order_by_gap_is_the_same_as_of_a_day(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "profit", "name": "Profit", "unit": "USD", "signed": True,
                          "scopes": [{"key": f"s{n}", "name": f"S{n}"} for n in range(5)]})  # fmt: skip
    for n, (one, other) in enumerate([("-5", "5"), ("1", "50"), ("-900", "-1"), ("3", "3"), ("7", "8")]):
        for claimant, value in (("lab", one), ("third", other)):
            api.post("/claims", claim(claimant, figure(value, metric="profit", scope=f"s{n}"), asserted="2025-01-01"))
    for sort in ("gap", "-gap"):
        live = [row["key"] for row in rows(api, "comparisons", sort=sort)]
        assert [row["key"] for row in rows(api, "comparisons", sort=sort, as_of="2999-01-01")] == live


def test_what_no_longer_stands_is_told_and_can_be_left_out(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1"), asserted="2025-02-01"))
    api.patch(f"/claims/{made['id']}", {"status": "retracted"})
    relay = api.post("/claims", claim("third", figure("2"), derived_from=made["id"]))
    for table in ("timeseries", "figures"):
        assert {row["claim_status"] for row in rows(api, table)} == {"retracted", "active"}
        assert [row["value"] for row in rows(api, table, claim_status="active")] == [2]
        assert [row["claim_id"] for row in rows(api, table, relay="true")] == [relay["id"]]
        assert rows(api, table, relay="false", claimant="third") == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_parameters_that_are_left_empty_are_not_given(demo: Api) -> None:
    plain = demo.get("/tables/timeseries.json")["total"]
    assert demo.get("/tables/timeseries.json", subject="", as_of="", cursor="")["total"] == plain
    times = {"said_from": "2025-09-01T00:00:00.000Z", "said_to": "1758326400000"}  # as Grafana writes them
    days = {"said_from": "2025-09-01", "said_to": "2025-09-20"}
    assert rows(demo, "timeseries", **times) == rows(demo, "timeseries", **days) != []


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_made_up_with_a_time_beyond_all_times_is_refused(demo: Api, time: str) -> None:
    made = demo.get("/tables/figures.json", limit=1)["next_cursor"]
    text = base64.b64decode(made + "=" * (-len(made) % 4), altchars=b"-_").decode()[12:]
    binding, _, last = json.loads(text)
    text = json.dumps([binding, {"time": time}, last], separators=(",", ":"))
    checksum = hashlib.sha256(b"counterclaim cursor " + text.encode()).hexdigest()[:12]
    forged = base64.urlsafe_b64encode((checksum + text).encode()).decode().rstrip("=")
    answer = demo.client.get("/v1/tables/figures.json", params={"limit": 1, "cursor": forged})
    assert (answer.status_code, pointers(answer.json())) == (422, ["/cursor"])


def test_exact_numbers_stay_numbers_in_csv(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "profit", "name": "Profit", "unit": "USD", "signed": True})
    api.post("/claims", claim("lab", figure("-1500000", metric="profit")))
    (row,) = csv.DictReader(io.StringIO(api.client.get("/v1/tables/figures.csv").text))
    assert row["value_text"] == "-1500000"


# Facets --------------------------------------------------------------------------------------------------------------


def test_facets_count_what_a_filter_would_find(demo: Api) -> None:
    for field in ("subject", "metric", "basis", "unit", "qualifier"):
        for facet in demo.get("/facets", field=field)["values"]:
            assert facet["count"] == demo.get("/tables/figures.json", **{field: facet["value"]})["total"], facet
    for facet in demo.get("/facets", field="verdict")["values"]:
        assert facet["count"] == demo.get("/tables/comparisons.json", verdict=facet["value"])["total"]


def test_facets_leave_out_what_is_withdrawn_and_narrow_by_subject(api: Api) -> None:
    seed(api)
    gone = api.post("/claims", claim("lab", figure("1"), figure("2", basis="alleged")))
    api.post("/claims", claim("analyst", figure("3", basis="estimated")))
    api.withdraw(f"/claims/{gone['id']}")
    assert api.get("/facets", field="basis")["values"] == [{"value": "estimated", "label": "estimated", "count": 1}]
    assert api.get("/facets", field="claimant", subject="lab")["values"] == []


@pytest.mark.parametrize("field", ["basis", "metric", "subject", "measurand", "claimant", "source", "claim_status"])
def test_facets_count_each_figure_that_stands_once(api: Api, field: str) -> None:
    """They are all figures less those that are withdrawn or whose claim is: a figure that is both is one."""
    seed(api)
    made = [api.post("/claims", claim("lab", figure("1"), figure("2", scope="part"))) for _ in range(4)]
    api.withdraw(f"/figures/{made[0]['figures'][0]['id']}")
    api.withdraw(f"/claims/{made[1]['id']}")
    api.withdraw(f"/figures/{made[2]['figures'][0]['id']}")
    api.withdraw(f"/claims/{made[2]['id']}")
    assert sum(facet["count"] for facet in api.get("/facets", field=field)["values"]) == 3
    api.withdraw(f"/claims/{made[0]['id']}")
    api.withdraw(f"/claims/{made[3]['id']}")
    assert api.get("/facets", field=field)["values"] == []


def test_facets_come_as_grafana_wants_its_variables(demo: Api) -> None:
    found = demo.get("/facets", field="metric", shape="grafana", limit=2)
    assert [set(option) for option in found] == [{"__text", "__value"}] * 2
    assert demo.get("/tables/figures.json", metric=found[0]["__value"])["total"] > 0


# Polling -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/tables/figures.json", "/tables/comparisons.csv", "/facets?field=basis", "/comparisons", "/disagreements",
     "/comparisons/deepseek-r1.training-cost.on-top-of-base"],
)  # fmt: skip
def test_what_has_not_changed_is_answered_without_a_query(demo: Api, path: str) -> None:
    first = demo.client.get(f"/v1{path}")
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    with demo.counting() as statements:
        again = demo.client.get(f"/v1{path}", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert statements == []
    assert demo.client.get(f"/v1{path}", headers={"If-None-Match": tag.removeprefix("W/")}).status_code == 304
    assert demo.client.get(f"/v1{path}", headers={"If-None-Match": "*"}).status_code == 200
    demo.post("/sources", {"kind": "paper", "title": "Another"})
    changed = demo.client.get(f"/v1{path}", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_another_question_has_another_tag(demo: Api) -> None:
    one, other = (demo.client.get("/v1/tables/figures.json", params={"limit": n}).headers["ETag"] for n in (1, 2))
    assert one != other
    assert demo.client.get("/v1/tables/figures.json?limit=2", headers={"If-None-Match": one}).status_code == 200


@pytest.mark.parametrize("as_of", [None, "2999-01-01", "2025-09-20"])
def test_a_past_day_is_cached_no_longer_than_the_present(demo: Api, as_of: str | None) -> None:
    params = {"as_of": as_of} if as_of else {}
    table = demo.client.get("/v1/tables/figures.json", params=params)
    assert table.headers["Cache-Control"] == "public, max-age=5"
    comparison = demo.client.get("/v1/comparisons/deepseek-r1.training-cost.on-top-of-base", params=params)
    assert comparison.headers["Cache-Control"] == "public, no-cache"


def test_a_withdrawn_claim_leaves_the_past_at_once(demo: Api) -> None:
    asked = "/v1/comparisons/deepseek-r1.training-cost.on-top-of-base?as_of=2025-09-20"
    before = demo.client.get(asked)
    withdrawn = before.json()["reported"]["figures"][0]["claim"]["id"]
    demo.withdraw(f"/claims/{withdrawn}")
    after = demo.client.get(asked, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    shown = after.json()["reported"]["figures"]
    assert withdrawn not in {figure["claim"]["id"] for figure in shown}


def test_a_failure_is_not_cached(demo: Api) -> None:
    failed = demo.client.get("/v1/tables/figures.json", params={"as_of": "soon"})
    assert (failed.status_code, failed.headers["Cache-Control"]) == (422, "no-store")


@pytest.mark.parametrize(
    ("path", "most"),
    [("figures", 3), ("comparisons", 3), ("disagreements", 3), ("timeseries", 4), ("annotations", 3),
     ("comparisons?as_of=2025-09-20", 9), ("disagreements?as_of=2025-09-20", 9)],
)  # fmt: skip
def test_a_table_takes_few_queries_whatever_its_length(demo: Api, path: str, most: int) -> None:
    name, _, query = path.partition("?")
    for limit in (1, 1000):
        with demo.counting() as statements:
            demo.client.get(f"/v1/tables/{name}.json?limit={limit}&{query}")
        asked = [s for s in statements if not s.startswith(("BEGIN", "ROLLBACK"))]
        assert len(asked) <= most, asked
