"""A permission: which SVMs of a peer cluster may become peers of an SVM unasked."""

from __future__ import annotations

from dataclasses import dataclass

from ontaplab.resources.svm_peers.state import Application

ANY = "*"
"""All SVMs of this cluster, in the place of a name and of a uuid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SvmPeerPermission:
    uuid: str
    cluster_peer: str
    """uuid"""
    svm: str
    """uuid; or `ANY`"""
    applications: tuple[Application, ...]
