"""Whether clusters and SVMs are seen to be peers."""

from __future__ import annotations

from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, PeerSvms
from datamotion.policy.proofs.proof import Ground, Holds, Proof, as_proof


def peered(change: PeerSvms, ground: Ground) -> Proof:
    return as_proof(ground.peering(change.svm, change.peer_svm_uuid) is not None)


def accepted(change: AcceptSvmPeer, ground: Ground) -> Proof:
    peer = ground.peering(change.svm, change.peer_svm_uuid)
    if peer is not None and peer.state == "rejected":
        return Proof(Holds.CONTRADICTED, f"the peering of {peer.svm} with {peer.peer_svm} was rejected")
    return as_proof(peer is not None and peer.state == "peered")


def applications_allowed(change: AllowApplications, ground: Ground) -> Proof:
    peer = ground.peering(change.svm, change.peer_svm_uuid)
    if peer is None:
        return Proof(Holds.GONE, f"the SVM peering of {change.svm} was removed")
    return as_proof(change.applications <= peer.applications)
