"""Node and what the contract needs of it, installed once a run; tests that need it are skipped where there is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "typescript"
NPM = shutil.which("npm")
needs_node = pytest.mark.skipif(NPM is None, reason="Node is not installed here")


def run(*command: str, cwd: Path) -> str:
    """What the command prints. Fails with all that it said."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def installed(folder: Path) -> Path:
    """The folder of the TypeScript parts with its packages, copied to `folder` so that the tree stays as it is."""
    target = folder / "typescript"
    shutil.copytree(HERE, target, ignore=shutil.ignore_patterns("node_modules"))
    assert NPM is not None
    run(NPM, "ci", "--silent", cwd=target)
    return target


def tool(folder: Path, name: str) -> str:
    return str(folder / "node_modules" / ".bin" / (f"{name}.cmd" if os.name == "nt" else name))
