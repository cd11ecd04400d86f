"""The commands that read: what they print for people, and the API's own answers with --json."""

import json
from pathlib import Path
from typing import Any

from tests.commands import run, run_in
from tests.databases import Templates
from tests.support import Api

R1 = "deepseek-r1.training-cost.on-top-of-base"
OPENAI = "openai-foundation-models.training-cost"


def printed(*arguments: str, database: str) -> str:
    done = run(*arguments, COUNTERCLAIM_DATABASE_URL=database)
    assert done.returncode == 0, done.stderr
    return done.stdout


def answered(*arguments: str, database: str) -> Any:
    return json.loads(printed(*arguments, "--json", database=database))


def test_search_show_and_compare_answer_as_the_api_does(demo: Api, kind: str, templates: Templates) -> None:
    url = templates.clone(kind, demo=True)
    found = answered("search", "R1", "294000", database=url)
    expected = demo.get("/search", q="R1 294000")
    assert [hit["title"] for hit in found["items"]] == [hit["title"] for hit in expected["items"]]
    shown = answered("show", R1, database=url)
    assert shown["text"] == demo.get(f"/comparisons/{R1}")["text"]
    between = answered("compare", R1, OPENAI, database=url)
    assert between["text"] == demo.get("/comparisons/between", left=R1, right=OPENAI)["text"]
    templates.give_back(url, demo=True)


def test_people_get_tables(templates: Templates) -> None:
    url = templates.clone("sqlite", demo=True)
    assert f"comparison  {R1}" in printed("search", "r1", "294000", database=url)
    lines = printed("show", R1, database=url).splitlines()
    assert lines[0] == "DeepSeek-R1: Training cost (On top of the base model)"
    assert any(line.split()[:3] == ["DeepSeek", "294,000", "USD"] for line in lines)
    assert "more than 340 times as much" in printed("compare", R1, OPENAI, database=url)
    assert json.loads(printed("show", "deepseek-r1", database=url))["kind"] == "model"
    assert "no estimate" in printed("show", R1, "--as-of", "2025-09-17", database=url)


def test_an_export_is_loaded_again(templates: Templates, tmp_path: Path) -> None:
    url = templates.clone("sqlite", demo=True)
    file = tmp_path / "all.jsonl"
    assert run("export", str(file), COUNTERCLAIM_DATABASE_URL=url).returncode == 0
    fresh = templates.clone("sqlite")
    assert run("load", str(file), COUNTERCLAIM_DATABASE_URL=fresh).returncode == 0
    assert printed("export", database=fresh) == file.read_text("utf-8")
    assert run("export", str(file), COUNTERCLAIM_DATABASE_URL=url).returncode == 1  # it is there already
    assert len(printed("export", "--format", "csv", database=url).splitlines()) > 60


def test_what_is_not_there_is_said(templates: Templates) -> None:
    url = templates.clone("sqlite", demo=True)
    missing = run("show", "nothing-of-this", COUNTERCLAIM_DATABASE_URL=url)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "counterclaim search" in missing.stderr
    wrong = run("search", "x", "--kind", "nonsense", COUNTERCLAIM_DATABASE_URL=url)
    assert wrong.returncode == 1
    assert "'comparison'" in wrong.stderr


def test_the_version_names_the_newest_migration() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("counterclaim 0.")
    assert "migration 0" in done.stdout


def test_a_missing_database_names_that_of_the_demo(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "demo.db").touch()
    done = run_in(tmp_path, "show", "x")
    assert done.returncode == 1
    assert "--database-url sqlite:///var/demo.db" in done.stderr
