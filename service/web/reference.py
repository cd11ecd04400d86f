"""The OpenAPI document, and two reference pages made from it: Swagger UI, and a plain page without scripts."""

import base64
import hashlib
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Undefined
from markupsafe import Markup, escape

from service.api.openapi import EXAMPLES, resolved
from service.web.html import BUILD, TEMPLATES
from service.web.samples import samples

_LAST = (
    "search",
    "drafts",
    "imports",
    "exports",
    "reconciliation",
    "subscriptions",
    "keys",
    "service",
    "health",
)  # records come first
_CODE = re.compile(r"`([^`]+)`")
_SCRIPTS = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
routes = APIRouter(include_in_schema=False)


def _code(text: str) -> Markup:
    """Escapes text, and marks up text in backticks as code, and lines that begin with a hyphen as a list."""
    lines = str(escape(text)).split("\n")
    listed = [f"<li>{line[2:]}</li>" if line.startswith("- ") else line for line in lines]
    return Markup(_CODE.sub(r"<code>\1</code>", "\n".join(listed)))


# the document leaves out what it has nothing to say of, so what is missing is empty here
_LENIENT = TEMPLATES.overlay(undefined=Undefined)
_LENIENT.filters = TEMPLATES.filters | {"code": _code}


@routes.get("/openapi.json")
def read_openapi(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


@routes.get("/docs")
def read_docs() -> HTMLResponse:
    page = TEMPLATES.get_template("docs.html").render(build=BUILD)
    policy = f"{_SCRIPTS}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


@routes.get("/docs/plain")
def read_plain_docs(request: Request) -> HTMLResponse:
    document = request.app.openapi()
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for operation in operations_of(document):
        by_tag.setdefault(operation["tags"][0], []).append(operation)
    for tag in _LAST:
        by_tag[tag] = by_tag.pop(tag)
    page = _LENIENT.get_template("reference.html").render(
        document=document, by_tag=by_tag, problems=_problems(request.app.state.problem_kinds)
    )
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations of the document, with what they refer to in place, and with samples."""
    return [
        _shown(document, path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _shown(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    parameters = [resolved(document, one) for one in operation.get("parameters", ())]
    example = EXAMPLES["answers"].get(operation["operationId"], {}).get("path")
    return {
        **operation,
        "path": path,
        "method": method,
        "parameters": parameters,
        "responses": {status: _answer(document, one) for status, one in operation["responses"].items()},
        "samples": samples(method, path, operation, parameters, example),
    }


def _answer(document: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    found = resolved(document, response)
    headers = {name: resolved(document, one) for name, one in found.get("headers", {}).items()}
    return {**found, "headers": headers}


def _problems(kinds: dict[int, tuple[str, str]]) -> dict[str, list[tuple[int, str]]]:
    """The statuses and titles of each code: a code is the target of `Problem.type`, so it occurs once."""
    found: dict[str, list[tuple[int, str]]] = {}
    for status, (code, title) in kinds.items():
        found.setdefault(code, []).append((status, title))
    return found
