"""A cluster itself: who it is, its nodes and how they reach others, which peers, schedules and licences it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datamotion.errors import ClusterRefused
from datamotion.model.cluster_records import ClusterIdentity, ClusterPeer, IpInterface, Node, Schedule
from datamotion.model.peering_acts import PeerClusters
from datamotion.model.view import Aspect, Unreadable
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_TO_BE_SEEN
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows, get_listing
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import Name

_IDENTITY = ("name", "uuid", "version.generation", "version.major", "version.minor")
_PEER = ("uuid", "name", "remote.name", "remote.ip_addresses", "status.state")


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
        addresses=tuple(sorted(record.names("remote.ip_addresses"))),
    )


async def peer_clusters(transport: Transport, change: PeerClusters, passphrase: str) -> Answer:
    """Whatever the cluster tells of the passphrase, in its answer or in a refusal, goes no further."""
    body = {
        "remote": {"ip_addresses": list(change.addresses)},
        "authentication": {"passphrase": passphrase},
        "encryption": {"proposed": "tls_psk"},
        "peer_applications": ["snapmirror"],
    }
    try:
        answer = await transport.post("/cluster/peers", body)
    except ClusterRefused as error:
        raise ClusterRefused(
            error.cluster,
            error.message.replace(passphrase, "…"),
            request=error.request,
            status=error.status,
            ontap_code=error.ontap_code,
            hint=error.hint,
            transient=error.transient,
        ) from None
    return Answer(request=answer.request, body={}, jobs=answer.jobs)


class _Schedule(Row):
    name: Name = at("name")
    minutes: tuple[int, ...] | None = at("cron.minutes", default=None)
    hours: tuple[int, ...] | None = at("cron.hours", default=None)
    days: tuple[int, ...] | None = at("cron.days", default=None)
    months: tuple[int, ...] | None = at("cron.months", default=None)
    weekdays: tuple[int, ...] | None = at("cron.weekdays", default=None)


async def list_schedules(transport: Transport) -> Listing:
    """The schedules that SnapMirror takes, by name: those of type cron."""
    rows, illegible = await get_legible_rows(transport, "/cluster/schedules", _Schedule, {"type": "cron"})
    unreadable = [
        Unreadable(aspect=Aspect.SCHEDULES, reason=error.message, svm=None, name=record.legible("name"))
        for record, error in illegible
    ]
    return Listing({row.name: _schedule(row) for row in rows}, tuple(unreadable))


def _schedule(row: _Schedule) -> Schedule:
    return Schedule(
        name=row.name,
        minutes=row.minutes or (),
        hours=row.hours or (),
        days=row.days or (),
        months=row.months or (),
        weekdays=row.weekdays or (),
    )


async def list_nodes(transport: Transport) -> tuple[Node, ...] | None:
    """None where the account may not see them."""
    records = await _told(transport, "/cluster/nodes", ("name", "state"))
    if records is None:
        return None
    return tuple(
        Node(name=each.required("name", str), state=each.optional("state", str) or "unknown") for each in records
    )


async def list_interfaces(transport: Transport) -> tuple[IpInterface, ...] | None:
    """Those that carry what goes between clusters. None where the account may not see them."""
    fields = ("name", "state", "location.node.name", "ip.address")
    records = await _told(transport, "/network/ip/interfaces", fields, {"services": "intercluster_core"})
    if records is None:
        return None
    return tuple(
        IpInterface(
            name=each.required("name", str),
            node=each.optional("location.node.name", str) or "",
            is_up=each.optional("state", str) == "up",
            address=each.optional("ip.address", str) or "",
        )
        for each in records
    )


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


async def _told(
    transport: Transport, path: str, fields: Sequence[str], query: Mapping[str, str] | None = None
) -> Sequence[Record] | None:
    """None where the account may not look there, or the platform has no such thing."""
    try:
        return await transport.get_records(path, fields, query)
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise


def _valid_license(record: Record) -> str | None:
    name = record.required("name", str)
    return name if record.optional("state", str) == "compliant" else None
