"""Reads, straight to their functions.

FastAPI asks each route in turn whether it is the one, and works out anew for each request what the route's function
wants. A read wants no more than its parameters and the database: so it is found here in one step, its parameters are
read by FastAPI's own analysis of the function, and it is run and answered in one go in a thread. What is not plainly
right, and every other route, goes FastAPI's way, whose errors say what is wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from inspect import isclass, iscoroutinefunction, signature
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.utils import request_params_to_args
from pydantic import BaseModel, ValidationError
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api import deps, polling
from service.api.router import StrictRoute
from service.errors import ServiceError

_Place = tuple[int, str]  # of a path: how many slashes it has, and its second part
_QUERY, _HEADER = "query", "header"


class _Call:
    """How to call the function of a route."""

    def __init__(self, route: StrictRoute) -> None:
        self.route = route
        self.function: Callable[..., Any] = route.endpoint
        self.wants = route.dependant
        self.headers = [field.alias for field in self.wants.header_params]
        self.otherwise: dict[str, Any] = {}
        self.settled = set()
        for kind, fields in ((_QUERY, self.wants.query_params), (_HEADER, self.wants.header_params)):
            values, errors = request_params_to_args(fields, {})
            if not errors:
                self.otherwise |= values
                self.settled.add(kind)
        self.query = _query_model(route)
        fields = self.wants.path_params
        self.is_any_text = all(f.field_info.annotation is str and not f.field_info.metadata for f in fields)
        self.databases = [str(dependency.name) for dependency in self.wants.dependencies]

    @staticmethod
    def suits(route: StrictRoute) -> bool:
        wants = route.dependant
        answers = signature(route.endpoint).return_annotation
        return (
            type(route).get_route_handler is StrictRoute.get_route_handler
            and all(dependency.call is deps.database for dependency in wants.dependencies)
            and not (wants.cookie_params or wants.body_params or wants.response_param_name)
            and not iscoroutinefunction(route.endpoint)
            and isclass(answers)
            and issubclass(answers, (Response, BaseModel))
        )

    def arguments(self, request: Request, path_params: dict[str, str]) -> dict[str, Any] | None:
        """None where a parameter is not as it should be."""
        given: dict[str, Any] = dict(self.otherwise)
        if self.wants.request_param_name:
            given[self.wants.request_param_name] = request
        if self.is_any_text:
            given |= path_params
        if self.query is not None and request.scope["query_string"]:
            read = self._read_query(request, *self.query)
            if read is None:
                return None
            given |= read
        for fields, source in self._sent(request, path_params):
            values, errors = request_params_to_args(fields, source)
            if errors:
                return None
            given |= values
        return given

    def _sent(self, request: Request, path_params: dict[str, str]) -> Iterator[tuple[Any, Any]]:
        """Parameters that need a look: where none of a kind is sent, all have the values that they have otherwise."""
        if path_params and not self.is_any_text:
            yield self.wants.path_params, path_params
        if _QUERY not in self.settled or (request.scope["query_string"] and self.query is None):
            yield self.wants.query_params, request.query_params
        if _HEADER not in self.settled or any(name in request.headers for name in self.headers):
            yield self.wants.header_params, request.headers

    def _read_query(self, request: Request, name: str, model: type[BaseModel]) -> dict[str, Any] | None:
        """What was sent alone: FastAPI looks for each of the twenty parameters that a list takes."""
        sent: dict[str, Any] = {}
        for parameter, value in request.query_params.multi_items():
            if self.route.parameters[parameter]:
                sent.setdefault(parameter, []).append(value)
            else:
                sent[parameter] = value
        try:
            return {name: model.model_validate(sent)}
        except ValidationError:
            return None

    def run(self, request: Request, arguments: dict[str, Any]) -> Response:
        database = deps.reading(request)

        def make() -> Response:
            return _written(self.function(**arguments, **dict.fromkeys(self.databases, database)))

        return make() if self.route.kept is None else polling.answer_kept(request, make, self.route.kept)


_Found = tuple[Route, _Call | None]


class Direct:
    """`routes` are all routes of the application in their order: the first that fits is the one, as everywhere."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.exact: dict[str, _Found] = {}
        self.by_place: dict[_Place, list[_Found]] = {}
        for route in routes:
            if isinstance(route, Route) and "GET" in (route.methods or ()):
                self._add(route)

    def _add(self, route: Route) -> None:
        found = route, _Call(route) if isinstance(route, StrictRoute) and _Call.suits(route) else None
        if route.param_convertors:
            self.by_place.setdefault(_place(route.path), []).append(found)
        else:
            self.exact.setdefault(route.path, found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            answer = await self._answer(scope, Request(scope, receive))
            if answer is not None:
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, request: Request) -> Response | None:
        call, path_params = self._find(get_route_path(scope))
        if call is None:
            return None
        scope["route"] = call.route
        try:
            await call.route.admit(request)
            arguments = call.arguments(request, path_params)
            return None if arguments is None else await request.app.state.crew.run(call.run, request, arguments)
        except ServiceError as error:
            handler: Any = request.app.exception_handlers[ServiceError]
            told: Response = handler(request, error)
            return told

    def _find(self, path: str) -> tuple[_Call | None, dict[str, str]]:
        if path in self.exact:
            return self.exact[path][1], {}
        for route, call in self.by_place.get(_place(path), ()):
            fits = route.path_regex.match(path)
            if fits:
                return call, fits.groupdict()
        return None, {}


def _query_model(route: StrictRoute) -> tuple[str, type[BaseModel]] | None:
    """The one model that has all parameters of a query, and its name, where all that are sent are known to be its."""
    fields = route.dependant.query_params
    if len(fields) != 1 or not route.is_strict:
        return None
    model = fields[0].field_info.annotation
    return (fields[0].name, model) if isclass(model) and issubclass(model, BaseModel) else None


def _place(path: str) -> _Place:
    parts = path.split("/", 3)
    return path.count("/"), parts[2] if len(parts) > 2 else ""


def _written(found: Response | BaseModel) -> Response:
    if isinstance(found, Response):
        return found
    return Response(found.model_dump_json(by_alias=True), media_type="application/json")
