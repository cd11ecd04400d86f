"""The OpenAPI document, and a reference page generated from it: plain HTML, no scripts, no external assets."""

import base64
import hashlib
import re
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape

_LAST = ("search", "drafts", "imports", "exports", "keys", "service", "health")  # records come first
_CODE = re.compile(r"`([^`]+)`")
routes = APIRouter(include_in_schema=False)
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)


def _marked(text: str) -> Markup:
    """Escapes text, and marks up text in backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


_TEMPLATES.filters["marked"] = _marked


@routes.get("/openapi.json")
def read_openapi(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


@routes.get("/docs")
def read_docs(request: Request) -> HTMLResponse:
    document = request.app.openapi()
    by_tag: dict[str, list[dict[str, object]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append({"path": path, "method": method.upper(), **operation})
    for tag in _LAST:
        by_tag[tag] = by_tag.pop(tag)
    page = _TEMPLATES.get_template("reference.html").render(
        document=document, by_tag=by_tag, problems=request.app.state.problem_kinds
    )
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})
