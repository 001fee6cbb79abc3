"""SVMs, and the peerings between them that mirrors and copies need."""

from __future__ import annotations

from typing import assert_never

from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, PeerSvms
from datamotion.model.view import Aspect
from datamotion.model.volume_records import Svm, SvmPeer
from datamotion.ontap.answer import Answer
from datamotion.ontap.record import Record
from datamotion.ontap.replies import known
from datamotion.ontap.rows import Listing, get_listing
from datamotion.ontap.transport import AT_ONCE, Transport

SvmPeerChange = PeerSvms | AcceptSvmPeer | AllowApplications

_SVM = ("uuid", "name", "state")
_PEER = (
    "uuid",
    "name",
    "svm.name",
    "peer.svm.name",
    "peer.svm.uuid",
    "peer.cluster.name",
    "peer.cluster.uuid",
    "state",
    "applications",
)


async def list_svms(transport: Transport) -> Listing:
    return await get_listing(transport, Aspect.SVMS, "/svm/svms", _SVM, _svm)


def _svm(record: Record) -> Svm:
    return Svm(
        uuid=record.required("uuid", str), name=record.required("name", str), state=record.required("state", str)
    )


async def list_svm_peers(transport: Transport) -> Listing:
    """Those of all SVMs: their names may be in the way of ours."""
    return await get_listing(transport, Aspect.SVM_PEERS, "/svm/peers", _PEER, _svm_peer)


def _svm_peer(record: Record) -> SvmPeer:
    return SvmPeer(
        uuid=record.required("uuid", str),
        name=record.required("name", str),
        svm=record.required("svm.name", str),
        peer_svm=record.required("peer.svm.name", str),
        peer_svm_uuid=record.optional("peer.svm.uuid", str),
        peer_cluster=record.required("peer.cluster.name", str),
        peer_cluster_uuid=record.optional("peer.cluster.uuid", str),
        state=record.required("state", str),
        applications=record.names("applications"),
    )


async def change_svm_peer(transport: Transport, change: SvmPeerChange) -> Answer:
    match change:
        case PeerSvms():
            body = {
                "svm": {"name": change.svm},
                "name": change.name,
                "peer": {"svm": {"name": change.peer_svm}, "cluster": {"name": change.peer_cluster}},
                "applications": sorted(change.applications),
            }
            return await transport.post("/svm/peers", body, AT_ONCE)
        case AcceptSvmPeer():
            return await transport.patch(f"/svm/peers/{known(change.uuid)}", {"state": "peered"}, AT_ONCE)
        case AllowApplications():
            body = {"applications": sorted(change.applications)}
            return await transport.patch(f"/svm/peers/{change.uuid}", body, AT_ONCE)
        case _:
            assert_never(change)
