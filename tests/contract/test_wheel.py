"""The package as it is installed: built, installed into an empty environment, and used in an empty folder."""

import os
import site
import socket
import subprocess
import sys
import time
import venv
from pathlib import Path

import httpx
import pytest

from service.db.revisions import head_revision
from tests.commands import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment with the wheel and, from this environment, what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    (packages,) = (folder / "venv" / "lib").glob("*/site-packages")
    # what an entry of a .pth file has in .pth files of its own is not read: the checkout stays unknown
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    return python.with_name("counterclaim")


def test_every_command_of_the_wheel_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERCLAIM_")}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(installed), *arguments], cwd=empty, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    where = "import service.resources as r; print(r.__file__)"
    found = subprocess.run(
        [str(installed.with_name("python")), "-c", where], cwd=empty, capture_output=True, text=True, check=True
    )
    assert str(installed.parents[1]) in found.stdout
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    serve = [str(installed), "serve", "--demo", "--port", str(port)]
    process = subprocess.Popen(serve, cwd=empty, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(300):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.05)
        assert httpx.get(f"http://127.0.0.1:{port}/v1/comparisons/gpt-4.training-cost").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/").headers["content-type"].startswith("text/html")
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert head_revision() in run("migrate")
    assert run("recompute").startswith("0 ")
    assert "changed" in run("load", str(ROOT / "fixtures" / "ai-training-costs.jsonl"))
    assert run("key", "create", "--name", "me").startswith("ccl_")
    assert "me" in run("key", "list")
    assert "revoked" in run("key", "revoke", "me")
    assert "verified" in run("backup", "copy.db")
    assert "restored" in run("restore", "copy.db", "--database-url", "sqlite:///again.db")
