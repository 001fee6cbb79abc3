"""A cluster itself: who it is, which clusters it is peered with, which schedules and licences it has."""

from __future__ import annotations

from datamotion.errors import ClusterRefused
from datamotion.model.records import ClusterIdentity, ClusterPeer
from datamotion.ontap.errors import NOT_TO_BE_SEEN
from datamotion.ontap.transport import Transport

_IDENTITY = ("name", "uuid", "version.generation", "version.major", "version.minor")
_PEER = ("uuid", "name", "remote.name", "status.state")


async def get_identity(transport: Transport) -> ClusterIdentity:
    record = await transport.get("/cluster", _IDENTITY)
    return ClusterIdentity(
        name=record.required("name", str),
        uuid=record.required("uuid", str),
        version=(
            record.required("version.generation", int),
            record.required("version.major", int),
            record.required("version.minor", int),
        ),
    )


async def list_cluster_peers(transport: Transport) -> tuple[ClusterPeer, ...]:
    """`remote` is empty until the peer has told its name."""
    return tuple(
        ClusterPeer(
            uuid=record.required("uuid", str),
            name=record.required("name", str),
            remote=record.optional("remote.name", str) or "",
            available=record.optional("status.state", str) == "available",
        )
        for record in await transport.get_records("/cluster/peers", _PEER)
    )


async def list_schedules(transport: Transport) -> frozenset[str]:
    """Names of the schedules that SnapMirror takes: those of type cron."""
    records = await transport.get_records("/cluster/schedules", ("name",), {"type": "cron"})
    return frozenset(record.required("name", str) for record in records)


async def list_licenses(transport: Transport) -> frozenset[str] | None:
    """Names of the packages that may be used. None where the account may not see them, or the platform has none."""
    try:
        records = await transport.get_records("/cluster/licensing/licenses", ("name", "state"))
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    return frozenset(record.required("name", str) for record in records if record.optional("state", str) == "compliant")
