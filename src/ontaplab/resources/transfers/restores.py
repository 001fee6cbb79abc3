"""`POST /snapmirror/relationships/{uuid}/restore`, which no documentation mentions and one client uses."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.relationships.decisions import Refusal
from ontaplab.resources.relationships.endpoints import path_of
from ontaplab.resources.relationships.errors import failed
from ontaplab.resources.relationships.requests import word_for_transfer
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.transfers.engine import Engine
from ontaplab.wire.app import Extra, hal
from ontaplab.wire.body import Body, Reference, parse, read_object

_PATH = "/snapmirror/relationships/{uuid}/restore"


class _Destination(Body):
    path: str | None = None
    cluster: Reference | None = None


class _RestoreBody(Body):
    destination: _Destination | None = None
    source_snapshot: str | None = None


def restore_routes(cluster: Cluster, engine: Engine) -> Sequence[Extra]:
    async def restore(http: HttpRequest) -> Response:
        """Assumption: it is what posting a transfer on a restore relationship is, and refused for every other one."""
        relationship = cluster.relationships.get(http.path_params["uuid"])
        if relationship is None:
            raise no_entry("uuid")
        body = parse(_RestoreBody, await read_object(http))
        if relationship.kind != "restore":
            raise failed("13303845", "The relationship is not a restore relationship.")
        destination = path_of(cluster, relationship.destination)
        if body.destination is not None and body.destination.path not in (None, destination):
            raise failed("13303845", f'The relationship restores to "{destination}".')
        outcome = decide(engine.situation(relationship), word_for_transfer(relationship.state, relationship.kind))
        if isinstance(outcome, Refusal):
            raise outcome.error()
        engine.start(relationship, "restore", body.source_snapshot)
        return hal({}, 201)

    return [Extra(_PATH, ("POST",), restore)]
