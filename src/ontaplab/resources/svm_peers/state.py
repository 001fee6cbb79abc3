"""An SVM peer as one side sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["initializing", "initiated", "pending", "peered", "rejected", "suspended"]
Application = Literal["snapmirror", "file_copy", "lun_copy", "flexcache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SvmPeer:
    """`name` is the local alias of the peer SVM, which SnapMirror paths use.

    Between clusters both sides have the same uuid. Inside one cluster there is one record, read from either SVM.
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
