"""The examples of the OpenAPI document are real: each request is accepted by the demo, and each answer is the demo's.

After a change that is meant: python -m tests.contract.test_examples
"""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.api.openapi import EXAMPLES
from service.app import create_app
from service.cli.main import DEMO
from service.config import AppSettings
from service.db import migrate
from service.store.operations import keys
from service.store.operations.database_setup import open_database
from tests.support import ADMIN, Api, Json, load_demo

_VARIES = [
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "id"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"), "time"),
    (re.compile(r'"next_cursor": "[^"]+"'), '"next_cursor": ""'),
]
_RECORDS = {
    ("source", "deepseek-r1-nature"): "create_source",
    ("entity", "deepseek"): "create_entity",
    ("metric", "training-time"): "create_metric",
    ("claim", "r1-06"): "create_claim",
    ("dispute", "glenn-corrects-table"): "create_dispute",
    ("equation", "training-cost-of-gpu-hours"): "create_equation",
    ("proposition", "deepseek-distilled-openai-on-purpose"): "create_proposition",
}
_ADDED: dict[str, Json] = {
    "create_scope": {"key": "pre-training", "name": "Pre-training", "part_of": "full"},
    "create_figure": {
        "claim": "r1-06",
        "metric": "gpu-hours",
        "scope": "on-top-of-base",
        "basis": "reported",
        "stated_as": "147K",
        "unit": "GPU.hour",
    },
    "create_subscription": {
        "url": "https://receiver.example/hook",
        "kinds": ["comparison"],
        "subjects": ["deepseek-r1"],
    },
    "create_key": {"name": "Ana's notebook", "role": "contributor"},
    "read_drafts": {"text": "DeepSeek said that R1 cost $294,000; others speak of more than $500 million."},
    "draft_source": {"doi": "10.1038/s41586-025-09422-z"},
    "amend_claim": {"locator": "Supplement, section 2.4.4, table 7", "notes": None},
}
_PATHS = {
    "create_scope": "/v1/metrics/training-cost/scopes",
    "read_drafts": "/v1/drafts",
    "draft_source": "/v1/drafts/source",
    "amend_claim": "/v1/claims/r1-06",
}
_ASKED = {
    "read_source": "/v1/sources/deepseek-r1-nature",
    "read_entity": "/v1/entities/deepseek",
    "read_metric": "/v1/metrics/training-time",
    "read_scope": "/v1/metrics/training-cost/scopes/full",
    "read_claim": "/v1/claims/r1-06",
    "read_dispute": "/v1/disputes/glenn-corrects-table",
    "list_claims": "/v1/claims?subject=gemini-ultra&limit=1",
    "list_figures": "/v1/figures?subject=deepseek-r1&metric=training-time&limit=1",
    "list_comparisons": "/v1/comparisons?subject=deepseek-r1&sort=-gap&limit=1",
    "list_disagreements": "/v1/disagreements?limit=1",
    "read_equation": "/v1/equations/training-cost-of-stages",
    "list_consistency": "/v1/consistency?subject=deepseek-v3&equation=training-cost-of-stages",
    "read_proposition": "/v1/propositions/deepseek-distilled-openai",
    "read_proposition_stances": "/v1/propositions/deepseek-relied-on-distillation/stances",
    "read_entity_positions": "/v1/entities/openai/positions",
    "read_comparison": "/v1/comparisons/gemini-ultra.training-cost",
    "compare_between": "/v1/comparisons/between?left=deepseek-r1.training-cost.on-top-of-base"
    "&right=deepseek-v3.training-cost.full&left_side=reported&right_side=reported",
    "search_records": "/v1/search?q=R1+294000&limit=2",
    "list_changes": "/v1/changes?kind=dispute&limit=1",
    "table_figures": "/v1/tables/figures.json?subject=gemini-ultra&limit=1",
    "list_facets": "/v1/facets?field=basis",
}


def made(client: TestClient) -> Json:
    """The examples as the demo gives them."""
    lines = [json.loads(line) for line in DEMO.read_text("utf-8").splitlines()]
    requests = {}
    for line in lines:
        operation = _RECORDS.get((line.pop("type"), line.get("key", "")))
        if operation is not None:
            requests[operation] = {{"dispute_type": "type"}.get(name, name): value for name, value in line.items()}
    answers = {}
    for operation, path in _ASKED.items():
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        answers[operation] = {"path": path, "answer": answer.json()}
    return {"requests": requests | _ADDED, "answers": answers}


def plain(answer: Any) -> Any:
    """The answer without what differs from one database to the next."""
    text = json.dumps(answer, ensure_ascii=False, sort_keys=True)
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    return json.loads(text)  # PostgreSQL writes 294000, SQLite 294000.0


@pytest.mark.parametrize("operation", [*EXAMPLES["requests"]])
def test_a_request_of_the_document_is_accepted(demo: Api, operation: str) -> None:
    body = EXAMPLES["requests"][operation]
    path = _PATHS.get(operation, f"/v1/{operation.removeprefix('create_').replace('entity', 'entitie')}s")
    if operation == "amend_claim":
        demo.patch(path.removeprefix("/v1"), body)
        return
    answer = demo.client.post(path, json=body)
    # a lookup asks servers elsewhere, and is off by default
    assert answer.status_code in ((501,) if operation == "draft_source" else (200, 201)), answer.text


@pytest.mark.parametrize("operation", [*EXAMPLES["answers"]])
def test_an_answer_of_the_document_is_what_the_demo_gives(demo: Api, operation: str) -> None:
    example = EXAMPLES["answers"][operation]
    assert plain(demo.client.get(example["path"]).json()) == plain(example["answer"])


def test_every_create_has_an_example(demo: Api) -> None:
    document = demo.client.get("/openapi.json").json()
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert {name for name in names if name.startswith("create_")} <= set(EXAMPLES["requests"])
    assert {*EXAMPLES["requests"], *EXAMPLES["answers"]} <= set(names)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/demo.db")
        migrate.upgrade(database)
        load_demo(database)
        with database.writer.begin() as connection:
            keys.create_first(connection, ADMIN)
        app = create_app(AppSettings(database_url="sqlite://"), database)
        with TestClient(app, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
            found = made(client)
    Path("service/api/examples.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
