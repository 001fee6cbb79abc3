"""SVMs, and the peerings between them that mirrors and copies need: what a look at them tells."""

from __future__ import annotations

from datamotion.model.view import Aspect
from datamotion.model.volume_records import Svm, SvmPeer
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, get_listing
from datamotion.ontap.transport import Transport

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
