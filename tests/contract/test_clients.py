"""docs/clients.md is true: each of its blocks is run, in its order, against the demo; and it tells of every column."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service.transfer.columns import COLUMNS
from service.transfer.mapping import parse_mapping
from tests.contract.node import installed, needs_node, run, tool
from tests.support import ADMIN, Api

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "clients.md").read_text("utf-8")
THINGS = TEXT.partition("# Files")[0]
SPREADSHEET = TEXT.partition("## Bring your spreadsheet")[2].partition("\n## ")[0]


def fenced(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return fenced(language, THINGS)


def environment(demo: Api) -> dict[str, str]:
    return {**os.environ, "URL": str(demo.client.base_url).rstrip("/"), "KEY": str(ADMIN)}


def test_ten_things_are_shown_in_three_languages() -> None:
    assert [len(blocks(language)) for language in ("sh", "python", "ts")] == [10, 11, 11]
    assert len(re.findall(r"^## \d+\. ", THINGS, re.MULTILINE)) == 10


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_is_shown_with_curl_works(demo: Api, tmp_path: Path) -> None:
    for block in blocks("sh"):
        script = f"set -eu\n{block.replace('curl -s', 'curl -s --fail-with-body')}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment(demo), capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        is_refused = '"rumour"' in block
        assert (done.returncode == 22) if is_refused else (done.returncode == 0), f"{block}\n{done.stdout}{done.stderr}"
    assert demo.get("/claims/example-estimate")["locator"] == "page 12"
    assert demo.get("/disputes/example-dispute")["status"] == "open"
    assert (tmp_path / "counterclaim.jsonl").read_text("utf-8").count('"example-estimate"') == 2


def test_what_is_shown_in_python_works(demo: Api) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks("python"))],
        env=environment(demo), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert told[0] == "estimates_higher about 3.4×"
    assert told[3:5] == ["7", "more than $2,000,000"]
    assert told[-1].startswith("422 invalid [('/kind', ")
    assert demo.get("/claims/example-estimate")["locator"] == "page 13"


@needs_node
@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_is_shown_in_typescript_works(demo: Api, tmp_path: Path) -> None:
    folder = installed(tmp_path)
    types = ["-o", "api.d.ts", "--default-non-nullable=false"]
    run(tool(folder, "openapi-typescript"), str(ROOT / "openapi.json"), *types, cwd=folder)
    (folder / "walk.ts").write_text("\n".join(blocks("ts")), "utf-8")
    run(tool(folder, "tsc"), "--project", "tsconfig.json", "--outDir", "made", cwd=folder)
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(folder / "made" / "walk.js")],
        env=environment(demo), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert told[0] == "estimates_higher about 3.4×"
    assert demo.get("/claims/example-estimate")["locator"] == "page 14"


def test_every_column_is_told_as_it_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT.partition("## Columns")[2], re.MULTILINE)
    assert dict(rows) == COLUMNS


def test_the_mapping_shown_is_the_one_that_is_tested() -> None:
    (mapping,) = fenced("toml", TEXT.partition("## Tables with other columns")[2])
    assert mapping == (ROOT / "fixtures" / "epoch-ai-chip-counts" / "owners.toml").read_text("utf-8")
    assert parse_mapping(mapping).options.date_order == "mdy"


def shown_commands() -> list[tuple[str, str]]:
    """The commands of the page on spreadsheets, each with the output that is shown."""
    found = []
    for block in fenced("console", SPREADSHEET):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def test_the_walk_with_a_spreadsheet_has_the_outputs_shown(api: Api, tmp_path: Path) -> None:
    (table,), (mapping,) = fenced("csv", SPREADSHEET), fenced("toml", SPREADSHEET)
    (tmp_path / "marches.csv").write_text(table, "utf-8")
    (tmp_path / "marches.toml").write_text(mapping, "utf-8")
    given = environment(api) | {"COUNTERCLAIM_KEY": str(ADMIN)}
    given["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{given['PATH']}"
    assert len(shown_commands()) == 4
    for command, output in shown_commands():
        done = subprocess.run(
            ["bash", "-c", f"{command} 2>&1"], cwd=tmp_path, env=given, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.stdout == output, command
