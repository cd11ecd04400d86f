"""The route class of every endpoint. It checks the caller, the query parameters and the body before FastAPI does."""

from collections.abc import Awaitable, Callable
from inspect import isclass
from typing import Any, get_args, get_origin

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from service.api import response_cache
from service.api.access import READS_BY_POST, STORES_NOTHING, may_be_public, needed_role
from service.api.body import parse_body, read_body, received_file
from service.api.dependencies import sees_names
from service.api.responses import problems
from service.db.engine import READ_ONLY
from service.domain.vocabulary import Role
from service.errors import Fault, Forbidden, Invalid


class StrictRoute(APIRoute):
    """Authenticates the caller (`api/access.py`). Refuses unknown query parameters, repeated ones that take one value,
    and bodies that are too large or not strict JSON.
    """

    body_bytes: int | None = None  # the limit of a body, if lower than the general one
    takes_file = False  # the body is stored in a file
    is_strict = True  # unknown parameters are refused
    cache_seconds: int | None = None  # how long clients may keep a cached response; None: not cached

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.needed = needed_role(endpoint.__name__, set(options["methods"]))
        if self.needed is None:
            options["openapi_extra"] = {"security": []}
        else:
            refusals = (401, 429) if self.needed is Role.READER else (401, 403, 429)
            options["responses"] = problems(*refusals) | (options.get("responses") or {})
            public = may_be_public(endpoint.__name__, self.needed)
            security: list[dict[str, list[str]]] = [{}, {"key": []}] if public else [{"key": []}]
            options["openapi_extra"] = {"security": security, **(options.get("openapi_extra") or {})}
        if 304 in (options.get("responses") or {}) or "GET" not in options["methods"]:
            self.cache_seconds = None  # records have their own ETags
        if self.cache_seconds is not None:
            response_cache.document(options)
        super().__init__(path, endpoint, **options)
        self.shows_names = any(one.call is sees_names for one in self.dependant.dependencies)
        self.parameters = dict(_query_parameters(self))

    async def admit(self, request: Request) -> None:
        """Raises the errors of `Access.admit`, or Invalid for unknown or repeated parameters."""
        if self.needed is not None:
            await request.app.state.access.admit(request, self.name, self.needed)
        if self.is_strict and request.scope["query_string"]:
            _check_query(request, self.parameters)

    def is_private(self, request: Request) -> bool:  # noqa: ARG002
        """Whether the answer is for one person only, and not kept by the response cache."""
        return False

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        is_json = self.body_field is not None
        writes = "GET" not in (self.methods or ())
        stores = writes and self.name not in STORES_NOTHING | READS_BY_POST

        async def read(request: Request) -> Response:
            await self.admit(request)
            if self.cache_seconds is not None and not self.is_private(request):
                cache: response_cache.ResponseCache = request.app.state.response_cache
                audience = "names" if self.shows_names and sees_names(request) else ""
                return await cache.respond(request, handle, self.cache_seconds, audience)
            async with request.app.state.turns.reader():
                return await handle(request)

        async def write(request: Request) -> Response:
            if stores and request.app.state.database.read_only:
                raise Forbidden(READ_ONLY)
            await self.admit(request)
            if self.takes_file:
                async with request.app.state.turns.writer(imports=True), received_file(request):
                    return await handle(request)
            await read_body(request, self.body_bytes)
            if is_json:
                await parse_body(request)
            turns = request.app.state.turns
            async with turns.writer() if stores else turns.reader():
                return await handle(request)

        return write if writes else read


def _query_parameters(route: APIRoute) -> list[tuple[str, bool]]:
    """Returns the name of each query parameter of the route, and whether it may be repeated."""
    found = []
    for dependant in (route.dependant, *route.dependant.dependencies):
        for parameter in dependant.query_params:
            annotation = parameter.field_info.annotation
            if isclass(annotation) and issubclass(annotation, BaseModel):
                found += [(name, _is_list(field.annotation)) for name, field in annotation.model_fields.items()]
            else:
                found.append((parameter.alias, _is_list(annotation)))
    return found


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(part) for part in get_args(annotation))


def _check_query(request: Request, known: dict[str, bool]) -> None:
    faults: dict[str, Fault] = {}
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        pointer = f"/{name[:100]}"
        if name not in known:
            faults[name] = Fault(pointer, "Unknown parameter.", place="query")
        elif name in seen and not known[name]:
            faults[name] = Fault(pointer, "This parameter is given twice.", place="query")
        seen.add(name)
    if faults:
        every = list(faults.values())
        raise Invalid(every[0].detail, every)


def router(
    tag: str,
    body_bytes: int | None = None,
    *,
    takes_file: bool = False,
    cache_seconds: int | None = None,
    prefix: str = "/v1",
) -> APIRouter:
    """Returns a router of strict routes. `body_bytes` lowers the limit of bodies; `takes_file` stores them in a file.
    With `cache_seconds`, responses are cached (`api/response_cache.py`).
    """
    own = {"body_bytes": body_bytes, "takes_file": takes_file, "cache_seconds": cache_seconds}
    route_class = type("StrictRoute", (StrictRoute,), own)
    return APIRouter(
        prefix=prefix, route_class=route_class, tags=[tag], generate_unique_id_function=lambda route: route.name
    )
