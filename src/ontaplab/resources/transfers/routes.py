"""`/snapmirror/relationships/{relationship.uuid}/transfers`, and the lab's own `/lab/transfers`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from pydantic import Field as Checked
from pydantic import StrictBool
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ontaplab.cluster import Cluster
from ontaplab.resources.relationships.endpoints import path_of, svm_name_of
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.handlers import TransferChange, TransferCreate, create, modify, rows
from ontaplab.resources.transfers.state import Transfer
from ontaplab.transfer_gate import TransferGate
from ontaplab.wire.body import Body, parse, read_object
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster, engine: Engine) -> Resource[Transfer]:
    def destination_path(transfer: Transfer) -> str:
        return path_of(cluster, cluster.relationships[transfer.relationship].destination)

    def destination_svm(transfer: Transfer) -> str:
        return svm_name_of(cluster, cluster.relationships[transfer.relationship].destination)

    fields: Fields[Transfer] = Fields(
        {
            "uuid": Field(lambda transfer: transfer.uuid, Level.KEY),
            "relationship.uuid": Field(lambda transfer: transfer.relationship, Level.KEY),
            "relationship.restore": Field(
                lambda transfer: cluster.relationships[transfer.relationship].kind == "restore"
            ),
            "relationship.destination.path": Field(destination_path),
            "relationship.destination.svm.name": Field(destination_svm),
            "state": Field(lambda transfer: transfer.state),
            "snapshot": Field(lambda transfer: transfer.snapshot),
            "bytes_transferred": Field(engine.received_bytes),
            "checkpoint_size": Field(lambda transfer: transfer.checkpoint_bytes),
            "throttle": Field(lambda transfer: transfer.throttle),
            "total_duration": Field(lambda transfer: transfer.duration(cluster.clock.now())),
            "last_updated_time": Field(lambda transfer: transfer.updated),
            "end_time": Field(lambda transfer: transfer.ended),
            "error_info.code": Field(lambda transfer: int(transfer.error.code) if transfer.error else None),
            "error_info.message": Field(lambda transfer: transfer.error.message if transfer.error else None),
        }
    )
    return Resource(
        path="/snapmirror/relationships/{relationship.uuid}/transfers",
        fields=fields,
        rows=partial(rows, cluster, engine),
        create=Create(TransferCreate, partial(create, cluster, engine)),
        modify=Modify(TransferChange, partial(modify, cluster, engine)),
        tunnel="relationship.destination.svm",
    )


def gate_routes(gate: TransferGate) -> list[Route]:
    """`GET /lab/transfers`; `PUT` holds or releases (`held`) and sets the pace (`bytes_per_second`, null: none)."""

    async def answer(request: HttpRequest) -> Response:
        if request.method == "PUT":
            _set(gate, await read_object(request))
        return JSONResponse({"held": gate.held, "bytes_per_second": gate.bytes_per_second})

    return [Route("/lab/transfers", answer, methods=["GET", "PUT"])]


class _GateBody(Body):
    held: StrictBool = False
    bytes_per_second: Annotated[int, Checked(strict=True, ge=1)] | None = None


def _set(gate: TransferGate, wanted: Mapping[str, object]) -> None:
    """The gate is as wanted. Raises: OntapError."""
    body = parse(_GateBody, wanted)
    if "bytes_per_second" in body.model_fields_set:
        gate.bytes_per_second = body.bytes_per_second
    if "held" in body.model_fields_set:
        gate.hold() if body.held else gate.release()
