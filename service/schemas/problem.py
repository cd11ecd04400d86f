"""RFC 9457 problem details: the format of every error response."""

from typing import Literal

from pydantic import Field

from service.schemas.base import View

ProblemCode = Literal[
    "invalid",
    "not_found",
    "conflict",
    "precondition_required",
    "precondition_failed",
    "unauthenticated",
    "forbidden",
    "timeout",
    "method_not_allowed",
    "unsupported_media_type",
    "too_large",
    "rate_limited",
    "unavailable",
    "insufficient_storage",
    "internal",
    "not_implemented",
]


class ProblemError(View):
    """One error and its location: a JSON pointer into the body, or `/name` of a parameter."""

    place: Literal["body", "query", "path", "header", "file"] = Field(alias="in")
    pointer: str
    line: int | None
    code: str
    detail: str


class Problem(View):
    type: str
    title: str
    status: int
    detail: str
    code: ProblemCode
    request_id: str | None
    errors: list[ProblemError]
