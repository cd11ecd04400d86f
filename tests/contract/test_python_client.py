"""A Python client, generated from the document as anybody would, does what clients do."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.support import ADMIN, Api

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("python") / "client"
    command = [str(BIN / "openapi-python-client"), "generate", "--path", str(ROOT / "openapi.json")]
    command += ["--config", str(Path(__file__).with_name("python-client.yaml"))]
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}  # it formats with ruff
    done = subprocess.run(
        [*command, "--output-path", str(folder), "--fail-on-warning"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield folder / "counterclaim_client"
    sys.path.remove(str(folder))


def test_no_model_is_named_by_accident(generated: Path) -> None:
    names = [path.stem for path in (generated / "models").glob("*.py")]
    assert "claim_create" in names
    for name in names:
        assert not any(part in name for part in ("type_", "_input", "_output", "value1", "response_")), name
        assert not name[-1].isdigit(), name


def test_no_word_is_named_by_accident(generated: Path) -> None:
    assert not [path for path in generated.rglob("*.py") if re.search(r"\bVALUE_[0-9]", path.read_text("utf-8"))]


def test_every_operation_is_there(generated: Path, document: dict[str, Any]) -> None:
    made = {path.stem for path in (generated / "api").rglob("*.py")}
    assert {o["operationId"] for methods in document["paths"].values() for o in methods.values()} <= made


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.client.get("/openapi.json").json()
    return found


def test_a_walk_through_the_service(generated: Path, demo: Api) -> None:  # noqa: PLR0915 - one walk
    from counterclaim_client import AuthenticatedClient, models, types  # noqa: PLC0415 - it is generated above
    from counterclaim_client.api.claims import amend_claim, create_claim, list_claims, read_claim  # noqa: PLC0415
    from counterclaim_client.api.comparisons import read_comparison  # noqa: PLC0415
    from counterclaim_client.api.disputes import create_dispute  # noqa: PLC0415
    from counterclaim_client.api.entities import create_entity  # noqa: PLC0415
    from counterclaim_client.api.exports import export_figures, export_records  # noqa: PLC0415
    from counterclaim_client.api.imports import import_file  # noqa: PLC0415
    from counterclaim_client.api.sources import create_source  # noqa: PLC0415

    with AuthenticatedClient(str(demo.client.base_url), str(ADMIN)) as client:
        body = models.SourceCreate(key="memo", kind=models.SourceKind.FILING, title="A memo")
        source = create_source.sync(client=client, body=body)
        again = create_source.sync_detailed(client=client, body=body)
        assert isinstance(source, models.Source)
        assert (again.status_code, again.parsed) == (200, source)
        entity = create_entity.sync(
            client=client, body=models.EntityCreate(key="rival", kind=models.EntityKind.ORGANIZATION, name="Rival")
        )
        assert isinstance(entity, models.Entity)
        figure = models.FigureFields(
            metric="training-cost",
            scope="on-top-of-base",
            basis=models.Basis.ESTIMATED,
            qualifier=models.Qualifier.MORE_THAN,
            lower="2000000",
            unit="USD",
        )
        claim = create_claim.sync(
            client=client,
            body=models.ClaimCreate(
                source="memo", claimant="rival", subject="deepseek-r1", statement="It cost more.", figures=[figure]
            ),
        )
        assert isinstance(claim, models.Claim)
        assert (claim.figures[0].lower, claim.figures[0].interval.text) == ("2000000", "more than $2,000,000")
        dispute = create_dispute.sync(
            client=client,
            body=models.DisputeCreate(
                disputed_claim=str(claim.id), raised_by="deepseek", type_=models.DisputeType.METHOD, rationale="No."
            ),
        )
        assert isinstance(dispute, models.Dispute)

        seen: list[str] = []
        cursor = None
        while True:
            page = list_claims.sync(client=client, limit=20, cursor=cursor)
            assert isinstance(page, models.ClaimPage)
            seen += [str(item.id) for item in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 90

        read = read_claim.sync_detailed(str(claim.id), client=client)
        patch = models.ClaimPatch(quote="two million", locator=None)
        changed = amend_claim.sync(str(claim.id), client=client, body=patch, if_match=read.headers["ETag"])
        assert isinstance(changed, models.Claim)
        assert (changed.version, changed.quote) == (2, "two million")
        stale = amend_claim.sync_detailed(str(claim.id), client=client, body=patch, if_match=read.headers["ETag"])
        assert isinstance(stale.parsed, models.Problem)
        assert (stale.status_code, stale.parsed.code) == (412, "precondition_failed")

        comparison = read_comparison.sync("deepseek-r1.training-cost.on-top-of-base", client=client)
        assert isinstance(comparison, models.Comparison)
        assert comparison.verdict == "estimates_higher"
        assert comparison.dispute_count == 2
        refused = create_source.sync(client=client, body=models.SourceCreate(kind=models.SourceKind.BOOK, title=" "))
        assert isinstance(refused, models.Problem)
        assert [error.pointer for error in refused.errors] == ["/title"]

        exported = export_records.sync_detailed(client=client).content
        result = import_file.sync(
            client=client, body=types.File(BytesIO(exported)), format_=models.ImportFormat.JSONL, dry_run=True
        )
        assert isinstance(result, models.ImportResult)
        assert (result.counts.claim.created, result.counts.claim.unchanged) == (0, 90)
        table = export_figures.sync_detailed(client=client, subject=["deepseek-r1"]).content.decode()
        assert table.startswith("subject,metric,scope,value,")
