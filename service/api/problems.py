"""Turns every failure into problem details: the status of each error, and the format of validation errors.

Responses repeat no input except field names, and never contain messages of a database driver.
"""

import json
from collections.abc import Sequence

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from service.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    RateLimited,
    ServiceError,
    StorageFull,
    TooLarge,
    TooSlow,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from service.schemas.faults import faults_of

log = structlog.get_logger("counterclaim.faults")

MEDIA_TYPE = "application/problem+json"
_MAX_FAULTS = 100
_MAX_LINES = 1_000  # for a file

# status: (code, title)
KINDS: dict[int, tuple[str, str]] = {
    400: ("invalid", "Malformed request"),
    401: ("unauthenticated", "Authentication required"),
    403: ("forbidden", "Permission denied"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Method not allowed"),
    408: ("timeout", "Request timeout"),
    409: ("conflict", "Conflict with stored data"),
    412: ("precondition_failed", "The record has changed"),
    413: ("too_large", "Request too large"),
    415: ("unsupported_media_type", "Unsupported media type"),
    422: ("invalid", "Invalid request"),
    428: ("precondition_required", "Version required"),
    431: ("too_large", "Request headers too large"),
    429: ("rate_limited", "Too many requests"),
    500: ("internal", "Internal error"),
    501: ("not_implemented", "Not implemented"),
    503: ("unavailable", "Service unavailable"),
    507: ("insufficient_storage", "Storage full"),
}
_STATUS: dict[type[ServiceError], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    TooSlow: 408,
    TooLarge: 413,
    Conflict: 409,
    PreconditionRequired: 428,
    PreconditionFailed: 412,
    RateLimited: 429,
    Unimplemented: 501,
    Unavailable: 503,
    StorageFull: 507,
}


def problem(
    request: Request,
    status: int,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    code, title = KINDS[status]
    body = {
        "type": f"/docs/plain#problem-{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": _request_id(request),
        "errors": [
            {"in": f.place, "pointer": f.pointer, "line": f.line, "code": f.code or code, "detail": f.detail}
            for f in faults[: _MAX_LINES if faults and faults[0].place == "file" else _MAX_FAULTS]
        ],
    }
    # ASCII, so that half a surrogate pair in a field's name cannot break the response
    content = json.dumps(body, separators=(",", ":")).encode("ascii")
    return Response(content, status, headers, MEDIA_TYPE)


def _request_id(request: Request) -> str | None:
    found: str | None = request.scope.get("state", {}).get("request_id")
    return found


def install(app: FastAPI) -> None:
    app.add_exception_handler(ServiceError, answer)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def answer(request: Request, error: Exception) -> Response:
    """Returns the problem details of a service error."""
    assert isinstance(error, ServiceError)
    return problem(request, status_of(error), error.detail, error.faults, headers_of(error))


def status_of(error: ServiceError) -> int:
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))


def headers_of(error: ServiceError) -> dict[str, str] | None:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.wait)}
    if isinstance(error, Unavailable):
        return {"Retry-After": "1"}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="counterclaim"'}
    if isinstance(error, TooSlow):
        return {"Connection": "close"}  # the rest of the body may still arrive
    return None


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    faults = faults_of(errors[:_MAX_FAULTS])
    more = f" ({len(faults)} in all)" if len(faults) > 1 else ""
    if len(errors) > _MAX_FAULTS:
        more = f" (the first {len(faults)} of more)"
    return problem(request, 422, f"{faults[0].detail}{more}", faults)


_DETAILS = {
    404: "There is nothing at this address. The addresses are listed at /v1.",
    405: "This address does not take this method.",
    415: "Send the body as JSON, with Content-Type: application/json; a PATCH may be application/merge-patch+json.",
}


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code if error.status_code in KINDS else (422 if error.status_code < 500 else 500)
    detail = _DETAILS.get(status, "The request could not be read.")
    headers = dict(error.headers) if error.headers else {}
    pointer = "/Content-Type"
    if status == 415 and "Accept-Encoding" in headers:
        detail, pointer = "Send the body without a content coding.", "/Content-Encoding"
    elif status == 415 and request.url.path.endswith("/imports"):
        detail = "Send the file itself as the body, not a form around it."
    elif status == 415 and "/reconcile/" in request.url.path:
        detail = "Send a form (Content-Type: application/x-www-form-urlencoded) with the field `queries`."
    faults = [Fault(pointer, detail, place="header")] if status == 415 else []
    if status == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    return problem(request, status, detail, faults, headers)


def _allowed(request: Request) -> list[str]:
    """Returns the methods that the routes at this address accept."""
    path, documented = request.scope["path"], request.app.openapi()["paths"]
    patterns = [path] if path in documented else [pattern for pattern in documented if _fits(pattern, path)]
    found = {method.upper() for pattern in patterns for method in documented[pattern]}
    found = found or {"GET"}  # addresses outside the document (itself and its page) are read-only
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _fits(pattern: str, path: str) -> bool:
    parts, given = pattern.split("/"), path.split("/")
    return len(parts) == len(given) and all(a == b or a.startswith("{") for a, b in zip(parts, given, strict=True))


def unexpected(request: Request, error: Exception) -> Response:
    """Logs an unexpected exception, and returns a 500 response without details."""
    log.error("fault", exc_info=error, request_id=_request_id(request))
    return problem(request, 500, "This is a fault of the service. It has been logged under the request's id.")
