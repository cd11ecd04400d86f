"""The style sheets, scripts and icons of the pages."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from service.errors import NotFound
from service.web.html import BUILD, HERE

routes = APIRouter(include_in_schema=False)


def _swagger_ui() -> Path:
    """The folder with the files of Swagger UI. The package that carries them is not imported: it changes FastAPI."""
    found = find_spec("fastapi_offline")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "static"


_OURS = HERE / "assets"
_FILES = {
    "explorer.css": (_OURS / "explorer.css", "text/css"),
    "icon.svg": (_OURS / "icon.svg", "image/svg+xml"),
    "docs.css": (_OURS / "docs.css", "text/css"),
    "docs.js": (_OURS / "docs.js", "text/javascript"),
    "swagger-ui.css": (_swagger_ui() / "swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (_swagger_ui() / "swagger-ui-bundle.js", "text/javascript"),
}


@routes.get("/assets/{build}/{name}")
def read_asset(build: str, name: str) -> Response:
    """Returns a file. Its address names the build, so that it can be cached permanently."""
    if name not in _FILES:
        raise NotFound("There is no such file.")
    kept = "public, max-age=31536000, immutable" if build == BUILD else "no-cache"
    return Response(_content(name), headers={"Cache-Control": kept}, media_type=_FILES[name][1])


@cache
def _content(name: str) -> bytes:
    return _FILES[name][0].read_bytes()


@routes.get("/favicon.ico")
def find_icon() -> Response:
    """For programs that look for an icon here and not in the page."""
    return RedirectResponse(f"/assets/{BUILD}/icon.svg", 307)
