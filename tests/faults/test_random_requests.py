"""Schemathesis: thousands of requests made from the OpenAPI document, against a served demo."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.databases import Templates
from tests.faults.served import AUTHORIZED, Amount, Served

HERE = Path(__file__).parent
# the same parameters of the same functions, in another form
_ASKED_ALREADY = r"tables/\w+\.csv|\.vl\.json|s/chart\.svg|(sources|entities|metrics|figures)/\{ref\}/history"
_NEVER_ENDS = "/changes/stream"
SCHEMATHESIS = str(Path(sys.executable).with_name("st"))


def test_whatever_the_document_allows_is_answered_as_it_says(
    kind: str, templates: Templates, tmp_path: Path, amount: Amount
) -> None:
    """Examples, coverage, fuzzing and stateful sequences, with all checks: no server error, no breach of contract."""
    each = amount(2 if kind == "sqlite" else 1, 120)
    with Served(templates.clone(kind, demo=True), tmp_path) as served:
        command = [SCHEMATHESIS, "--config-file", str(HERE / "schemathesis.toml"), "run", f"{served.url}/openapi.json"]
        command += ["--header", f"Authorization: {AUTHORIZED['Authorization']}", "--max-examples", str(each)]
        left_out = [_NEVER_ENDS] if amount.long else [_NEVER_ENDS, _ASKED_ALREADY]
        command += ["--exclude-path-regex", "|".join(left_out)]
        command += ["--continue-on-failure", "--no-color", "--checks", "all"]
        if not amount.long:
            command += ["--seed", "1"]
            if kind == "postgres":  # what covers each parameter is asked of one database
                command += ["--phases", "examples,fuzzing,stateful"]
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
        generated = re.search(r"(\d+) generated", run.stdout)
        assert generated is not None, run.stdout
        assert int(generated[1]) >= amount(1_000 if kind == "sqlite" else 100, 10_000), run.stdout
        assert "fault" not in served.log
