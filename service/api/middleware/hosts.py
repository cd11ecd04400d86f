"""Refuses requests for other host names: a browser may have been sent here under a false name (DNS rebinding)."""

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import problem

_FOR_OPERATORS = ("/health/", "/metrics")  # requested by the machine's own address


class TrustedHosts:
    """`names` are host names, or `*.` and a domain. Starlette's own middleware responds in plain text."""

    def __init__(self, app: ASGIApp, names: list[str]) -> None:
        self.app = app
        self.names = {name.lower() for name in names if not name.startswith("*.")}
        self.suffixes = tuple(name[1:].lower() for name in names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(_FOR_OPERATORS) and not self._is_ours(scope):
            refusal = problem(Request(scope), 400, "The service does not go by this host name.")
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        host = _name(given[0]).lower() if len(given) == 1 else ""
        return host in self.names or host.endswith(self.suffixes)


def _name(host: str) -> str:
    """Returns the host without the port."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
