"""An SVM peer as one side sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["initializing", "initiated", "pending", "peered", "rejected", "suspended"]
Application = Literal["snapmirror", "file_copy", "lun_copy", "flexcache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SvmPeer:
    """`name` is the local alias of the peer SVM, which SnapMirror paths use.

    Between clusters both sides have a record of the same uuid. Inside one cluster there are two records, one for each
    direction.
    """

    uuid: str
    name: str
    svm: str
    """uuid of the local SVM."""
    peer_svm_name: str
    peer_svm_uuid: str
    cluster_peer: str | None
    """uuid of the cluster peer's record; None: both SVMs are here."""
    applications: tuple[Application, ...]
    state: State

    def is_reverse_of(self, other: SvmPeer) -> bool:
        """Whether this is the other direction of a pair inside the cluster."""
        here = self.cluster_peer is None and other.cluster_peer is None
        return here and (self.svm, self.peer_svm_uuid) == (other.peer_svm_uuid, other.svm)

    def is_same_pair(self, other: SvmPeer) -> bool:
        """Whether this is a record of the same two SVMs."""
        mine, theirs = ((each.svm, each.cluster_peer, each.peer_svm_uuid) for each in (self, other))
        return mine == theirs
