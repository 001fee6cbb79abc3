"""Peering the SVMs of two back ends, asked for where mirrors arrive, accepted where they come from.

Who a peer is, its uuids say: a name here is a label that somebody may have changed.
"""

from __future__ import annotations

from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, PeerSvms
from datamotion.model.standing import Site
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_records import SvmPeer
from datamotion.policy.gaps import HINT
from datamotion.policy.mirrors.cluster_peering import mend_text, peer_clusters, peer_of, unreachable
from datamotion.policy.steps import Phase, StepList

_PEER = Phase(rank=40, title="Peer the SVMs", because="SnapMirror needs the two SVMs to be peered, and they are not")
_ALLOW = Phase(rank=40, title="Allow SnapMirror", because="the two SVMs are peered for other applications only")
_PEER_FOR_COPIES = Phase(rank=40, title="Peer the two SVMs", because="copies between SVMs need them to be peered")
_ALLOW_COPIES = Phase(rank=40, title="Allow copies", because="the two SVMs are peered for other applications only")
_ACCEPT = Phase(rank=41, title="Accept the SVM peering", because="the other cluster has asked for it")


class Peering:
    """The SVM where mirrors arrive (`here`) and the one that they come from, both seen."""

    def __init__(self, source: Site, here: Site, *, makes_peers: bool = False, application: str = "snapmirror") -> None:
        """`makes_peers`: the two clusters are made peers where they are none. `application`: what peers are for."""
        assert isinstance(source.seen, ClusterView)
        assert isinstance(here.seen, ClusterView)
        assert source.svm is not None
        assert here.svm is not None
        self._source, self._here = source, here
        self._source_svm, self._here_svm = source.svm, here.svm
        self._at_source, self._at_here = source.seen, here.seen
        self._makes_peers = makes_peers
        self._application = application
        self._mine = self._peer(self._at_here, here.svm.name, source.svm.uuid)
        self._theirs = self._peer(self._at_source, source.svm.name, here.svm.uuid)

    @staticmethod
    def _peer(seen: ClusterView, svm: str, other: str) -> SvmPeer | None:
        return next((each for each in seen.svm_peers if (each.svm, each.peer_svm_uuid) == (svm, other)), None)

    @property
    def is_same_cluster(self) -> bool:
        return self._at_here.identity == self._at_source.identity

    @property
    def _is_for_mirrors(self) -> bool:
        return self._application == "snapmirror"

    @property
    def _reaches(self) -> bool:
        peer = None if self.is_same_cluster else peer_of(self._at_here, self._at_source)
        return self.is_same_cluster or (peer is not None and peer.available)

    def obstacle(self) -> tuple[str, str] | None:
        """What no request of ours can change, and what a person can do: waiting would not help."""
        here, source = self._here.backend, self._source.backend
        if not self._reaches:
            if gap := self._at_here.gap(Aspect.CLUSTER_PEERS):
                return f"whether {here.cluster} reaches {source.cluster} cannot be seen: {gap}", HINT
            known = peer_of(self._at_here, self._at_source)
            if not self._makes_peers:
                state = "its cluster peer there is not available" if known else "there is no such cluster peer"
                return (
                    f"{here.cluster} cannot reach {source.cluster} ({self._remote_name}): {state}",
                    mend_text(self._here, self._source),
                )
            if known is None and (obstacle := unreachable(self._here, self._source)):
                return obstacle
        for peer, where, seen in ((self._mine, here, self._at_here), (self._theirs, source, self._at_source)):
            if peer is None and (gap := seen.gap(Aspect.SVM_PEERS, svm=where.svm)):
                return f"how {here.svm} and {source.svm} are peered cannot be seen: {gap}", HINT
            if peer is not None and peer.state in ("rejected", "suspended"):
                mend = "resume" if peer.state == "suspended" else "delete it, then let it be asked for again"
                return (
                    f"the SVM peering of {peer.svm} with {peer.peer_svm} is {peer.state} at {where.cluster}",
                    f"`vserver peer {mend}` there" if peer.state == "suspended" else f"{mend}: `vserver peer delete`",
                )
        return None

    @property
    def _remote_name(self) -> str:
        assert self._at_source.identity is not None
        return self._at_source.identity.name

    def plan(self, due: StepList) -> str:
        """The peering is there or in the list; returns the name by which paths here call the source's SVM."""
        here, source = self._here.backend, self._source.backend
        if not self._reaches:
            peer_clusters(due, self._here, self._source)
        offer = self._theirs if self._theirs is not None and self._theirs.state == "pending" else None
        name = self._mine.name if self._mine else self._free_name()
        if self._mine is None:
            change = PeerSvms(
                svm=self._here_svm.name,
                name=name,
                peer_svm=self._source_svm.name,
                peer_svm_uuid=self._source_svm.uuid,
                peer_cluster=self._cluster_peer_name(),
                applications=frozenset({self._application}),
            )
            called = f", called {name} there since the name is taken" if name != self._source_svm.name else ""
            text = f"{change.svm} with {change.peer_svm} of {source.cluster}, for {self._application}{called}"
            due.add(_PEER if self._is_for_mirrors else _PEER_FOR_COPIES, here, None, change, text)
        if self._mine is not None and self._mine.state == "pending":
            accept = AcceptSvmPeer(uuid=self._mine.uuid, svm=self._here_svm.name, peer_svm_uuid=self._source_svm.uuid)
            text = f"{self._here_svm.name} accepts {self._source_svm.name} of {source.cluster}"
            due.add(_ACCEPT, here, None, accept, text)
        elif not self.is_same_cluster and (self._mine is None or self._mine.state != "peered" or offer):
            accept = AcceptSvmPeer(
                uuid=offer.uuid if offer else None, svm=self._source_svm.name, peer_svm_uuid=self._here_svm.uuid
            )
            text = f"{self._source_svm.name} accepts {self._here_svm.name} of {here.cluster}"
            due.add(_ACCEPT, here, None, accept, text, asked_of=source)
        if self._mine is not None and self._mine.state == "peered" and self._application not in self._mine.applications:
            allow = AllowApplications(
                uuid=self._mine.uuid,
                svm=self._here_svm.name,
                peer_svm_uuid=self._source_svm.uuid,
                applications=self._mine.applications | {self._application},
            )
            others = ", ".join(sorted(self._mine.applications)) or "nothing"
            due.add(
                _ALLOW if self._is_for_mirrors else _ALLOW_COPIES,
                here,
                None,
                allow,
                f"{allow.svm} with {self._mine.peer_svm}: so far {others}",
            )
        return name

    def _cluster_peer_name(self) -> str:
        """What the source's cluster is called at this one."""
        peers = self._at_here.cluster_peers
        return next((each.name for each in peers if each.remote == self._remote_name), self._remote_name)

    def _free_name(self) -> str:
        """The source's SVM goes by its own name, unless another SVM does so here already."""
        name = self._source_svm.name
        if self.is_same_cluster:
            return name
        taken = {svm.name for svm in self._at_here.svms} | {each.name for each in self._at_here.svm_peers}
        return f"{name}_{self._remote_name}" if name in taken else name
