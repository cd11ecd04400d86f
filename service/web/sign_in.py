"""Signing in with an API key, once, and out again."""

import ipaddress
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from service.api.form_fields import Fields
from service.db.engine import Author, Connection
from service.domain.access import parse_token
from service.errors import Forbidden, Unauthenticated
from service.schemas.pages import SignInQuery
from service.store.operations import sessions
from service.web import session_cookie
from service.web.html import page
from service.web.route import FormRoute, pages

routes = pages(FormRoute)
_NEEDS_HTTPS = "Signing in needs HTTPS: over a plain connection others could read the key. Ask the operator for it."


@routes.get("/sign-in")
def show_sign_in(request: Request, query: Annotated[SignInQuery, Query()]) -> Response:
    return _shown(request, query.next)


@routes.post("/sign-in")
async def sign_in(request: Request, fields: Fields) -> Response:
    """Begins a session, and ends the one before: nobody else can have chosen its id."""
    if _is_plain(request):
        raise Forbidden(_NEEDS_HTTPS)
    there = _path(fields.get("next", "/"))
    try:
        principal = await request.app.state.access.principal_of(request, parse_token(fields.get("key", "").strip()))
    except Unauthenticated as error:
        return _shown(request, there, error.detail, 401)
    request.app.state.access.limits.count_write(principal.id)
    database, before = request.app.state.database, session_cookie.session_of(request)

    def begin(connection: Connection) -> str:
        if before is not None:
            sessions.end(connection, before)
        return sessions.begin(connection, principal.id)

    by = Author(principal.id, principal.name, request.state.request_id, principal.role)
    session_id = await run_in_threadpool(database.write, begin, by)
    answer = RedirectResponse(there, 303)
    session_cookie.keep(answer, session_id)
    return answer


@routes.post("/sign-out")
def sign_out(request: Request) -> Response:
    database, session = request.app.state.database, session_cookie.session_of(request)
    if session is not None:
        with database.read() as connection:
            stands = sessions.stands(connection, session)
        if stands:
            database.write(lambda connection: sessions.end(connection, session))
    answer = RedirectResponse("/", 303)
    session_cookie.forget(answer)
    return answer


def _shown(request: Request, there: str, problem: str | None = None, status: int = 200) -> Response:
    refusal = _NEEDS_HTTPS if _is_plain(request) else None
    return page(request, "sign_in.html", status, has_form=True, there=_path(there), problem=problem, refusal=refusal)


def _is_plain(request: Request) -> bool:
    """Whether others could read what is sent: without encryption, and not to this machine itself."""
    host = request.url.hostname or ""
    if request.url.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def is_own_path(text: str) -> bool:
    """Whether this is a path of this service: `//` and `/\\` begin another host."""
    return text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and text.isascii()


def _path(text: str) -> str:
    """The path to go to after signing in."""
    return text if is_own_path(text) else "/"
