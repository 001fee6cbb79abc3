"""Shares by name."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.cifs_shares.state import Share


def share_named(cluster: Cluster, svm: str, name: str) -> Share | None:
    """That SVM's share of this name, whatever its case."""
    return cluster.cifs_shares.first(lambda share: share.svm == svm and share.name.casefold() == name.casefold())
