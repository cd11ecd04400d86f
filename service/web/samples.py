"""Samples of requests in curl, Python and TypeScript, made from the OpenAPI document. They work on the demo."""

import json
from collections.abc import Mapping, Sequence
from pprint import pformat
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

Operation = Mapping[str, Any]

# what path parameters name in the samples, by the word before them
_REFS = {
    "claims": "r1-06",
    "comparisons": "deepseek-r1.training-cost.on-top-of-base",
    "figures": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f",
    "sources": "deepseek-r1-nature",
    "entities": "deepseek",
    "metrics": "training-cost",
    "scopes": "full",
    "disputes": "glenn-corrects-table",
    "equations": "training-cost-of-gpu-hours",
    "propositions": "deepseek-distilled-openai",
    "consistency": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f",
    "subscriptions": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f",
    "deliveries": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f",
    "keys": "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f",
    "tables": "figures",
}
_QUERIES = {
    "compare_between": {"left": "deepseek-r1.training-cost.on-top-of-base", "right": "deepseek-v3.training-cost.full"},
    "list_facets": {"field": "basis"},
    "read_position_matrix": {"subject": "deepseek"},
    "search_records": {"q": "R1 294000"},
    "import_file": {"format": "csv"},
}
_FORMS = {"queries": '{"q0": {"query": "OpenAI", "limit": 3}}'}
_REASON = {"reason": "entered twice"}
_ETAG = '"1-0f1e2d3c4b5a6978"'


class Sample(NamedTuple):
    language: str
    code: str


class _Request(NamedTuple):
    method: str
    template: str
    references: dict[str, str]  # of the path
    query: dict[str, Any]
    has_etag: bool
    body: Any  # None: none
    is_file: bool
    needs_key: bool
    is_stream: bool
    form: dict[str, str]

    @property
    def path(self) -> str:
        path = self.template
        for name, value in self.references.items():
            path = path.replace(f"{{{name}}}", value)
        return path


def samples(
    method: str, path: str, operation: Operation, parameters: Sequence[Operation], example: str | None
) -> list[Sample]:
    """The samples of an operation. `parameters` are resolved; `example` is a request path that the demo answers."""
    request = _request(method, path, operation, parameters, example)
    return [
        Sample("curl", _curl(request)),
        Sample("Python", _python(request)),
        Sample("TypeScript", _typescript(request)),
    ]


def _request(
    method: str, path: str, operation: Operation, parameters: Sequence[Operation], example: str | None
) -> _Request:
    references, before = {}, ""
    given = urlsplit(example).path.split("/") if example else []
    for index, part in enumerate(path.split("/")):
        if part.startswith("{"):
            references[part[1:-1]] = given[index] if given else _REFS[before]
        before = part
    schemas = {parameter["name"]: parameter["schema"] for parameter in parameters}
    asked = dict(parse_qsl(urlsplit(example).query)) if example else _QUERIES.get(operation["operationId"], {})
    if "reason" in schemas:
        asked = _REASON
    query = {name: _typed(text, schemas[name]) for name, text in asked.items()}
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("example", {}) if "application/json" in content else None
    needs_key = {} not in operation["security"] and operation["security"] != []
    form = _FORMS if "application/x-www-form-urlencoded" in content else {}
    is_stream = "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    is_file = "application/octet-stream" in content
    return _Request(method, path, references, query, "If-Match" in schemas, body, is_file, needs_key, is_stream, form)


def _typed(text: str, schema: Operation) -> Any:
    if schema.get("type") == "array":
        return [text]
    return int(text) if schema.get("type") == "integer" else text


def _curl(request: _Request) -> str:
    query = f"?{urlencode(request.query, doseq=True)}" if request.query else ""
    parts = [f'curl {"-sN" if request.is_stream else "-s"} "$URL{request.path}{query}"']
    if request.method != "GET":
        parts[0] = parts[0].replace("curl -s", f"curl -s -X {request.method}")
    if request.needs_key:
        parts[0] += ' -H "Authorization: Bearer $KEY"'
    if request.has_etag:
        parts.append(f"-H 'If-Match: {_ETAG}'")
    for name, text in request.form.items():
        parts.append(f"--data-urlencode '{name}={text}'")
    if request.is_file:
        parts.append("--data-binary @figures.csv")
    elif request.body is not None:
        body = json.dumps(request.body, indent=2, ensure_ascii=False).replace("'", "'\\''")
        parts.append(f"-H 'Content-Type: application/json' -d '{body}'")
    return " \\\n  ".join(parts)


def _python(request: _Request) -> str:
    if request.is_stream:
        lines = f'with client.stream("GET", "{request.path}", timeout=None) as answer:'
        return f"{lines}\n    for line in answer.iter_lines():\n        print(line)"
    arguments = [f'"{request.path}"']
    if request.query:
        arguments.append(f"params={request.query!r}")
    if request.has_etag:
        arguments.append(f"headers={{'If-Match': {_ETAG!r}}}")
    if request.form:
        arguments.append(f"data={request.form!r}")
    if request.is_file:
        arguments.append('content=open("figures.csv", "rb").read()')
    elif request.body is not None:
        arguments.append(f"json={pformat(request.body, width=100, sort_dicts=False)}")
    return f"answer = client.{request.method.lower()}({', '.join(arguments)})\nanswer.raise_for_status()"


def _typescript(request: _Request) -> str:
    params: dict[str, Any] = {}
    if request.references:
        params["path"] = request.references
    if request.query:
        params["query"] = request.query
    if request.has_etag:
        params["header"] = {"If-Match": _ETAG}
    options: dict[str, Any] = {"params": params} if params else {}
    if request.body is not None:
        options["body"] = request.body
    if request.is_stream:
        return f'const events = new EventSource("{request.path}");\nevents.addEventListener("change", console.log);'
    if request.form:
        form = f"body: {json.dumps(request.form)}, bodySerializer: (body) => new URLSearchParams(body)"
        return f'const answer = await client.{request.method}("{request.template}", {{ {form} }});'
    given = f", {json.dumps(options, indent=2, ensure_ascii=False)}" if options else ""
    return f'const answer = await client.{request.method}("{request.template}"{given});'
