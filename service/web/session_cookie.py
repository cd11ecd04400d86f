"""The cookie that names a session. `__Host-` keeps it to this host, `Secure` to HTTPS and to the machine itself."""

from fastapi import Request, Response

from service.store.operations.sessions import LIFE

NAME = "__Host-session"
_LENGTH = 64
_SECURITY = "Path=/; Secure; HttpOnly; SameSite=Lax"


def session_of(request: Request) -> str | None:
    """The session that the request's cookie names, if any."""
    found = request.cookies.get(NAME)
    return found if found is not None and len(found) == _LENGTH else None


def keep(response: Response, session_id: str) -> None:
    response.headers.append("Set-Cookie", f"{NAME}={session_id}; {_SECURITY}; Max-Age={int(LIFE.total_seconds())}")


def forget(response: Response) -> None:
    response.headers.append("Set-Cookie", f"{NAME}=; {_SECURITY}; Max-Age=0")
