"""The bench compares like with like: the limit answers what the service answers, and bare rows are rows that fit."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from bench import data, reads_beside_writes, writes
from bench.contenders import LIMIT, OURS, PLAIN, WORKLOADS, Contender, all_of
from bench.driver import Load, rate
from service.store.operations.database_setup import open_database
from service.transfer.jsonl import JsonLines
from tests.databases import Templates
from tests.support import load

FIGURES = 200


def answer(one: Contender, workload: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{one.port}{one.paths[workload]}") as found:
        return json.load(found, parse_int=float)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_contenders_answer_alike_and_can_be_measured(kind: str, templates: Templates, tmp_path: Path) -> None:
    url = templates.clone(kind)
    database = open_database(url)
    data.write(tmp_path / "data.jsonl", FIGURES)
    assert load(database, tmp_path / "data.jsonl", JsonLines()).rejected == []
    database.close()
    with all_of(url, tmp_path, quick=True, uncached=False) as contenders:
        by_name = {one.name: one for one in contenders}
        ours, limit = by_name[OURS], by_name[LIMIT]
        for workload in ("one claim", "50 claims", "50 figures, filtered"):
            assert answer(limit, workload).get("items") == answer(ours, workload).get("items"), workload
        assert answer(limit, "one claim") == answer(ours, "one claim")
        shown = answer(ours, "comparison of 20 figures")
        figures = answer(limit, "comparison of 20 figures")["figures"]
        sides = [*shown["reported"]["figures"], *shown["estimated"]["figures"], *shown["relays"]]
        assert sorted(one["id"] for one in figures) == sorted(one["id"] for one in sides)
        assert {frozenset(one) for one in figures} == {frozenset(one) for one in sides}
        widest = [item["key"] for item in answer(ours, "disagreements, top 50")["items"]]
        assert [item["summary"]["gap"] for item in answer(limit, "disagreements, top 50")["items"]]
        assert len(answer(limit, "disagreements, top 50")["items"]) == len(widest)
        for one in contenders:
            assert rate(Load(one.port, one.paths["one claim"], 2, 0.3)) > 0
        assert answer(by_name[PLAIN], "one claim")["statement"] == answer(ours, "one claim")["statement"]
        assert set(WORKLOADS) <= set(ours.paths)
        beside_writes = reads_beside_writes.measure(contenders, 1.5)
        assert min(one["rate"] for one in beside_writes.values()) > 0
        written = writes.measure(ours.port, url, tmp_path, 3, imported=50)
    assert min(written.values()) > 0
