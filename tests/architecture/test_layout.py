"""The house rules that a reader relies on: the rings, the nouns, the size of files, what never stands in the tree."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "service"
NOUNS = ["sources", "entities", "metrics", "scopes", "claims", "figures", "disputes"]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def test_imports_go_down_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_has_the_same_name_in_each_ring(noun: str) -> None:
    for ring in ("api/routes", "store/records", "schemas", "db/models"):
        assert (SERVICE / ring / f"{noun}.py").is_file()


def test_no_file_is_a_grab_bag() -> None:
    for path in SERVICE.rglob("*.py"):
        assert path.stem not in {"utils", "helpers", "common", "misc", "core"}, path


def test_every_module_says_what_it_is() -> None:
    for path in SERVICE.rglob("*.py"):
        text = path.read_text("utf-8")
        assert not text or text.startswith('"""'), path


def test_no_registry_and_no_path_of_a_machine_is_named() -> None:
    hosts = "|".join(["py" + "pi", "python" + "hosted", "npm" + "js", "yarn" + "pkg"])
    forbidden = re.compile(rf"https?://[^/ ]*({hosts})\.|(^|[^\w./-])/(home|root|work)/")
    for path in tracked():
        if path.suffix in {".py", ".toml", ".txt", ".md", ".yml", ".json", ".jsonl", ".html", ".sh", ""}:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                assert not forbidden.search(line), f"{path}:{number}"


def _pinned(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z0-9,_-]+\])?==([^\s;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", ["runtime.txt", "contract.txt"])
def test_what_runs_is_what_was_tested(lock: str) -> None:
    tested, pinned = _pinned("dev.txt"), _pinned(lock)
    assert len(pinned) > 20
    assert {name: version for name, version in pinned.items() if tested.get(name, version) != version} == {}


def test_every_decision_is_one_page() -> None:
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        assert len(path.read_text("utf-8").splitlines()) <= 60, path
