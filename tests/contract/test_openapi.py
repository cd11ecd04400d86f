"""The OpenAPI document: committed, plain, and held to the application."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI

from service.api.openapi import resolved
from service.app import create_app
from service.config import AppSettings
from service.domain import vocabulary
from service.schemas.descriptions import FIELDS, PARAMETERS
from tests.support import ADMIN, Api

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "openapi.json"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(AppSettings(database_url=f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'x.db'}"))


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_field_and_parameter_is_described(document: dict[str, Any]) -> None:
    bare = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, its in schema.get("properties", {}).items()
        if not its.get("description")
    ]
    bare += [
        f"{operation['operationId']}.{parameter['name']}"
        for _, _, operation in operations(document)
        for parameter in (resolved(document, one) for one in operation.get("parameters", ()))
        if not parameter.get("description")
    ]
    assert bare == []


def test_every_word_of_a_vocabulary_has_its_meaning(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if (words := getattr(vocabulary, name, None)) is not None and any(word.meaning for word in words):
            assert all(f"`{word}`: {word.meaning}" in schema["description"] for word in words), name


def test_no_description_is_unused(document: dict[str, Any]) -> None:
    fields = {f"{n}.{f}" for n, s in document["components"]["schemas"].items() for f in s.get("properties", {})}
    names = {field.partition(".")[2] for field in fields}
    unused = [one for one in FIELDS if one not in fields | names and not one.endswith("*")]
    assert unused == []
    described = {
        resolved(document, one)["name"]
        for _, _, operation in operations(document)
        for one in operation.get("parameters", ())
    }
    assert [one for one in PARAMETERS if one.rpartition(".")[2] not in described] == []


def test_the_committed_document_is_that_of_the_application(document: dict[str, Any]) -> None:
    """After a change that is meant: python -m tests.contract.test_openapi"""
    assert json.loads(COMMITTED.read_text("utf-8")) == json.loads(json.dumps(document))


def test_the_document_is_the_same_whenever_it_is_made(app: FastAPI, document: dict[str, Any]) -> None:
    before, app.openapi_schema = json.dumps(document), None
    assert json.dumps(app.openapi()) == before


def test_no_component_is_named_by_accident(document: dict[str, Any]) -> None:
    for name in document["components"]["schemas"]:
        assert name.isidentifier(), name
        assert name[0].isupper(), name
        assert not name.endswith(("-Input", "-Output", "1", "_")), name


def test_there_is_one_type_of_decimal_and_it_is_a_string(document: dict[str, Any]) -> None:
    decimals = [n for n, s in document["components"]["schemas"].items() if "exact decimal" in s.get("description", "")]
    assert decimals == ["DecimalText"]
    assert document["components"]["schemas"]["DecimalText"]["type"] == "string"


def test_every_operation_has_one_tag_a_plain_name_and_its_failures(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(document):
        assert len(operation["tags"]) == 1, path
        assert operation["description"], operation["operationId"]
        assert operation["operationId"].isidentifier()
        answers = operation["responses"]
        if path not in ("/v1", "/health/live"):
            assert {"422", "503"} <= set(answers) or path.startswith("/health"), (path, method)
        for status, answer in answers.items():
            if int(status) >= 400:
                assert list(resolved(document, answer)["content"]) == ["application/problem+json"], (path, status)


def test_every_answer_says_what_it_holds(document: dict[str, Any]) -> None:
    """What has no schema, generated clients drop."""
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status not in ("204", "304"):
                (content,) = resolved(document, answer)["content"].values()
                assert content["schema"], (path, method, status)


def test_every_field_of_an_answer_is_required(document: dict[str, Any]) -> None:
    for name in ("Claim", "Figure", "Source", "Comparison", "Disagreement", "ClaimPage", "Problem", "Between"):
        schema = document["components"]["schemas"][name]
        assert set(schema["required"]) == set(schema["properties"]), name


def test_a_patch_requires_nothing(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Patch"):
            assert "required" not in schema, name
            assert schema["additionalProperties"] is False


def schema_of(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation["responses"].get("200", {}).get("content", {})
    schema: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return schema


def test_answers_are_of_the_shape_that_the_document_promises(demo: Api, document: dict[str, Any]) -> None:
    refs = {
        "sources": "deepseek-r1-nature", "entities": "deepseek", "metrics": "training-cost", "claims": "r1-12",
        "disputes": "glenn-corrects-table", "comparisons": "deepseek-r1.training-cost.on-top-of-base",
        "figures": demo.get("/claims/r1-12")["figures"][0]["id"],
        "equations": "training-cost-of-stages", "propositions": "deepseek-distilled-openai",
    }  # fmt: skip
    required = {
        "between": {"left": "gpt-4.training-cost", "right": "gemini-ultra.training-cost"},
        "search": {"q": "r1"},
        "positions": {"subject": "deepseek"},
        "facets": {"field": "basis"},
    }
    hook = {"url": "https://receiver.example/hook"}
    subscription = demo.post("/subscriptions", hook)["id"]
    ids = {"subscriptions": subscription, "consistency": demo.get("/consistency")["items"][0]["id"]}
    checked = 0
    for path, method, operation in operations(document):
        if method != "get" or path.endswith("/stream"):
            continue
        noun = path.split("/")[2] if path.count("/") > 1 else ""
        address = (
            path.replace("{ref}", refs.get(noun, ""))
            .replace("{id}", ids.get(noun, ADMIN.id))
            .replace("{scope}", "full")
            .replace("{table}", "figures")
        )
        params = required.get(path.removeprefix("/v1/"), required.get(path.rsplit("/", 1)[-1]))
        answer = demo.client.get(address, params=params, headers={"Authorization": f"Bearer {ADMIN}"})
        assert answer.status_code == 200, address
        if not answer.headers["content-type"].startswith("application/json"):
            assert answer.headers["content-type"].partition(";")[0] in operation["responses"]["200"]["content"]
            continue
        schema = schema_of(document, operation)
        assert schema is not None, address
        whole = {**schema, "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer.json())
        checked += 1
    assert checked == 62


def test_a_problem_is_of_the_shape_that_the_document_promises(api: Api, document: dict[str, Any]) -> None:
    answer = api.client.post("/v1/sources", json={"title": 5})
    whole = {**document["components"]["schemas"]["Problem"], "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer.json())


if __name__ == "__main__":
    made = create_app(AppSettings(database_url="sqlite:///var/openapi.db")).openapi()
    COMMITTED.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
