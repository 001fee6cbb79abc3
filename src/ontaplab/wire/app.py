"""The resources as one ASGI application.

What is not simulated, a path or a method, answers with an error that says so.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, unquote_plus

from pydantic_core import to_json
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from ontaplab.clock import Clock
from ontaplab.errors import OntapError, not_simulated
from ontaplab.wire.access import Admit, Caller
from ontaplab.wire.body import read_object
from ontaplab.wire.calls import Calls
from ontaplab.wire.dispatch import ByFirstSegments
from ontaplab.wire.parameters import Parameters, read_parameters, read_query
from ontaplab.wire.reading import instance, render_collection, render_instance
from ontaplab.wire.resource import Request, Resource
from ontaplab.wire.writing import Answer, Write

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE")
_PARAMETER = re.compile(r"\{([\w.]+)\}")

Endpoint = Callable[[HttpRequest], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Extra:
    """A route under `/api` that is no collection of records. `path` is Starlette's; errors may be raised."""

    path: str
    methods: tuple[str, ...]
    endpoint: Endpoint


def build_app(
    resources: Sequence[Resource[Any]],
    *,
    clock: Clock,
    admit: Admit,
    operator: Callable[[HttpRequest], object],
    extra: Sequence[Extra] = (),
    lab: Sequence[Route] = (),
    mounts: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """The application: `/api`, the lab's own `/lab`, and `mounts`, which see to their own authentication.

    `operator` raises OntapError 6 where whoever asks may not set up experiments.
    """
    api = _Api(clock, admit, Calls())
    routes: list[BaseRoute] = [*mounts]
    routes += [_lab_route(each, operator) for each in (*api.calls.routes(), *lab)]
    routes.append(_lab_route(Route("/lab/{rest:path}", _no_such_path, methods=list(_METHODS)), operator))
    routes += [api.route(each.path, each.methods, each.endpoint) for each in extra]
    for resource in resources:
        routes += api.resource_routes(resource)
    routes.append(api.route("/{rest:path}", _METHODS, _no_such_path))
    return _Normalised(Router(routes=[ByFirstSegments(routes)]))


def list_routes(resources: Sequence[Resource[Any]], extra: Sequence[Extra] = ()) -> list[tuple[str, str]]:
    """What is simulated: each path below `/api` with its methods, sorted."""
    rows = {each.path: " ".join(each.methods) for each in extra}
    for resource in resources:
        rows[resource.path] = " ".join(resource.methods)
        if not resource.is_one_path:
            rows[resource.instance_path] = " ".join(m for m in resource.methods if m != "POST")
    return sorted(rows.items())


class _Api:
    """Turns resources into routes: counts, authenticates, answers errors."""

    def __init__(self, clock: Clock, admit: Admit, calls: Calls) -> None:
        self._clock = clock
        self._admit = admit
        self.calls = calls

    def resource_routes(self, resource: Resource[Any]) -> list[Route]:
        methods = resource.methods
        if resource.singleton:
            return [self.route(resource.path, methods, self._on_instance(resource))]
        if resource.listed_only:
            return [self.route(resource.path, methods, self._on_collection(resource))]
        below = tuple(method for method in methods if method != "POST")
        return [
            self.route(resource.path, methods, self._on_collection(resource)),
            self.route(_instance_route(resource), below, self._on_instance(resource)),
        ]

    def route(self, path: str, methods: Sequence[str], endpoint: Endpoint) -> Route:
        async def answer(http: HttpRequest) -> Response:
            self.calls.count(http, path if path != "/{rest:path}" else _path(http))
            try:
                http.state.caller = self._admit(http)
                if http.method == "OPTIONS":
                    return Response(headers={"Allow": ", ".join((*methods, "HEAD", "OPTIONS"))})
                if http.method not in (*methods, "HEAD"):
                    raise not_simulated(f"{http.method} {_path(http)}", status=405)
                return await endpoint(http)
            except OntapError as error:
                return error_response(error)

        return _route("/api" + _PARAMETER.sub(_starlette_parameter, path), answer)

    def _on_collection(self, resource: Resource[Any]) -> Endpoint:
        async def endpoint(http: HttpRequest) -> Response:
            request, parameters = understand(resource, http)
            if http.method in ("GET", "HEAD"):
                return hal(render_collection(resource, request, parameters, query_of(http)))
            write = Write(resource, request, parameters, self._clock)
            raw = await read_object(http)
            match http.method:
                case "POST":
                    return _written(await write.post(raw))
                case "PATCH":
                    return _written(await write.patch_all(raw))
            return _written(await write.delete_all(raw))

        return endpoint

    def _on_instance(self, resource: Resource[Any]) -> Endpoint:
        async def endpoint(http: HttpRequest) -> Response:
            request, parameters = understand(resource, http)
            if http.method in ("GET", "HEAD"):
                return hal(render_instance(resource, request, instance(resource, request), parameters))
            write = Write(resource, request, parameters, self._clock)
            if http.method == "PATCH":
                return _written(await write.patch(await read_object(http)))
            return _written(await _with_flags_of_body(write, await read_object(http)).delete())

        return endpoint


def _lab_route(route: Route, operator: Callable[[HttpRequest], object]) -> Route:
    """That route for those who may set up experiments; other methods are answered as other paths are."""

    async def answer(http: HttpRequest) -> Response:
        try:
            operator(http)
            if http.method not in (route.methods or ()):
                raise not_simulated(f"{http.method} {_path(http)}", status=405)
            response: Response = await route.endpoint(http)
        except OntapError as error:
            return error_response(error)
        return response

    return _route(route.path, answer)


def _route(path: str, answer: Endpoint) -> Route:
    return Route(path, _Answering(answer), methods=list(_METHODS))


class _Answering:
    """A request answered as one application. A plain function would be wrapped for errors that none of these raises."""

    def __init__(self, answer: Endpoint) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(HttpRequest(scope, receive, send))
        await response(scope, receive, send)


def query_of(http: HttpRequest) -> str:
    query: bytes = http.scope["query_string"]
    return query.decode()


def _path(http: HttpRequest) -> str:
    path: str = http.scope["path"]
    return path


def hal(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(to_json(content), status, headers, media_type="application/hal+json")


def error_response(error: OntapError) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="ontaplab"'} if error.status == 401 else None
    return hal({"error": error.body()}, error.status, headers)


def _written(answer: Answer) -> Response:
    return hal(answer.body, answer.status, {"Location": answer.location} if answer.location else None)


def understand(resource: Resource[Any], http: HttpRequest) -> tuple[Request, Parameters]:
    """What an HTTP request to a resource says, besides its body."""
    parameters = read_parameters(resource, read_query(query_of(http)))
    caller: Caller = http.state.caller
    request = Request(
        method=http.method,
        account=caller.account,
        path={name.replace("__", "."): value for name, value in http.path_params.items()},
        flags=parameters.flags,
        filters=parameters.filters,
        tunnel=caller.tunnel,
        of_svms_account=caller.is_svms,
    )
    return request, parameters


def _with_flags_of_body(write: Write[Any], raw: Mapping[str, Any]) -> Write[Any]:
    """A DELETE may carry its switches in the body."""
    flags = {name: str(value) for name, value in raw.items() if name in write.resource.flags}
    return replace(write, request=replace(write.request, flags={**write.request.flags, **flags}))


async def _no_such_path(http: HttpRequest) -> Response:
    raise not_simulated(f"{http.method} {_path(http)}")


def _instance_route(resource: Resource[Any]) -> str:
    """The last key takes the rest of the path where it may hold slashes: sent as `%2F` they arrive decoded."""
    path = resource.instance_path
    return path.removesuffix("}") + ":path}" if resource.key_holds_slashes else path


def _starlette_parameter(found: re.Match[str]) -> str:
    """Starlette's parameter names may not hold dots."""
    return "{" + found[1].replace(".", "__") + "}"


class _Normalised:
    """Collapses repeated slashes and drops a trailing one, as sent and not as decoded: `%2F` is part of a name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = scope.get("raw_path") or scope["path"].encode()
            plain = re.sub(rb"/+", b"/", raw.partition(b"?")[0]).rstrip(b"/").decode("ascii", "replace") or "/"
            decode_path = unquote_plus if plain.startswith("/api/") else unquote
            scope = {**scope, "path": decode_path(plain), "raw_path": plain.encode()}
        await self._app(scope, receive, send)
