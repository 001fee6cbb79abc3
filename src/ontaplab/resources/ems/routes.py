"""`/support/ems/events`, and `/support/ems/application-logs`, where applications make some."""

from __future__ import annotations

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.resources.ems.handlers import ApplicationLog, log
from ontaplab.resources.ems.state import Event
from ontaplab.wire.app import Extra, hal
from ontaplab.wire.body import parse, read_object
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Resource


def resource(cluster: Cluster) -> Resource[Event]:
    fields: Fields[Event] = Fields(
        {
            "node.name": Field(lambda event: cluster.node.name, Level.KEY),
            "node.uuid": Field(lambda event: cluster.node.uuid, Level.DEFAULT),
            "index": Field(lambda event: event.index, Level.KEY),
            "time": Field(lambda event: event.time, Level.DEFAULT),
            "message.name": Field(lambda event: event.name, Level.DEFAULT),
            "message.severity": Field(lambda event: event.severity, Level.DEFAULT),
            "log_message": Field(lambda event: event.message, Level.DEFAULT),
        }
    )
    return Resource(
        path="/support/ems/events",
        fields=fields,
        rows=lambda request: cluster.events,
        keys=("node.name", "index"),
        tunnel=None,
    )


def application_logs(cluster: Cluster) -> Extra:
    async def endpoint(http: HttpRequest) -> Response:
        log(cluster, parse(ApplicationLog, await read_object(http)))
        return hal({}, 201)

    return Extra("/support/ems/application-logs", ("POST",), endpoint)
