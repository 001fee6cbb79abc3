"""What clusters show after an act, as a pure function of what they showed before.

Only as much of ONTAP as the planners can tell: a transfer runs until `transfers_ended`, a break is refused while one
does, what exists cannot be created again. A refused change raises Refusing and leaves the view as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from datamotion.model.acts import Act
from datamotion.model.cluster_records import ClusterPeer
from datamotion.model.mirror_records import Relationship
from datamotion.model.peering_acts import AcceptSvmPeer, PeerClusters, PeerSvms
from datamotion.model.view import ClusterView
from datamotion.model.volume_records import SvmPeer
from datamotion.model.words import MirrorState, TransferState
from tests.datamotion.building import NOON, a_transfer
from tests.datamotion.view_changes import Refusing, changed

Clusters = Mapping[str, ClusterView]


def after(clusters: Clusters, act: Act) -> Clusters:
    """What all clusters show once the one that is asked has done this."""
    if isinstance(act.change, PeerClusters):
        return _offered(clusters, act.cluster, act.change)
    if isinstance(act.change, PeerSvms):
        return _peered(clusters, act.cluster, act.change)
    if isinstance(act.change, AcceptSvmPeer):
        return _accepted(clusters, act.cluster, act.change)
    return {**clusters, act.cluster: changed(act.change, clusters[act.cluster])}


def after_all(clusters: Clusters, *acts: Act) -> Clusters:
    for act in acts:
        clusters = after(clusters, act)
    return clusters


def transfers_ended(
    view: ClusterView, *, state: TransferState = TransferState.SUCCESS, only: Collection[str] | None = None
) -> ClusterView:
    """Running transfers have come to this: all, or those of the relationships with these uuids."""
    return replace(
        view,
        relationships=tuple(
            _ended(each, state) if only is None or each.uuid in only else each for each in view.relationships
        ),
    )


def _ended(mirror: Relationship, state: TransferState) -> Relationship:
    if not mirror.is_transferring:
        return mirror
    if state is not TransferState.SUCCESS:
        return replace(mirror, transfer=a_transfer(state, ended_at=NOON), unhealthy_reason="the link is cut")
    number = int((mirror.exported_snapshot or "snap.0").split(".")[1]) + 1
    return replace(
        mirror,
        state=MirrorState.SNAPMIRRORED,
        exported_snapshot=f"snap.{number}",
        lag=timedelta(),
        transfer=a_transfer(state, ended_at=NOON),
    )


def _offered(clusters: Clusters, asked: str, change: PeerClusters) -> Clusters:
    """The second of two offers finds the first."""
    here, there = clusters[asked], clusters[change.peer]
    if any(peer.remote == change.peer or peer.addresses == change.addresses for peer in here.cluster_peers):
        raise Refusing("there is one already")
    ours = tuple(each.address for each in here.interfaces or ())
    theirs = next((peer for peer in there.cluster_peers if peer.addresses == ours), None)
    offer = ClusterPeer(
        uuid=f"{asked}~{change.peer}",
        name=change.peer,
        remote=change.peer if theirs else "",
        available=theirs is not None,
        addresses=change.addresses,
    )
    clusters = {**clusters, asked: replace(here, cluster_peers=(*here.cluster_peers, offer))}
    if theirs is None:
        return clusters
    taken = replace(theirs, remote=asked, available=True)
    peers = tuple(taken if each is theirs else each for each in there.cluster_peers)
    return {**clusters, change.peer: replace(there, cluster_peers=peers)}


def _peered(clusters: Clusters, asked: str, change: PeerSvms) -> Clusters:
    here, there = clusters[asked], clusters[change.peer_cluster]
    if any((peer.svm, peer.peer_svm_uuid) == (change.svm, change.peer_svm_uuid) for peer in here.svm_peers):
        raise Refusing("the SVMs are peered already")
    same = asked == change.peer_cluster
    at_asked = _peering(change.svm, change.name, there, change.peer_svm, "peered" if same else "initiated")
    taken = {peer.name for peer in there.svm_peers} | {svm.name for svm in there.svms}
    alias = f"{change.svm}_{asked}" if change.svm in taken else change.svm
    at_peer = _peering(change.peer_svm, alias, here, change.svm, "peered" if same else "pending")
    if same:
        return {**clusters, asked: replace(here, svm_peers=(*here.svm_peers, at_asked, at_peer))}
    return {
        **clusters,
        asked: replace(here, svm_peers=(*here.svm_peers, at_asked)),
        change.peer_cluster: replace(there, svm_peers=(*there.svm_peers, at_peer)),
    }


def _peering(svm: str, name: str, peer: ClusterView, peer_svm: str, state: str) -> SvmPeer:
    assert peer.identity is not None
    uuid = next(each.uuid for each in peer.svms if each.name == peer_svm)
    return SvmPeer(
        uuid=f"{svm}~{uuid}",
        name=name,
        svm=svm,
        peer_svm=peer_svm,
        peer_svm_uuid=uuid,
        peer_cluster=peer.identity.name,
        peer_cluster_uuid=peer.identity.uuid,
        state=state,
        applications=frozenset({"snapmirror"}),
    )


def _accepted(clusters: Clusters, asked: str, change: AcceptSvmPeer) -> Clusters:
    mine = next((peer for peer in clusters[asked].svm_peers if peer.uuid == change.uuid), None)
    if mine is None or mine.state != "pending":
        raise Refusing("there is no such request")
    my_uuid = next(each.uuid for each in clusters[asked].svms if each.name == mine.svm)
    ends = {(asked, mine.peer_svm_uuid), (mine.peer_cluster, my_uuid)}
    return {
        name: replace(
            view,
            svm_peers=tuple(
                replace(peer, state="peered") if (name, peer.peer_svm_uuid) in ends else peer for peer in view.svm_peers
            ),
        )
        for name, view in clusters.items()
    }
