"""SnapMirror relationships and their transfers. What moves a relationship from state to state is in `transitions`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import assert_never

from datamotion.errors import ClusterRefused
from datamotion.model.acts import AbortTransfer, CreateRelationship, ModifyRelationship, StartTransfer
from datamotion.model.records import Endpoint, Relationship, Transfer
from datamotion.model.words import MirrorState, TransferState
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.errors import NOT_FOUND, TRANSFER_NOT_ACTIVE
from datamotion.ontap.record import Record
from datamotion.ontap.replies import known
from datamotion.ontap.transport import AT_ONCE, Transport

RelationshipChange = CreateRelationship | ModifyRelationship | StartTransfer | AbortTransfer

PATH = "/snapmirror/relationships"
_FIELDS = (
    "uuid",
    "source.path",
    "source.cluster.name",
    "destination.path",
    "state",
    "healthy",
    "unhealthy_reason",
    "policy.name",
    "transfer_schedule.name",
    "lag_time",
    "exported_snapshot",
    "transfer.uuid",
    "transfer.state",
    "transfer.bytes_transferred",
    "transfer.end_time",
)


async def list_relationships(transport: Transport, svms: Collection[str]) -> tuple[Relationship, ...]:
    """Those that end in one of these SVMs."""
    records = await transport.get_records(PATH, _FIELDS, {"destination.svm.name": "|".join(sorted(svms))})
    return tuple(_relationship(record) for record in records)


def _relationship(record: Record) -> Relationship:
    return Relationship(
        uuid=record.required("uuid", str),
        source=Endpoint.parse(record.required("source.path", str)),
        source_cluster=record.optional("source.cluster.name", str),
        destination=Endpoint.parse(record.required("destination.path", str)),
        state=record.required("state", MirrorState),
        healthy=record.required("healthy", bool),
        unhealthy_reason=_unhealthy_reason(record),
        policy=record.optional("policy.name", str) or "",
        schedule=record.optional("transfer_schedule.name", str),
        lag=record.optional("lag_time", timedelta),
        exported_snapshot=record.optional("exported_snapshot", str),
        transfer=_transfer(record),
    )


def _unhealthy_reason(record: Record) -> str | None:
    """Up to four reasons, each led to by the next."""
    reasons = [reason.optional("message", str) for reason in record.objects("unhealthy_reason")]
    return "; ".join(reason for reason in reasons if reason) or None


def _transfer(record: Record) -> Transfer | None:
    state = record.optional("transfer.state", TransferState)
    if state is None:
        return None
    ended_at = record.optional("transfer.end_time", datetime)
    if ended_at is not None and ended_at.tzinfo is None:
        raise record.malformed(f"`transfer.end_time` {ended_at.isoformat()} has no offset from UTC")
    return Transfer(
        uuid=record.optional("transfer.uuid", str),
        state=state,
        bytes_transferred=record.optional("transfer.bytes_transferred", int),
        ended_at=ended_at.astimezone(UTC) if ended_at else None,
    )


async def change_relationship(transport: Transport, change: RelationshipChange) -> Answer:
    match change:
        case CreateRelationship():
            paths = {"source": {"path": str(change.source)}, "destination": {"path": str(change.destination)}}
            return await transport.post(PATH, {**paths, **_attributes(change)}, AT_ONCE)
        case ModifyRelationship():
            return await transport.patch(f"{PATH}/{change.uuid}", _attributes(change), AT_ONCE)
        case StartTransfer():
            return await transport.post(f"{PATH}/{change.uuid}/transfers", {})
        case AbortTransfer():
            return await _abort(transport, change)
        case _:
            assert_never(change)


def _attributes(change: CreateRelationship | ModifyRelationship) -> Body:
    body = {}
    if change.policy is not None:
        body["policy"] = {"name": change.policy}
    if change.schedule is not None:
        body["transfer_schedule"] = {"name": change.schedule}
    return body


async def _abort(transport: Transport, change: AbortTransfer) -> Answer:
    """Stops the transfer and keeps its checkpoint. One that has ended meanwhile is as wanted."""
    path = f"{PATH}/{change.relationship_uuid}/transfers/{known(change.transfer_uuid)}"
    try:
        return await transport.patch(path, {"state": "aborted"})
    except ClusterRefused as error:
        if error.ontap_code in (NOT_FOUND, TRANSFER_NOT_ACTIVE):
            return Answer(request=error.request, body={}, jobs=())
        raise
