"""A Java client is generated without a warning, and has every model and operation. Part of `dev.py contract`."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
is_here = shutil.which("java") is not None and importlib.util.find_spec("openapi_generator_cli") is not None
pytestmark = pytest.mark.skipif(not is_here, reason="needs Java and openapi-generator-cli: python3 dev.py contract")


def test_a_java_client_is_generated(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("openapi-generator-cli")), "generate", "-g", "java"]
    done = subprocess.run(
        [*command, "-i", str(ROOT / "openapi.json"), "-o", str(tmp_path), "--additional-properties=library=native"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    source = tmp_path / "src" / "main" / "java" / "org" / "openapitools" / "client"
    models = {path.stem for path in (source / "model").glob("*.java")}
    assert {"Claim", "ClaimCreate", "ClaimPatch", "Comparison", "Problem", "ImportResult"} <= models
    assert not [name for name in models if name.endswith(("Input", "Output", "1", "Inner1"))]
    claims = (source / "api" / "ClaimsApi.java").read_text("utf-8")
    for operation in ("createClaim", "amendClaim", "listClaims", "readClaim", "withdrawClaim"):
        assert f" {operation}(" in claims
