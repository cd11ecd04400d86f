"""The route class of every endpoint: who is calling, then its query parameters, then its body, all before FastAPI."""

from collections.abc import Awaitable, Callable
from inspect import isclass
from typing import Any, get_args, get_origin

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from service.api import response_cache
from service.api.access import may_be_public, needed_role
from service.api.body import parse_body, read_body, received_file
from service.api.responses import problems
from service.domain.vocabulary import Role
from service.errors import Fault, Invalid


class StrictRoute(APIRoute):
    """Asks who is calling (`api/access.py`); refuses unknown query parameters, repeated ones that take one value, and
    bodies that are too large or not exact JSON.
    """

    body_bytes: int | None = None  # the most that is read of a body, where that is less than everywhere
    takes_file = False  # the body is kept in a file
    is_strict = True  # parameters that are not known are refused
    cache_seconds: int | None = None  # for which clients may keep a response of the response cache; None: not cached

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
            self.cache_seconds = None  # records have tags of their own
        if self.cache_seconds is not None:
            response_cache.document(options)
        super().__init__(path, endpoint, **options)
        self.parameters = dict(_query_parameters(self))

    async def admit(self, request: Request) -> None:
        """Raises what `access` refuses a caller with, or Invalid for parameters that there are not."""
        if self.needed is not None:
            await request.app.state.access.admit(request, self.name, self.needed)
        if self.is_strict and request.scope["query_string"]:
            _check_query(request, self.parameters)

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        is_json = self.body_field is not None
        writes = "GET" not in (self.methods or ())

        async def read(request: Request) -> Response:
            await self.admit(request)
            if self.cache_seconds is not None:
                cache: response_cache.ResponseCache = request.app.state.response_cache
                return await cache.respond(request, handle, self.cache_seconds)
            async with request.app.state.turns.reader():
                return await handle(request)

        async def write(request: Request) -> Response:
            await self.admit(request)
            if self.takes_file:
                async with request.app.state.turns.writer(imports=True), received_file(request):
                    return await handle(request)
            await read_body(request, self.body_bytes)
            if is_json:
                parse_body(request)
            async with request.app.state.turns.writer():
                return await handle(request)

        return write if writes else read


def _query_parameters(route: APIRoute) -> list[tuple[str, bool]]:
    """Each query parameter of the route, and whether it may be repeated."""
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
            faults[name] = Fault(pointer, "There is no such parameter here.", place="query")
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
    """A router of strict routes, which read no more of a body than `body_bytes` where that is given; or keep what is
    posted to them in a file. With `cache_seconds`, responses are cached (`api/response_cache.py`).
    """
    own = {"body_bytes": body_bytes, "takes_file": takes_file, "cache_seconds": cache_seconds}
    route_class = type("StrictRoute", (StrictRoute,), own)
    return APIRouter(
        prefix=prefix, route_class=route_class, tags=[tag], generate_unique_id_function=lambda route: route.name
    )
