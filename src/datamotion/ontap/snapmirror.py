"""SnapMirror relationships and their transfers: what a look at them tells.

Making them is in `mirroring`, what moves them from state to state in `transitions`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from datamotion.model.mirror_records import Endpoint, Relationship, Transfer
from datamotion.model.view import Aspect, Unreadable
from datamotion.model.words import MirrorState, TransferState
from datamotion.ontap.errors import told
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import EndpointPath, Instant, Name, Text, Uuid, Whole, is_age

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
