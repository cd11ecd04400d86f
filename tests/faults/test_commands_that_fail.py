"""Whatever fails, a command ends with a sentence and an exit code, and never with a traceback."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from service.cli.main import DEMO
from tests.commands import COUNTERCLAIM, run

FILE_LIMIT = 60_000  # bytes
LIMITED = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); {1}"
COMMAND = "from service.cli.main import main; sys.argv = ['counterclaim', *sys.argv[1:]]; main()"


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'c.db'}"
    assert run("migrate", "--database-url", made).returncode == 0
    return made


def assert_said(code: int, stderr: str, expected: str) -> None:
    assert code == 1, stderr
    assert expected in stderr, stderr
    assert "Traceback" not in stderr
    assert len(stderr.splitlines()) <= 4, stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["load", "{demo}", "--database-url", "sqlite:///{folder}/nothing.db"], "does not exist"),
        (["load", "{demo}", "--database-url", "sqlite:///{folder}"], "cannot be opened"),
        (["load", "{demo}", "--database-url", "sqlite:////dev/null/x.db"], "does not exist"),
        (["migrate", "--database-url", "sqlite:////dev/null/x.db"], "File exists"),
        (["migrate", "--database-url", "mysql://x"], "must begin with sqlite:/// or postgresql://"),
        (["migrate", "--database-url", "sqlite:///{demo}"], "not a database"),
        (["key", "list", "--database-url", "postgresql://nobody@127.0.0.1:1/x"], "does not answer"),
        (["load", "{folder}/f.csv", "--map", "{folder}"], "Is a directory"),
        (["backup", "{folder}/nowhere/b", "--database-url", "{url}"], "no such folder"),
        (["backup", "/dev/full", "--database-url", "{url}"], "is there already"),
        (["restore", "{folder}/f.csv", "--database-url", "sqlite:///{folder}/r.db"], "cannot be read"),
        (["serve", "--read-only", "--demo", "--database-url", "{url}"], "neither migrated nor filled"),
        (["serve", "--read-only", "--database-url", "sqlite:///{folder}/nothing.db"], "does not exist"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else None,
)
def test_a_command_says_what_is_wrong(tmp_path: Path, url: str, arguments: list[str], expected: str) -> None:
    (tmp_path / "f.csv").write_text("subject,metric,value,unit,source_title\nS,M,1,USD,T\n")
    filled = [part.format(demo=DEMO, folder=tmp_path, url=url) for part in arguments]
    ended = run(*filled)
    assert_said(ended.returncode, ended.stderr, expected)


def limited(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, where no file may grow beyond a limit: a write fails as on a full disk."""
    code = LIMITED.format(FILE_LIMIT, COMMAND)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_backup_on_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, url: str) -> None:
    ended = limited("backup", str(tmp_path / "b"), "--database-url", url)
    assert_said(ended.returncode, ended.stderr, "")
    assert not list(tmp_path.glob("b*"))


def test_a_load_on_a_full_disk_says_so(tmp_path: Path, url: str) -> None:
    ended = limited("load", str(DEMO), "--database-url", url)
    assert_said(ended.returncode, ended.stderr, "")
    assert run("load", str(DEMO), "--database-url", url).returncode == 0


def test_an_interrupted_load_says_what_is_in_and_goes_on(tmp_path: Path, url: str) -> None:
    lines = [{"type": "entity", "key": f"e-{n}", "kind": "person", "name": f"E {n}"} for n in range(40_000)]
    file = tmp_path / "f.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    command = [COUNTERCLAIM, "load", "--mode", "partial", str(file), "--database-url", url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as loading:
        with closing(sqlite3.connect(tmp_path / "c.db", timeout=20)) as beside:
            for _ in range(3_000):
                time.sleep(0.01)
                if beside.execute("SELECT count(*) FROM entity").fetchone() != (0,):
                    break  # the first batch is in, and many are left
        os.kill(loading.pid, signal.SIGINT)
        _, said = loading.communicate(timeout=60)
    assert loading.returncode == 130, said
    assert "was interrupted: the first" in said
    assert "load it again to go on" in said
    again = run("load", "--mode", "partial", str(file), "--database-url", url)
    assert again.returncode == 0
    assert "unchanged" in again.stderr


def test_a_fault_of_the_program_is_a_sentence_too(url: str) -> None:
    broken = "import service.store.operations.keys as k; k.every = None; " + COMMAND
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; {broken}", "key", "list", "--database-url", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 70
    assert "failed unexpectedly" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(os.name != "posix", reason="rights of files")
def test_a_key_file_that_others_can_read_is_warned_about(tmp_path: Path, url: str) -> None:
    file = tmp_path / "key"
    file.write_text("ccl_" + "0" * 32 + "_" + "1" * 64)
    for rights, warned in ((0o644, True), (0o600, False)):
        file.chmod(rights)
        environment = {**os.environ, "COUNTERCLAIM_BOOTSTRAP_KEY_FILE": str(file)}
        command = [COUNTERCLAIM, "serve", "--port", "0", "--database-url", url]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as serving:
            assert serving.stderr is not None
            first = serving.stderr.readline()
            serving.terminate()
        assert ("others than its owner can read it" in first) == warned
