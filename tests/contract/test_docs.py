"""What the documents show was really answered: their requests are made, and their answers held to what comes back."""

import itertools
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from service.config import AppSettings
from service.domain.vocabulary import Role
from tests.support import ADMIN, Api

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PICTURES = sorted((ROOT / "docs" / "images").glob("*.svg"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
BASE = "http://127.0.0.1:8000"


def examples(path: Path) -> list[tuple[str, Any]]:
    """Each curl command of a document with the answer that it shows next."""
    blocks = BLOCK.findall(path.read_text("utf-8"))
    return [
        (text, json.loads(answer))
        for (kind, text), (next_kind, answer) in itertools.pairwise(blocks)
        if kind == "sh" and text.startswith("curl") and next_kind == "json"
    ]


def holds(shown: Any, real: Any) -> bool:
    """Whether everything shown is really there; objects may be shortened, and lists shown as they are."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(name in real and holds(v, real[name]) for name, v in shown.items())
    if isinstance(shown, list):
        return isinstance(real, list) and len(shown) == len(real) and all(map(holds, shown, real))
    return bool(shown == real)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_request_shown_has_the_answer_shown(demo: Api, path: Path) -> None:
    for command, shown in examples(path):
        words = shlex.split(command)
        address = next(word for word in words if word.startswith(BASE)).removeprefix(BASE)
        if "-d" in words:
            body = words[words.index("-d") + 1]
            given = [words[index + 1] for index, word in enumerate(words) if word == "-H"]
            headers = dict(line.replace("$KEY", str(ADMIN)).split(": ", 1) for line in given)
            answer = demo.client.post(address, content=body, headers=headers)
        else:
            answer = demo.client.get(address)
        assert answer.is_success, answer.text
        assert holds(shown, answer.json()), json.dumps(answer.json(), indent=1)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_every_picture_is_the_chart_that_the_service_draws(demo: Api, path: Path) -> None:
    """A picture is named after its comparison. To renew it, save the answer of this address without the line that says
    where and when it was drawn.
    """
    drawn = demo.client.get(f"/v1/comparisons/{path.stem}/chart.svg").text
    lines = [line for line in drawn.split("\n") if 'class="quiet origin"' not in line]
    assert "\n".join(lines) == path.read_text("utf-8")


def test_the_readme_opens_with_a_picture() -> None:
    opening = (ROOT / "README.md").read_text("utf-8").split("##")[0]
    assert any(path.relative_to(ROOT).as_posix() in opening for path in PICTURES)


def test_the_readme_shows_at_least_its_first_comparison() -> None:
    assert len(examples(ROOT / "README.md")) == 3


@pytest.mark.parametrize("path", [*DOCUMENTS, *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name)
def test_every_link_and_file_named_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    for link in LINK.findall(text):
        assert (path.parent / link).exists(), link
    for file in re.findall(r"`((?:api|analysis|store|db|schemas|domain|transfer|web)/\w+\.py)`", text):
        assert (ROOT / "service" / file).is_file(), file
    for file in re.findall(r"`((?:fixtures|tests|docs|migrations)/[\w./-]*)`", text):
        assert (ROOT / file).exists(), file


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_data_frames_of_the_document_are_read(
    demo: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("URL", str(demo.client.base_url).rstrip("/"))
    blocks = BLOCK.findall((ROOT / "docs" / "data-frames.md").read_text("utf-8"))
    code = "\n".join(text for kind, text in blocks if kind == "python")
    exec(compile(code, "data-frames.md", "exec"), {})
    pandas_said, polars_said, duckdb_said = capsys.readouterr().out.splitlines()[-3:]
    assert int(pandas_said.split()[0]) > 70
    assert polars_said.startswith("Decimal(precision=38, scale=18)")
    assert duckdb_said.startswith("1600000000")


def settings_table() -> list[str]:
    """Each setting as a row of docs/operations.md."""
    return [f"| `{name.upper()}` | {shown(field.default)} | {field.description} |" for name, field in FIELDS.items()]


def shown(default: object) -> str:
    if default is None or default == []:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{','.join(default) if isinstance(default, list) else default}`"


FIELDS = AppSettings.model_fields


def test_the_table_of_settings_is_that_of_the_service() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `")] == settings_table()


@pytest.mark.parametrize("role", Role)
def test_every_role_is_explained(role: Role) -> None:
    assert f"\n| {role} |" in (ROOT / "docs" / "operations.md").read_text("utf-8")
