"""A cluster itself: who it is, which clusters it is peered with, which schedules and licences it has."""

from __future__ import annotations

from datamotion.errors import ClusterRefused
from datamotion.model.records import ClusterIdentity, ClusterPeer
from datamotion.model.view import Aspect
from datamotion.ontap.errors import NOT_TO_BE_SEEN
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, get_listing
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


async def list_cluster_peers(transport: Transport) -> Listing:
    """`remote` is empty until the peer has told its name."""
    return await get_listing(transport, Aspect.CLUSTER_PEERS, "/cluster/peers", _PEER, _cluster_peer)


def _cluster_peer(record: Record) -> ClusterPeer:
    return ClusterPeer(
        uuid=record.required("uuid", str),
        name=record.required("name", str),
        remote=record.optional("remote.name", str) or "",
        available=record.optional("status.state", str) == "available",
    )


async def list_schedules(transport: Transport) -> Listing:
    """Names of the schedules that SnapMirror takes: those of type cron."""
    found = await get_listing(transport, Aspect.SCHEDULES, "/cluster/schedules", ("name",), _name, {"type": "cron"})
    return Listing(frozenset(found.records), found.unreadable)


async def list_licenses(transport: Transport) -> Listing | None:
    """Names of the packages that may be used. None where the account may not see them, or the platform has none."""
    try:
        found = await get_listing(
            transport, Aspect.LICENSES, "/cluster/licensing/licenses", ("name", "state"), _valid_license
        )
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    return Listing(frozenset(filter(None, found.records)), found.unreadable)


def _name(record: Record) -> str:
    return record.required("name", str)


def _valid_license(record: Record) -> str | None:
    name = record.required("name", str)
    return name if record.optional("state", str) == "compliant" else None
