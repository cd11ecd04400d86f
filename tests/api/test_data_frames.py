"""Tables as data frames: whole, chosen, sorted, grouped, with exact numbers, as pandas, polars and DuckDB see them."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from service.api.routes import tables as routes
from service.schemas.table_rows import ComparisonTableRow, DisagreementTableRow, FigureTableRow
from tests.support import Api, claim, figure, pointers, seed


def rows(api: Api, name: str, **params: Any) -> list[dict[str, str]]:
    answer = api.client.get(f"/v1/tables/{name}.csv", params=params)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def table(api: Api, name: str, **params: Any) -> Any:
    return api.get(f"/tables/{name}.json", **params)


def test_csv_is_the_whole_table_of_one_snapshot(demo: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "TABLE_ROWS", 7)
    every = table(demo, "figures", limit=200)
    assert every["is_complete"]
    assert [row["id"] for row in rows(demo, "figures")] == [row["id"] for row in every["rows"]]
    assert len(rows(demo, "figures")) > 70
    assert len(rows(demo, "figures", limit=5)) == 5


def test_a_page_of_json_says_that_it_is_one(demo: Api) -> None:
    page = table(demo, "figures", limit=5)
    assert (page["is_complete"], len(page["rows"]), page["total"] > 70) == (False, 5, True)
    assert page["next_cursor"] is not None


def test_columns_are_chosen_in_their_order(demo: Api) -> None:
    page = table(demo, "figures", columns="claimant,value_text", limit=3)
    assert [column["name"] for column in page["columns"]] == ["claimant", "value_text"]
    assert all(list(row) == ["claimant", "value_text"] for row in page["rows"])
    assert list(rows(demo, "figures", columns=["value_text", "claimant"])[0]) == ["value_text", "claimant"]
    refused = demo.client.get("/v1/tables/figures.csv", params={"columns": "secret"})
    assert (refused.status_code, pointers(refused.json())) == (422, ["/columns"])


@pytest.mark.parametrize(
    ("name", "model"),
    [("figures", FigureTableRow), ("comparisons", ComparisonTableRow), ("disagreements", DisagreementTableRow)],
)
def test_a_table_is_sorted_by_any_column(demo: Api, name: str, model: Any) -> None:
    for place, column in enumerate(model.model_fields):
        if (name, column) == ("comparisons", "gap"):
            continue  # by how far apart the sources are
        sign = "-" if place % 2 else ""
        values = [row[column] for row in table(demo, name, sort=sign + column, limit=200)["rows"]]
        known = [value for value in values if value is not None and value != ""]
        assert known == sorted(known, reverse=bool(sign)), (name, sign, column)
        missing = [value for value in values if value is None]
        assert values == (known + missing if sign else missing + known) or "" in values, (name, column)


def test_pages_go_on_in_the_order_of_any_column(demo: Api) -> None:
    for sort in ("value", "-value", "scope", "-period_start", "relay", "-claimant_role", "low_open", "measurand_id"):
        every = [row["id"] for row in table(demo, "figures", sort=sort, limit=200)["rows"]]
        paged: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            page = table(demo, "figures", sort=sort, limit=20, columns="id", **cursor)
            paged += [row["id"] for row in page["rows"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert paged == every, sort


def test_computed_rows_are_sorted_like_stored_ones(demo: Api) -> None:
    for name in ("comparisons", "disagreements"):
        for column in ("subject", "-gap", "reported_low", "-claimant_count", "self_conflict", "period_start"):
            page = table(demo, name, sort=column, as_of="2026-01-01", limit=200)
            values = [row[column.removeprefix("-")] for row in page["rows"]]
            known = [value for value in values if value is not None]
            if column != "-gap":
                assert known == sorted(known, reverse=column.startswith("-")), (name, column)


def test_groups_count_and_give_amounts_within_one_metric_only(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "time", "name": "Time", "unit": "hour"})
    api.post("/claims", claim("lab", figure("5", scope="full"), figure("9", scope="full")))
    api.post("/claims", claim("lab", figure("700", metric="time", unit="hour"), statement="two"))
    api.post("/claims", claim("analyst", figure("7", scope="full")))
    by_both = table(api, "figures", group_by=["claimant_key", "metric_key"])["rows"]
    assert by_both == [
        {"claimant_key": "lab", "metric_key": "cost", "count": 2, "min": 5, "max": 9},
        {"claimant_key": "analyst", "metric_key": "cost", "count": 1, "min": 7, "max": 7},
        {"claimant_key": "lab", "metric_key": "time", "count": 1, "min": 700, "max": 700},
    ]
    by_one = table(api, "figures", group_by="claimant_key")["rows"]
    assert by_one == [
        {"claimant_key": "lab", "count": 3, "min": None, "max": None},
        {"claimant_key": "analyst", "count": 1, "min": 7, "max": 7},
    ]
    first = table(api, "figures", group_by="claimant_key", limit=1)
    assert (len(first["rows"]), first["total"], first["is_complete"]) == (1, 2, False)
    api.post("/claims", claim("third", figure(qualifier="more_than", lower="6", scope="full")))
    api.post("/claims", claim("third", figure(qualifier="vague", stated_as="a lot", scope="full"), statement="two"))
    (third,) = [row for row in table(api, "figures", group_by="claimant_key")["rows"] if row["claimant_key"] == "third"]
    assert third == {"claimant_key": "third", "count": 2, "min": 6, "max": None}, "more than 6 has no greatest amount"
    assert rows(api, "comparisons", group_by="agreement")[0] == {"agreement": "mixed", "count": "1"}
    for query, pointer in (
        ({"group_by": ["basis", "unit", "period", "claimant"]}, "/group_by"),
        ({"group_by": "nothing"}, "/group_by"),
        ({"group_by": "basis", "columns": "basis"}, "/columns"),
        ({"group_by": "basis", "sort": "basis"}, "/sort"),
    ):
        refused = api.client.get("/v1/tables/figures.json", params=query)
        assert (refused.status_code, pointers(refused.json())) == (422, [pointer])


def test_a_time_series_counts_what_it_leaves_out(api: Api) -> None:
    seed(api)
    api.post("/sources", {"key": "undated", "kind": "paper", "title": "Undated"})
    api.post("/claims", claim("lab", figure("5", scope="full")))
    api.post("/claims", claim("lab", figure("6", scope="full"), figure("7", scope="full"), source="undated"))
    page = table(api, "timeseries", subject="model")
    assert (len(page["rows"]), page["left_out"]) == (1, 2)
    assert table(api, "figures")["left_out"] is None


# Data frames ---------------------------------------------------------------------------------------------------------

EXACT = "12345678901234567890.123456789012345678"
TOO_LONG = "123456789012345678901234567890"


@pytest.fixture
def parquet(api: Api, tmp_path: Path) -> Path:
    seed(api)
    api.post("/claims", claim("lab", figure(EXACT, scope="full"), figure(TOO_LONG, scope="full")))
    answer = api.client.get("/v1/tables/figures.parquet")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    path = tmp_path / "figures.parquet"
    path.write_bytes(answer.content)
    return path


def test_polars_reads_exact_numbers(parquet: Path) -> None:
    frame = pl.read_parquet(parquet)
    values = dict(zip(frame["value_text"].to_list(), frame["value"].to_list(), strict=True))
    assert values == {EXACT: Decimal(EXACT), TOO_LONG: None}


def test_duckdb_reads_exact_numbers(parquet: Path) -> None:
    with duckdb.connect() as connection:
        asked = f"SELECT value_text, value, typeof(value), typeof(created_at) FROM '{parquet}'"
        found = connection.execute(asked).fetchall()
    assert {(text, value, kind) for text, value, kind, _ in found} == {
        (EXACT, Decimal(EXACT), "DECIMAL(38,18)"),
        (TOO_LONG, None, "DECIMAL(38,18)"),
    }
    assert all(when == "TIMESTAMP WITH TIME ZONE" for *_, when in found)


def test_every_table_is_a_parquet_file_with_its_rows(demo: Api, tmp_path: Path) -> None:
    for name in ("figures", "comparisons", "disagreements", "timeseries", "annotations"):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(demo.client.get(f"/v1/tables/{name}.parquet").content)
        assert pl.read_parquet(path).height == len(rows(demo, name)), name
    wide = demo.client.get("/v1/tables/timeseries.parquet", params={"layout": "wide", "subject": "deepseek-r1"})
    assert pl.read_parquet(io.BytesIO(wide.content))["reported"].dtype == pl.Decimal(38, 18)
    none = demo.client.get("/v1/tables/figures.parquet", params={"unit": "K"})
    assert pl.read_parquet(io.BytesIO(none.content)).height == 0


def test_pandas_keeps_exact_columns_as_the_documents_say(api: Api, parquet: Path) -> None:
    assert parquet.exists()
    frame = pd.read_csv(f"{api.client.base_url}/v1/tables/figures.csv", dtype={"value_text": "string"})
    assert set(frame["value_text"]) == {EXACT, TOO_LONG}
    assert set(frame["value_text"].map(Decimal)) == {Decimal(EXACT), Decimal(TOO_LONG)}


def test_a_whole_table_reads_each_page_by_its_key(demo: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "TABLE_ROWS", 30)
    with demo.counting() as statements:
        count = len(rows(demo, "figures"))
    assert len([one for one in statements if "FROM figure" in one]) == -(-count // 30)
