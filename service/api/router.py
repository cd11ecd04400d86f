"""The route class of every endpoint: strict about bodies and query parameters before FastAPI reads them."""

from collections.abc import Awaitable, Callable
from inspect import isclass
from typing import Any, get_args, get_origin

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from service.api.body import read_json
from service.errors import Fault, Invalid


class StrictRoute(APIRoute):
    """Refuses unknown query parameters, repeated ones that take one value, and bodies that are not exact JSON."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        known = dict(_query_parameters(self))
        reads_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            _check_query(request, known)
            if reads_body:
                await read_json(request)
            return await handle(request)

        return strict


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


def router(tag: str) -> APIRouter:
    return APIRouter(route_class=StrictRoute, tags=[tag])
