"""JSON lines: loaded whole or not at all, and only once."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service.cli.main import DEMO
from service.db.engine import Database
from service.db.models import ClaimRow, MeasurandRow, metadata
from service.domain.vocabulary import ImportMode, OnExisting
from service.errors import ServiceError
from service.schemas.queries import ClaimQuery
from service.store.records import claims, metrics
from service.transfer.imports import is_empty
from service.transfer.jsonl import JsonLines
from tests.support import load, load_demo
from tests.transfer.files import UPDATE, json_lines, made, take

SOURCE = {"type": "source", "key": "s", "kind": "paper", "title": "A paper"}


def sizes(database: Database) -> dict[str, int]:
    with database.snapshot() as connection:
        tables = metadata.sorted_tables
        return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_loading_the_demo_twice_changes_nothing(database: Database) -> None:
    assert is_empty(database)
    first = load_demo(database)
    assert not is_empty(database)
    before = sizes(database)
    assert first.lines == len(DEMO.read_text("utf-8").splitlines())
    own_lines = ("source", "entity", "metric", "equation", "proposition", "claim", "dispute")
    assert sum(counts.created for kind, counts in first.counts if kind in own_lines) == first.lines
    again = load_demo(database)
    assert {kind: (c.created, c.unchanged) for kind, c in again.counts} == {
        kind: (0, c.created) for kind, c in first.counts
    }
    assert sizes(database) == before


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ("not json\n", ""),
        ("[1]\n", "/type"),
        ({"type": "planet"}, "/type"),
        ({"type": ["source"]}, "/type"),
        ({"type": "entity", "key": "e", "kind": "other"}, "/name"),
        ({"type": "entity", "key": "e", "kind": "other", "name": "E", "colour": 1}, "/colour"),
        ({"type": "entity", "key": "e", "kind": "other", "name": "E", "part_of": "nobody"}, "/part_of"),
        ({**SOURCE, "title": "Another title"}, "/title"),
        ('{"type": "source", "x": ' + "[" * 10_000 + "\n", ""),
        ("x" * 5_000_000 + "\n", ""),
    ],
    ids=range(10),
)
def test_a_bad_line_is_named_and_nothing_is_loaded(database: Database, tmp_path: Path, bad: Any, pointer: str) -> None:
    path = write(tmp_path / "bundle.jsonl", SOURCE, "\n", bad)
    with pytest.raises(ServiceError) as refused:
        load(database, path, JsonLines())
    (fault,) = refused.value.faults
    assert (fault.line, fault.pointer, fault.place) == (3, pointer, "file")
    assert is_empty(database)


def test_figures_on_lines_of_their_own_are_loaded_once_too(database: Database, tmp_path: Path) -> None:
    """A claim is the same when it has more figures than its line says: they came on other lines."""
    plain = {"metric": "m", "basis": "reported", "qualifier": "exact", "unit": "USD"}
    claim = {"type": "claim", "key": "c", "source": "s", "claimant": "e", "subject": "e", "statement": "x"}
    path = write(
        tmp_path / "f.jsonl",
        {"type": "entity", "key": "e", "kind": "other", "name": "E"},
        SOURCE,
        {"type": "metric", "key": "m", "name": "M", "unit": "USD"},
        {**claim, "figures": [{**plain, "value": "1"}]},
        {"type": "figure", "claim": "c", **plain, "value": "2"},
    )
    load(database, path, JsonLines())
    before = sizes(database)
    again = load(database, path, JsonLines())
    assert (again.counts.claim.unchanged, again.counts.figure.unchanged) == (1, 2)
    assert sizes(database) == before
    other = write(tmp_path / "g.jsonl", {**claim, "figures": [{**plain, "value": "3"}]})
    with pytest.raises(ServiceError) as refused:
        load(database, other, JsonLines())
    assert [fault.pointer for fault in refused.value.faults] == ["/figures"]


PLAIN = {"metric": "m", "basis": "reported", "qualifier": "exact", "unit": "USD"}
CLAIM = {"type": "claim", "source": "s", "claimant": "e", "subject": "e", "statement": "x"}
GROUND = [
    {"type": "entity", "key": "e", "kind": "other", "name": "E"},
    SOURCE,
    {"type": "metric", "key": "m", "name": "M", "unit": "USD"},
]


def said(key: str, value: str, **more: Any) -> dict[str, Any]:
    return {**CLAIM, "key": key, "figures": [{**PLAIN, "value": value}], **more}


def test_relays_come_with_what_they_relay(database: Database, tmp_path: Path) -> None:
    named = "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e03"
    first = said("first", "5", id=named)
    relays = [said("by-key", "7", derived_from="first"), said("by-id", "5", derived_from=named)]
    again = said("again", "8", derived_from="by-key")
    nameless = {**CLAIM, "statement": "y", "derived_from": "again"}
    path = write(tmp_path / "f.jsonl", *GROUND, first, *relays, again, nameless)
    result = load(database, path, JsonLines(), mode=ImportMode.PARTIAL)
    assert (result.counts.claim.created, result.rejected_total) == (5, 0)
    with database.read() as connection:
        stored = {claim.key: claim for claim in claims.LIST.page(connection, ClaimQuery()).items}
        drift_count = connection.execute(select(MeasurandRow.drift_count)).scalar_one()
    origins = {key: claim.derived_from.key for key, claim in stored.items() if claim.derived_from}
    assert origins == {"by-key": "first", "by-id": "first", "again": "by-key", None: "again"}
    assert drift_count == 2
    assert load(database, path, JsonLines()).counts.claim.unchanged == 5


def test_a_relay_falls_with_what_it_relays_and_is_not_taken_before_it(database: Database, tmp_path: Path) -> None:
    broken, own = said("broken", "5", subject="nobody"), said("own", "5", derived_from="own")
    early = [said("early", "5", derived_from="late"), said("late", "5"), said("after", "5", derived_from="late")]
    path = write(tmp_path / "f.jsonl", *GROUND, broken, said("relay", "5", derived_from="broken"), own, *early)
    result = load(database, path, JsonLines(), mode=ImportMode.PARTIAL)
    assert [(line.line, line.pointer) for line in result.rejected] == [
        (4, "/subject"),
        (5, "/derived_from"),
        (6, "/derived_from"),
        (7, "/derived_from"),
    ]
    assert result.counts.claim.created == 2


def test_a_claim_is_the_same_however_its_refs_are_written(database: Database, tmp_path: Path) -> None:
    ids = {"source": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e01", "subject": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e02"}
    entity = {"type": "entity", "id": ids["subject"], "key": "e", "kind": "other", "name": "E"}
    claim = {"type": "claim", "source": "s", "claimant": "e", "subject": "e", "statement": "x"}
    lines = [{**SOURCE, "id": ids["source"]}, entity, claim, {**claim, **ids}]
    result = load(database, write(tmp_path / "f.jsonl", *lines), JsonLines())
    assert (result.counts.claim.created, result.counts.claim.unchanged) == (1, 1)


def test_a_status_is_content_too(database: Database, tmp_path: Path) -> None:
    entity = {"type": "entity", "key": "e", "kind": "other", "name": "E"}
    claim = {"type": "claim", "key": "c", "source": "s", "claimant": "e", "subject": "e", "statement": "x"}
    load(database, write(tmp_path / "f.jsonl", SOURCE, entity, {**claim, "status": "retracted"}), JsonLines())
    stands = write(tmp_path / "g.jsonl", {**claim, "status": "active"})
    with pytest.raises(ServiceError) as refused:
        load(database, stands, JsonLines())
    assert [fault.pointer for fault in refused.value.faults] == ["/status"]
    load(database, stands, JsonLines(), on_existing=OnExisting.UPDATE)
    with database.read() as connection:
        assert connection.execute(select(ClaimRow.status)).scalar_one() == "active"


def test_what_is_named_before_it_is_there_is_refused_wherever_a_batch_ends(database: Database, tmp_path: Path) -> None:
    """And it does not spoil what names it rightly: loaded again, the file adds nothing."""
    entity, metric = {"type": "entity", "kind": "other"}, {"type": "metric", "unit": "USD"}
    plain = {"type": "claim", "source": "s", "claimant": "e", "subject": "e"}
    figure = {"metric": "m", "unit": "USD", "basis": "reported", "qualifier": "exact", "value": "1"}
    lines = [
        SOURCE,
        {**entity, "key": "e", "name": "E"},
        {**plain, "statement": "too early, by its subject", "subject": "late"},
        {**plain, "statement": "too early, with a key", "subject": "late", "key": "c"},
        {**entity, "key": "late", "name": "Late"},
        {**plain, "statement": "in time", "subject": "late"},
        {**plain, "statement": "too early, by its metric", "figures": [figure]},
        {**metric, "key": "m", "name": "M"},
        {**plain, "statement": "in time", "figures": [figure]},
    ]
    path = write(tmp_path / "file.jsonl", *lines)
    first = load(database, path, JsonLines(), mode=ImportMode.PARTIAL)
    assert sorted({line.line for line in first.rejected}) == [3, 4, 7]
    assert first.counts.claim.created == 2
    # now all that was named is there
    second = load(database, path, JsonLines(), mode=ImportMode.PARTIAL)
    assert (second.counts.claim.created, second.counts.claim.unchanged) == (3, 2)
    third = load(database, path, JsonLines(), mode=ImportMode.PARTIAL)
    assert (third.counts.claim.created, third.counts.claim.unchanged, third.rejected) == (0, 5, [])


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def test_a_metric_is_updated_without_its_additivity(database: Database) -> None:
    metric = {"type": "metric", "key": "cost", "name": "Cost", "unit": "USD"}
    take(database, lines(metric), JsonLines())
    result = take(database, lines(metric | {"name": "The cost"}), JsonLines(), **UPDATE)
    assert result.counts.metric.updated == 1


def test_a_line_that_does_not_set_over_time_leaves_it(database: Database) -> None:
    metric = {"type": "metric", "key": "cost", "name": "Cost", "unit": "USD", "over_time_inferred": True}
    said = {
        "type": "claim", "key": "c", "source": "s", "claimant": "lab", "subject": "lab", "statement": "x",
        "figures": [{"metric": "cost", "basis": "reported", "qualifier": "exact", "value": "1", "unit": "USD",
                     "period": "2024"}],
    }  # fmt: skip
    others = [
        {"type": "entity", "key": "lab", "kind": "organization", "name": "Lab"},
        {"type": "source", "key": "s", "kind": "paper", "title": "S"},
    ]
    content = lines(metric, *others, said)
    take(database, content, JsonLines())
    again = take(database, content, JsonLines())
    assert made(again) == {}
    take(database, lines(metric | {"name": "The cost"}), JsonLines(), **UPDATE)
    with database.snapshot() as connection:
        found = metrics.PROJECTION.read(connection, "cost")
    assert (found.name, found.over_time, found.over_time_inferred) == ("The cost", "by_period", True)


def test_a_precision_that_is_not_known_stays_so(database: Database) -> None:
    stated = {
        "metric": "cost", "basis": "reported", "qualifier": "exact", "value": "294000", "unit": "USD",
        "precision": None,
    }  # fmt: skip
    said = {"type": "claim", "key": "c", "source": "s", "claimant": "lab", "subject": "lab", "statement": "x"}
    content = lines(
        {"type": "metric", "key": "cost", "name": "Cost", "unit": "USD"},
        {"type": "entity", "key": "lab", "kind": "organization", "name": "Lab"},
        {"type": "source", "key": "s", "kind": "paper", "title": "S"},
        said | {"figures": [stated]},
    )
    take(database, content, JsonLines())
    exported = json_lines(database)
    assert b'"precision":null' in exported
    assert made(take(database, exported, JsonLines())) == {}
