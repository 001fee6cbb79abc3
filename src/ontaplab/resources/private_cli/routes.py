"""`/private/cli/<command>`: GET, and PATCH by query where a command changes something.

Names may be written with dashes, as on the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.private_cli.commands import Command, commands
from ontaplab.wire.app import Extra, hal, query_of, understand
from ontaplab.wire.body import read_object
from ontaplab.wire.reading import matching, render_collection, render_instance
from ontaplab.wire.writing import Write


def private_cli_routes(cluster: Cluster) -> Sequence[Extra]:
    return [_route(cluster, command) for command in commands(cluster)]


def _route(cluster: Cluster, command: Command) -> Extra:
    async def endpoint(http: HttpRequest) -> Response:
        if http.method == "PATCH":
            return await _change(cluster, command, http)
        return _answer(command, http)

    methods = ("GET",) if command.resource.modify is None else ("GET", "PATCH")
    return Extra(command.resource.path, methods, endpoint)


async def _change(cluster: Cluster, command: Command, http: HttpRequest) -> Response:
    asked = HttpRequest({**http.scope, "query_string": with_underscores(query_of(http)).encode()})
    request, parameters = understand(command.resource, asked)
    body = {name.replace("-", "_"): value for name, value in (await read_object(http)).items()}
    answer = await Write(command.resource, request, parameters, cluster.clock).patch_all(body)
    return hal(answer.body, answer.status)


def _answer(command: Command, http: HttpRequest) -> Response:
    query = with_underscores(query_of(http))
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
