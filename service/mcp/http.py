"""The tools over HTTP, at `/mcp`: without sessions, one JSON answer a request."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar, copy_context
from typing import Any

from fastapi import Request
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.api import addresses, problems
from service.api.turns import Turns
from service.db.engine import Database
from service.domain.vocabulary import Role
from service.errors import Forbidden, ServiceError
from service.mcp.tools import server

PATH = "/mcp"
_base: ContextVar[str] = ContextVar("base", default="")
_MOST_BYTES = 262_144
_LOCAL = ("localhost", "127.0.0.1", "::1")


class McpEndpoint:
    """Checks who calls as every read does. Hosts are checked by the middleware (`TRUSTED_HOSTS`), and pages of other
    origins are refused unless the settings allow them.
    """

    def __init__(self, database: Database, turns: Callable[[], Turns], origins: list[str]) -> None:
        async def run(work: Callable[[], CallToolResult]) -> CallToolResult:
            context = copy_context()  # with the address of the service, which threads do not see by themselves
            return await turns().run(lambda: context.run(work))

        made = server(lambda: database, run, _base.get)
        self.origins = origins
        made.streamable_http_app(
            json_response=True,
            stateless_http=True,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=_MOST_BYTES,
        )
        self.manager = made.session_manager

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method != "POST":  # there are no sessions to listen to or to end
            refusal = problems.problem(
                request, 405, "Send a POST: the tools have no sessions.", headers={"Allow": "POST"}
            )
            await refusal(scope, receive, send)
            return
        try:
            self._refuse_other_origins(request)
            await request.app.state.access.admit(request, "mcp", Role.READER)
        except ServiceError as error:
            answer: Any = problems.answer(request, error)
            await answer(scope, receive, send)
            return
        token = _base.set(addresses.base(request))
        try:
            await self.manager.handle_request(scope, receive, send)
        finally:
            _base.reset(token)

    def _refuse_other_origins(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is None or {"*", origin} & set(self.origins):
            return
        # over plain HTTP, another site's name could have been made to lead here
        is_safe = request.url.scheme == "https" or request.url.hostname in _LOCAL
        if origin != addresses.base(request) or not is_safe:
            raise Forbidden("Pages of this origin may not call the tools.")

    @property
    def route(self) -> Route:
        return Route(PATH, self, name="mcp")
