"""The route class of the pages: the same checks as the API, with failures shown as a page, and sessions.

A session's cookie counts on pages only, never in the API and in frames. A browser sends it with requests that other
sites cause, too, so a change must come from a page of this service: browsers say so in Sec-Fetch-Site or in Origin.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from service.api import problems
from service.api.route import StrictRoute
from service.errors import Forbidden, NotFound, ServiceError
from service.schemas.faults import faults_of
from service.web.html import page
from service.web.session_cookie import session_of

_KIND = {
    401: "A key is needed here",
    404: "Page not found",
    422: "This address cannot be read",
    403: "This is not allowed",
    503: "One moment, please",
}
_SAFE = ("GET", "HEAD")


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


def refuse_other_sites(request: Request) -> None:
    """Raises Forbidden for a change that another site's page asks for."""
    site = request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{request.url.netloc}"
    comes_from_here = site == "same-origin" if site is not None else request.headers.get("origin") == own
    if not comes_from_here:
        raise Forbidden("This form was not sent from a page of this service. Open the page here, and send it again.")


class PageRoute(StrictRoute):
    cache_seconds: int | None = 0
    is_strict = False  # other sites add their own parameters to links
    takes_session = True

    async def admit(self, request: Request) -> None:
        """Raises the errors of `Access.admit`, and Forbidden for a change that does not come from a page of ours."""
        if request.method not in _SAFE:
            refuse_other_sites(request)
        if self.needed is not None:
            session = session_of(request) if self.takes_session else None
            await request.app.state.access.admit(request, self.name, self.needed, session)

    def is_private(self, request: Request) -> bool:
        return self.takes_session and session_of(request) is not None

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def page_or_problem(request: Request) -> Response:
            answer = await answered(request)
            if self.takes_session:
                answer.headers.append("Vary", "Cookie")
            if self.is_private(request) or request.method not in _SAFE:
                answer.headers["Cache-Control"] = "private, no-store"
            return answer

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except ServiceError as error:
                if isinstance(error, NotFound) and (there := moved(request)) is not None:
                    return there
                return failure(request, problems.status_of(error), error.detail, problems.headers_of(error))
            except HTTPException as error:
                return failure(request, error.status_code, str(error.detail))
            except RequestValidationError as error:
                faults = faults_of(error.errors())
                detail = " ".join(f"{fault.pointer.removeprefix('/')}: {fault.detail}" for fault in faults)
                return failure(request, 422, detail)

        return page_or_problem


def failure(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    answer = page(request, "error.html", status, title=_KIND.get(status, "This did not work"), detail=detail)
    answer.headers.update(headers or {})
    return answer


class FrameRoute(PageRoute):
    takes_session = False  # other sites show these pages


class FormRoute(PageRoute):
    """Pages with forms that are posted. Each has an id of its own, so none is kept by a cache."""

    cache_seconds = None
    body_bytes = 262_144

    def is_private(self, request: Request) -> bool:  # noqa: ARG002
        return True


def pages(route_class: type[PageRoute] = PageRoute) -> APIRouter:
    return APIRouter(route_class=route_class, include_in_schema=False)


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
