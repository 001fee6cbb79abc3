"""`/private/cli/<command>`: GET only. Names may be written with dashes, as on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.private_cli.commands import Command, commands
from ontaplab.wire.app import Extra, hal, understand
from ontaplab.wire.reading import matching, render_collection, render_instance


def private_cli_routes(cluster: Cluster) -> Sequence[Extra]:
    return [_route(command) for command in commands(cluster)]


def _route(command: Command) -> Extra:
    async def endpoint(http: HttpRequest) -> Response:
        return _answer(command, http)

    return Extra(command.resource.path, ("GET",), endpoint)


def _answer(command: Command, http: HttpRequest) -> Response:
    query = with_underscores(http.url.query)
    asked = HttpRequest({**http.scope, "query_string": query.encode()})
    request, parameters = understand(command.resource, asked)
    if not command.answers_bare:
        return hal(render_collection(command.resource, request, parameters, query))
    found = matching(command.resource, request, parameters)
    if not found:
        raise no_entry()
    return hal(render_instance(command.resource, request, found[0], parameters))


def with_underscores(query: str) -> str:
    """The query string with its names, and those that `fields` lists, as the records have them.

    >>> with_underscores("volume-name=a-b&fields=logical-data-size")
    'volume_name=a-b&fields=logical_data_size'
    """
    pairs = parse_qsl(query.replace("?", "&"))
    return urlencode(
        [(name.replace("-", "_"), value.replace("-", "_") if name == "fields" else value) for name, value in pairs]
    )
