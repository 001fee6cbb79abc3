"""Making peers of SVMs."""

from __future__ import annotations

from typing import assert_never

from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, PeerSvms
from datamotion.ontap.answer import Answer
from datamotion.ontap.replies import known
from datamotion.ontap.transport import AT_ONCE, Transport

SvmPeerChange = PeerSvms | AcceptSvmPeer | AllowApplications


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
