"""SnapMirror relationships and their transfers. What moves a relationship from state to state is in `transitions`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import assert_never

from datamotion.errors import ClusterRefused
from datamotion.model.mirror_acts import AbortTransfer, CreateRelationship, ModifyRelationship, StartTransfer
from datamotion.model.mirror_records import Endpoint, Relationship, Transfer
from datamotion.model.view import Aspect, Unreadable
from datamotion.model.words import MirrorState, TransferState
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.errors import NOT_FOUND, TRANSFER_NOT_ACTIVE, told
from datamotion.ontap.record import Record
from datamotion.ontap.replies import known
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import EndpointPath, Instant, Name, Text, Uuid, Whole, is_age

RelationshipChange = CreateRelationship | StartTransfer | AbortTransfer

PATH = "/snapmirror/relationships"
_MOST_REASONS = 4


class _Reason(Row):
    message: Text | None = at("message", default=None)


class _Relationship(Row):
    uuid: Uuid = at("uuid")
    source: EndpointPath = at("source.path")
    source_cluster: Name | None = at("source.cluster.name", default=None)
    source_cluster_uuid: Uuid | None = at("source.cluster.uuid", default=None)
    source_svm_uuid: Uuid | None = at("source.svm.uuid", default=None)
    destination: EndpointPath = at("destination.path")
    state: MirrorState = at("state")
    healthy: bool = at("healthy")
    unhealthy_reason: tuple[_Reason, ...] = at("unhealthy_reason", default=())
    policy: Name | None = at("policy.name", default=None)
    schedule: Name | None = at("transfer_schedule.name", default=None)
    throttle: Whole | None = at("throttle", default=None)
    lag: timedelta | None = at("lag_time", default=None)
    exported_snapshot: Name | None = at("exported_snapshot", default=None)
    transfer_uuid: Uuid | None = at("transfer.uuid", default=None)
    transfer_state: TransferState | None = at("transfer.state", default=None)
    bytes_transferred: Whole | None = at("transfer.bytes_transferred", default=None)
    ended_at: Instant | None = at("transfer.end_time", default=None)


async def list_relationships(transport: Transport, svms: Collection[str]) -> Listing:
    """Those that end in one of these SVMs."""
    query = {"destination.svm.name": "|".join(sorted(svms))}
    rows, illegible = await get_legible_rows(transport, PATH, _Relationship, query)
    unreadable = tuple(_unreadable(record, error.message) for record, error in illegible)
    return Listing(tuple(map(_relationship, rows)), unreadable)


def _unreadable(record: Record, reason: str) -> Unreadable:
    path = record.legible("destination.path")
    ends = Endpoint.parse(path) if path else None
    return Unreadable(
        reason=reason,
        aspect=Aspect.RELATIONSHIPS,
        svm=ends.svm if ends else None,
        volume=ends.volume if ends else None,
    )


def _relationship(row: _Relationship) -> Relationship:
    # Up to four reasons, each led to by the next.
    reasons = [told(reason.message) for reason in row.unhealthy_reason[:_MOST_REASONS] if reason.message]
    is_absurd = row.lag is not None and not is_age(row.lag)
    return Relationship(
        uuid=row.uuid,
        source=Endpoint.parse(row.source),
        source_cluster=row.source_cluster,
        source_cluster_uuid=row.source_cluster_uuid,
        source_svm_uuid=row.source_svm_uuid,
        destination=Endpoint.parse(row.destination),
        state=row.state,
        healthy=row.healthy,
        unhealthy_reason="; ".join(reasons) or None,
        policy=row.policy or "",
        schedule=row.schedule,
        throttle=row.throttle or 0,
        lag=None if is_absurd else row.lag,
        lag_problem="tells an age that cannot be" if is_absurd else "",
        exported_snapshot=row.exported_snapshot,
        transfer=_transfer(row),
    )


def _transfer(row: _Relationship) -> Transfer | None:
    if row.transfer_state is None:
        return None
    return Transfer(
        uuid=row.transfer_uuid,
        state=row.transfer_state,
        bytes_transferred=row.bytes_transferred,
        ended_at=row.ended_at,
    )


async def change_relationship(transport: Transport, change: RelationshipChange) -> Answer:
    match change:
        case CreateRelationship():
            return await transport.post(PATH, creation(change), AT_ONCE)
        case StartTransfer():
            body = {"source_snapshot": change.snapshot} if change.snapshot else {}
            return await transport.post(f"{PATH}/{change.uuid}/transfers", body)
        case AbortTransfer():
            return await _abort(transport, change)
        case _:
            assert_never(change)


def creation(change: CreateRelationship) -> Body:
    paths = {"source": {"path": str(change.source)}, "destination": {"path": str(change.destination)}}
    return {**paths, **attributes(change)}


def attributes(change: CreateRelationship | ModifyRelationship) -> Body:
    """What it says of a relationship's policy, schedule and throttle."""
    body: dict[str, object] = {}
    if change.policy is not None:
        body["policy"] = {"name": change.policy}
    if change.schedule is not None:
        # Only null takes the relationship's own schedule away.
        body["transfer_schedule"] = {"name": change.schedule} if change.schedule else None
    if change.throttle is not None:
        body["throttle"] = change.throttle
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
