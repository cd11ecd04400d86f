"""The document passes its linter, and a TypeScript client with types made from it does what clients do."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from service.web.reference import operations_of
from tests.contract.node import installed, needs_node, run, tool
from tests.support import ADMIN, Api

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [needs_node, pytest.mark.xdist_group("node")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = installed(tmp_path_factory.mktemp("node"))
    run(
        tool(made, "openapi-typescript"),
        str(ROOT / "openapi.json"),
        "-o",
        "api.d.ts",
        "--default-non-nullable=false",
        cwd=made,
    )
    return made


def test_the_document_passes_the_linter(folder: Path) -> None:
    run(
        tool(folder, "redocly"),
        "lint",
        "--config",
        str(folder / "redocly.yaml"),
        str(ROOT / "openapi.json"),
        cwd=folder,
    )


def test_the_samples_of_the_reference_are_typed(folder: Path) -> None:
    document = json.loads((ROOT / "openapi.json").read_text("utf-8"))
    head = [
        'import createClient from "openapi-fetch";',
        'import type { paths } from "./api.js";',
        'export const client = createClient<paths>({ baseUrl: "http://localhost" });',
    ]
    codes = [one["samples"][-1].code for one in operations_of(document) if "imports" not in one["path"]]
    (folder / "samples.ts").write_text("\n".join([*head, *(f"{{ {code} }}" for code in codes)]), "utf-8")
    options = ["--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "nodenext"]
    run(tool(folder, "tsc"), *options, "samples.ts", cwd=folder)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_walk_through_the_service(folder: Path, demo: Api) -> None:
    run(tool(folder, "tsc"), "--project", "tsconfig.json", "--outDir", "made", cwd=folder)
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(folder / "made" / "walk.js"), str(demo.client.base_url), str(ADMIN)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "walked\n", done.stderr
