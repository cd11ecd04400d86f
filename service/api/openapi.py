"""The OpenAPI document: FastAPI's, with descriptions, examples, problem details, and what is repeated as components."""

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.api.problems import KINDS
from service.domain import vocabulary
from service.schemas import descriptions
from service.schemas.problem import Problem

Json = dict[str, Any]

DESCRIPTION = """\
Who said which number, where, about what, and how the number was made. The service keeps bounds, scope, basis and
provenance, and computes only what follows from them: where sources disagree and by how much at least, and how what was
reported compares with what was estimated. It never picks a winner.

Wherever a record is named, its id or its key serves. Stated numbers are exact decimal strings; computed ones are JSON
numbers. Changing a record needs `If-Match` with its ETag.

Writing needs an API key, sent as `Authorization: Bearer ccl_…`; reading needs one only where the operator says so.
"""
CONTACT = {"name": "The developers of Counterclaim"}
TAGS = {
    "claims": "Claims: in this source, this claimant says this about this subject.",
    "comparisons": "Reported against estimated, and two quantities against each other.",
    "disagreements": "Where sources exclude each other, widest first.",
    "figures": "Figures: the numbers inside claims.",
    "sources": "Sources: documents and recorded occasions in which claims are found.",
    "entities": "Entities: what claims are about, and who makes them.",
    "metrics": "Metrics: kinds of quantities, each with one unit.",
    "disputes": "Disputes: who contests a claim or a figure, and why.",
    "equations": "Equations: metrics as products of others, scopes as sums of their parts.",
    "consistency": "Whether what is stated fits what follows from equations.",
    "propositions": "Propositions: statements that claims support or deny.",
    "positions": "Which claimants agree, and which conflict.",
    "charts": "Charts as SVG, PNG and Vega-Lite.",
    "tables": "Flat tables for dashboards and data frames.",
    "changes": "Every change that was made, in order.",
    "facets": "Which values occur, and how often.",
    "subscriptions": "Webhooks: changes of the database, sent to an address.",
    "reconciliation": "Names of spreadsheets found here, as OpenRefine asks.",
    "search": "Search in all records.",
    "drafts": "Figures read from free text.",
    "imports": "Files in: CSV, workbooks, JSON lines, ClaimReview.",
    "exports": "Files out, which can be imported again.",
    "keys": "API keys and what they may do.",
    "service": "The entry point and the vocabularies.",
    "health": "Whether the service runs.",
}


def _title(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.replace("_", "-").split("-"))


_PROBLEMS = {str(status): _title(code) for status, (code, _) in KINDS.items()}
# requests that the demo accepts and answers that it gives (tests/contract/test_examples.py), by operation
EXAMPLES: Json = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}}}


def document(app: FastAPI) -> Json:
    """Returns the OpenAPI document of the application. It is made once."""
    if app.openapi_schema is None:
        # a copy: FastAPI puts the dictionaries of the routes themselves into it
        made = deepcopy(get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes))
        made["info"]["contact"] = CONTACT
        made["servers"] = [{"url": "/"}]
        made["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
        made["components"] |= {
            "schemas": _schemas(made["components"]["schemas"]),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: `ccl_<id>_<secret>`."}
            },
        }
        _tidy(made)
        for operation in _operations(made):
            _complete(operation)
        _share(made)
        app.openapi_schema = made
    return app.openapi_schema


def _operations(made: Json) -> Iterator[Json]:
    return (operation for methods in made["paths"].values() for operation in methods.values())


def resolved(made: Json, part: Json) -> Json:
    """The component, if the part refers to one."""
    if "$ref" not in part:
        return part
    _, _, kind, name = part["$ref"].split("/")
    found: Json = made["components"][kind][name]
    return found


# Descriptions --------------------------------------------------------------------------------------------------------


def _schemas(schemas: Json) -> Json:
    """The schemas, with ours for problems in place of FastAPI's, and with descriptions."""
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    for name, schema in schemas.items():
        for field, its in schema.get("properties", {}).items():
            if "description" not in its and (text := descriptions.of_field(name, field)):
                its["description"] = text
        if "enum" in schema and (words := _meanings(name)):
            schema["description"] = words
    return dict(sorted(schemas.items()))


def _meanings(name: str) -> str | None:
    """The words of a vocabulary with their meanings, as a list in Markdown."""
    words = getattr(vocabulary, name, None)
    if words is None or not any(word.meaning for word in words):
        return None
    return "\n".join(f"- `{word.value}`: {word.meaning}" for word in words)


def _tidy(part: Any) -> None:
    """Removes the titles that Pydantic makes of names: `Created At` says no more than `created_at`. Names the words of
    a sort for generators, which would call `-created_at` VALUE_1.
    """
    if isinstance(part, list):
        for one in part:
            _tidy(one)
    elif isinstance(part, dict):
        part.pop("itemSchema", None)  # of OpenAPI 3.2, and this document is of 3.1
        if isinstance(part.get("title"), str) and ("type" in part or "anyOf" in part or "$ref" in part):
            del part["title"]
        words = part.get("enum")
        if isinstance(words, list) and any(str(word).startswith("-") for word in words):
            names = [word.removeprefix("-").upper() + ("_DESCENDING" if word[0] == "-" else "") for word in words]
            part["x-enum-varnames"] = names
        for one in part.values():
            _tidy(one)


def _complete(operation: Json) -> None:
    """Adds the descriptions of parameters, and the headers of refusals."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "If-Match":  # FastAPI cannot know it: a change without it gets its own response (428)
            parameter |= {"required": True, "schema": {"type": "string", "pattern": r'^"[0-9]{1,9}-[0-9a-f]{16}"$'}}
        place = operation["operationId"], parameter["in"], parameter["name"]
        if "description" not in parameter and (text := descriptions.of_parameter(*place)):
            parameter["description"] = text
    for status in {"429", "503"} & set(operation["responses"]):
        operation["responses"][status]["headers"] = deepcopy(_RETRY_AFTER)
    _give_examples(operation)


def _give_examples(operation: Json) -> None:
    request = EXAMPLES["requests"].get(operation["operationId"])
    if request is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = request
    answered = EXAMPLES["answers"].get(operation["operationId"])
    if answered is not None:
        operation["responses"]["200"]["content"]["application/json"]["example"] = answered["answer"]


# Components ----------------------------------------------------------------------------------------------------------


def _share(made: Json) -> None:
    """Moves parameters, responses and headers that occur more than once to the components."""
    components = made["components"]
    operations = list(_operations(made))
    headers = [
        (response["headers"], name, name)
        for operation in operations
        for response in operation["responses"].values()
        for name in response.get("headers", {})
    ]
    components["headers"] = _shared("headers", headers)
    components["responses"] = _shared(
        "responses",
        [
            (operation["responses"], status, "NotModified" if status == "304" else _PROBLEMS[status])
            for operation in operations
            for status in operation["responses"]
            if status >= "300"
        ],
    )
    components["parameters"] = _shared(
        "parameters",
        [
            (operation["parameters"], index, _title(parameter["name"]), _title(operation["tags"][0]))
            for operation in operations
            for index, parameter in enumerate(operation.get("parameters", ()))
        ],
    )


def _shared(kind: str, places: list[Any]) -> Json:
    """Moves values that occur more than once to the components, and puts references in their places. A place is a
    holder, an index, a name, and perhaps a prefix for names with several values. Returns the components.
    """
    texts = [json.dumps(holder[index], sort_keys=True) for holder, index, *_ in places]
    counts = Counter(texts)
    names: dict[str, str] = {}
    made: Json = {}
    for text, (holder, index, name, *prefix) in zip(texts, places, strict=True):
        if counts[text] == 1:
            continue
        if text not in names:
            free = (one for one in (name, "".join([*prefix, name]), *_numbered(name)) if one not in made)
            names[text] = next(free)
            made[names[text]] = holder[index]
        holder[index] = {"$ref": f"#/components/{kind}/{names[text]}"}
    return dict(sorted(made.items()))


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}{number}" for number in range(2, 100))
