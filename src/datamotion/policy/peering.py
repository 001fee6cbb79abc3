"""Peering a target's SVM with the home's: asked for by the target's cluster, accepted by the home's."""

from __future__ import annotations

from datamotion.model.acts import AcceptSvmPeer, PeerSvms
from datamotion.model.group import Backend
from datamotion.model.records import SvmPeer
from datamotion.model.view import ClusterView
from datamotion.policy.steps import Stage, StepList

_PEER = Stage(rank=1, title="Peer the SVMs", because="SnapMirror needs the two SVMs to be peered, and they are not")
_ACCEPT = Stage(rank=2, title="Accept the SVM peering", because="the other cluster has asked for it")


class Peering:
    """Two SVMs, `here` and at `home`, and what their clusters show."""

    def __init__(self, home: Backend, at_home: ClusterView, here: Backend, at_target: ClusterView) -> None:
        assert at_home.identity is not None
        assert at_target.identity is not None
        self._home = home
        self._home_cluster = at_home.identity.name
        self._offers = at_home.svm_peers
        self._here = here
        self._here_cluster = at_target.identity.name
        self._seen = at_target

    def plan(self, due: StepList) -> str:
        """The peering is there or in the list; returns the name by which the target's cluster calls the home's SVM."""
        home, here, there = self._home.svm, self._here.svm, self._home_cluster
        peer = next((each for each in self._seen.svm_peers if each.svm == here and self._is_home(each)), None)
        offer = self._offer()
        if peer is not None and _is_ready(peer) and offer is None:  # else the acceptance was lost between the clusters
            return peer.name
        name = peer.name if peer else self._free_name()
        if peer is None:
            change = PeerSvms(svm=here, name=name, peer_svm=home, peer_cluster=there)
            called = f", called {name} there since the name is taken" if name != home else ""
            due.add(_PEER, self._here, None, change, f"{here} with {home} of {there}, for snapmirror{called}")
        if there != self._here_cluster:
            accept = AcceptSvmPeer(uuid=offer.uuid if offer else None, svm=home, peer_svm=here)
            text = f"{home} accepts {here} of {self._here.cluster}"
            due.add(_ACCEPT, self._here, None, accept, text, asked_of=self._home)
        return name

    def _is_home(self, peer: SvmPeer) -> bool:
        return (peer.peer_svm, peer.peer_cluster) == (self._home.svm, self._home_cluster)

    def _offer(self) -> SvmPeer | None:
        """What the home has yet to accept of this target."""
        asked = (self._home.svm, self._here.svm, self._here_cluster, "pending")
        return next(
            (each for each in self._offers if (each.svm, each.peer_svm, each.peer_cluster, each.state) == asked), None
        )

    def _free_name(self) -> str:
        """The home's SVM goes by its own name, unless another SVM does so at the target's cluster already."""
        home, seen = self._home.svm, self._seen
        if self._home_cluster == self._here_cluster:
            return home
        taken = {svm.name for svm in seen.svms} | {each.name for each in seen.svm_peers if not self._is_home(each)}
        return f"{home}_{self._home_cluster}" if home in taken else home


def _is_ready(peer: SvmPeer) -> bool:
    return peer.state == "peered" and "snapmirror" in peer.applications
