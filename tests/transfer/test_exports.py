"""Exports: everything that counts, in an order in which it can be read back, byte for byte."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.db.engine import Connection, Database
from service.db.models import ClaimRow
from service.schemas.claims import ClaimPatch
from service.schemas.queries import ClaimQuery, FigureExportQuery
from service.store.operations.database_setup import open_database
from service.store.records import claims, disputes, entities, sources
from service.transfer import exports
from service.transfer.jsonl import JsonLines
from service.transfer.spreadsheet import Spreadsheet
from tests.databases import Templates
from tests.store.test_summaries import assert_true
from tests.transfer.files import PARTIAL, PLAIN, UPDATE, figures_csv, json_lines, made, table, take, unchanged
from tests.transfer.test_jsonl import write

FIRST = frozenset([1])


@pytest.fixture
def empty(kind: str, templates: Templates) -> Any:
    opened = open_database(templates.clone(kind))
    yield opened
    opened.close()


def records(content: bytes, kind: str) -> list[Any]:
    return [record for line in content.splitlines() if (record := json.loads(line))["type"] == kind]


def test_what_is_exported_is_imported_and_exported_again_to_the_byte(demo_database: Database, empty: Database) -> None:
    first = json_lines(demo_database)
    result = take(empty, first, JsonLines())
    assert made(result) == {
        "source": 23,
        "entity": 32,
        "metric": 10,
        "scope": 26,
        "equation": 5,
        "proposition": 4,
        "claim": 89,
        "figure": 77,
        "dispute": 8,
    }
    assert json_lines(empty) == first
    assert_true(empty)
    assert unchanged(take(demo_database, first, JsonLines(), **PARTIAL)) == made(result)


def test_figures_go_out_and_in_as_a_table(demo_database: Database, empty: Database) -> None:
    first = figures_csv(demo_database)
    result = take(empty, first, Spreadsheet())
    assert (made(result)["claim"], made(result)["figure"]) == (69, 77)
    assert figures_csv(empty) == first
    again = take(demo_database, first, Spreadsheet())
    assert (made(again), unchanged(again)) == ({}, {"claim": 69, "figure": 77})


def test_cells_that_spreadsheets_would_run_are_neutralised_and_come_back(database: Database, empty: Database) -> None:
    texts = ["=1+1", "+a", "-b", "@c", "'=d", "\u2212e", "''@f"]
    take(
        database, table(*({**PLAIN, "quote": text, "value": str(n)} for n, text in enumerate(texts, 1))), Spreadsheet()
    )
    exported = figures_csv(database)
    assert b",'=1+1," in exported
    take(empty, exported, Spreadsheet())
    assert figures_csv(empty) == exported
    with empty.snapshot() as connection:
        found = claims.LIST.page(connection, ClaimQuery(sort="created_at")).items
    # what is written by hand is unguarded once, as what was exported is
    assert [claim.quote for claim in found] == ["=1+1", "+a", "-b", "@c", "=d", "\u2212e", "'@f"]


def test_withdrawn_records_are_left_out_but_for_what_others_hang_on(demo_database: Database, empty: Database) -> None:
    with demo_database.snapshot() as connection:
        origin = claims.PROJECTION.read(connection, "r1-06")
        relays = [c.key for c in claims.PROJECTION.by_ids(connection, _relays_of(connection, origin.id))]
        quarrel = disputes.PROJECTION.read(connection, "glenn-corrects-table")
        source = sources.PROJECTION.read(connection, "deepseek-r1-nature")
        group = entities.PROJECTION.read(connection, "frontier-models")
    assert relays
    demo_database.write(lambda c: claims.withdraw(c, "r1-06", "wrong", frozenset([origin.version])))
    demo_database.write(lambda c: disputes.withdraw(c, quarrel.id, "wrong", frozenset([quarrel.version])))
    demo_database.write(lambda c: sources.withdraw(c, source.id, "wrong", frozenset([source.version])))
    demo_database.write(lambda c: entities.withdraw(c, group.id, "wrong", frozenset([group.version])))
    exported = json_lines(demo_database)
    keys = {record.get("key") for record in records(exported, "claim")}
    assert "r1-06" not in keys
    assert not keys & set(relays)  # without their origin they would count for themselves
    assert "r1-07" in keys
    assert "deepseek-r1-nature" in {record["key"] for record in records(exported, "source")}  # claims stand in it
    assert "glenn-corrects-table" not in {record["key"] for record in records(exported, "dispute")}
    take(empty, exported, JsonLines())
    assert json_lines(empty) == exported


def _relays_of(connection: Any, claim_id: str) -> list[str]:
    return list(connection.execute(select(ClaimRow.id).where(ClaimRow.derived_from_id == claim_id)).scalars())


def test_what_was_retracted_and_superseded_comes_back_so(database: Database, empty: Database, tmp_path: Path) -> None:
    plain = {"type": "claim", "source": "s", "claimant": "e", "subject": "e", "statement": "x"}
    write(
        tmp_path / "f.jsonl",
        {"type": "entity", "key": "e", "kind": "other", "name": "E"},
        {"type": "source", "key": "s", "kind": "book", "title": "T"},
        {**plain, "key": "old"},
        {**plain, "key": "new", "supersedes": "old"},
        {**plain, "key": "gone"},
    )
    take(database, (tmp_path / "f.jsonl").read_bytes(), JsonLines())
    database.write(lambda c: claims.amend(c, "gone", ClaimPatch(status="retracted"), FIRST))
    exported = json_lines(database)
    take(empty, exported, JsonLines())
    with empty.snapshot() as connection:
        statuses = {key: claims.PROJECTION.read(connection, key).status for key in ("old", "new", "gone")}
    assert statuses == {"old": "superseded", "new": "active", "gone": "retracted"}
    assert json_lines(empty) == exported


def test_a_claim_with_more_figures_than_fit_inside_is_continued(database: Database, empty: Database) -> None:
    said = {**PLAIN, "statement": "many"}
    take(database, table(*({**said, "value": str(number)} for number in range(1, 131))), Spreadsheet())
    exported = json_lines(database)
    assert (len(records(exported, "claim")[0]["figures"]), len(records(exported, "figure"))) == (100, 30)
    take(empty, exported, JsonLines())
    assert unchanged(take(empty, exported, JsonLines(), **UPDATE))["figure"] == 130
    assert json_lines(empty) == exported
    with empty.snapshot() as connection:
        (claim,) = claims.PROJECTION.by_ids(connection, [records(exported, "claim")[0]["id"]])
        assert len(claim.figures) == 130


def peak(database: Database, export: Callable[[Connection], Iterator[str]]) -> int:
    """The most bytes that an export holds at a time."""
    with database.unhurried() as connection:
        for _ in export(connection):
            pass  # makes what is made once, such as compiled statements
        tracemalloc.start()
        for _ in export(connection):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_an_export_holds_does_not_grow_with_what_there_is(database: Database) -> None:
    rows = [{**PLAIN, "value": str(n), "quote": "x" * 500, "subject": f"Model {n % 100}"} for n in range(1, 3_001)]
    every = (exports.json_lines, lambda connection: exports.figures_csv(connection, FigureExportQuery()))
    take(database, table(*rows[:1_000]), Spreadsheet(), **PARTIAL)
    before = [peak(database, export) for export in every]
    take(database, table(*rows), Spreadsheet(), **PARTIAL)
    for export, less in zip(every, before, strict=True):
        assert peak(database, export) < 1.2 * less


def test_a_table_with_superseded_claims_is_taken_again(database: Database, empty: Database, tmp_path: Path) -> None:
    figure = {"metric": "m", "basis": "reported", "qualifier": "exact", "value": "5", "unit": "USD"}
    plain = {"type": "claim", "source": "s", "claimant": "e", "subject": "e", "figures": [figure]}
    write(
        tmp_path / "f.jsonl",
        {"type": "entity", "key": "e", "kind": "other", "name": "E"},
        {"type": "source", "key": "s", "kind": "book", "title": "T"},
        {"type": "metric", "key": "m", "name": "M", "unit": "USD"},
        {**plain, "key": "old", "statement": "old"},
        {**plain, "key": "gone", "statement": "gone", "supersedes": "old", "status": "retracted"},
        {**plain, "key": "new", "statement": "new", "supersedes": "old"},
    )
    take(database, (tmp_path / "f.jsonl").read_bytes(), JsonLines())
    take(empty, figures_csv(database), Spreadsheet())
    assert figures_csv(empty) == figures_csv(database)
    assert unchanged(take(database, figures_csv(database), Spreadsheet())) == {"claim": 3, "figure": 3}
