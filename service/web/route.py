"""The route class of the pages: the same checks as the API, with failures shown as a page."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from service.api import problems
from service.api.route import StrictRoute
from service.errors import NotFound, ServiceError
from service.schemas.faults import faults_of
from service.web.html import page

_KIND = {
    401: "A key is needed here",
    404: "Page not found",
    422: "This address cannot be read",
    503: "One moment, please",
}


def moved(request: Request) -> Response | None:
    """The redirect of an address to the same one without a slash at its end and in lower case: keys, ids and fixed
    words have no capitals. None if it is written so already. An identifier (`wikidata:Q2112`) stays as it is.
    """
    path = request.url.path
    if request.method not in ("GET", "HEAD") or path.startswith(("//", "/\\")) or path == "/":
        return None
    parts = [part if ":" in part else part.lower() for part in path.rstrip("/").split("/")]
    plain = "/".join(parts)
    if plain == path or not plain or plain.startswith(("//", "/\\")):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{quote(plain)}{query}", 308)


class PageRoute(StrictRoute):
    cache_seconds = 0
    is_strict = False  # other sites add their own parameters to links

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def page_or_problem(request: Request) -> Response:
            try:
                return await handle(request)
            except ServiceError as error:
                if isinstance(error, NotFound) and (there := moved(request)) is not None:
                    return there
                return failure(request, problems.status_of(error), error.detail, problems.headers_of(error))
            except RequestValidationError as error:
                faults = faults_of(error.errors())
                detail = " ".join(f"{fault.pointer.removeprefix('/')}: {fault.detail}" for fault in faults)
                return failure(request, 422, detail)

        return page_or_problem


def failure(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    answer = page(request, "error.html", status, title=_KIND.get(status, "This did not work"), detail=detail)
    answer.headers.update(headers or {})
    return answer


def pages() -> APIRouter:
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def install(app: FastAPI) -> None:
    """Adds a 404 page for browsers; programs get problem details."""
    otherwise: Any = app.exception_handlers[HTTPException]

    async def missing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        asks_for_page = "text/html" in request.headers.get("accept", "")
        if error.status_code == 404 and asks_for_page and not request.url.path.startswith(("/v1", "/health")):
            if (there := moved(request)) is not None:
                return there
            return failure(request, 404, "Perhaps the address is cut off. What is here can be searched from the top.")
        answer: Response = otherwise(request, error)
        return answer

    app.add_exception_handler(HTTPException, missing)
