"""How sessions end that nobody closed."""

from __future__ import annotations

from ontaplab.cluster import Cluster


def end_sessions(cluster: Cluster, svm: str) -> None:
    """Nobody is connected to the SVM (its uuid) by SMB."""
    for session in cluster.cifs_sessions.where(lambda session: session.svm == svm):
        cluster.cifs_sessions.remove(session.uuid)
