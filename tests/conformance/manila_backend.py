"""Manila's data motion for replicas of shares, driven line by line. Runs in an environment that has Manila installed.

    python manila_backend.py manila.conf

Everything that talks to a cluster is Manila's: its REST client and its data-motion session. What is here is what its
driver puts around them. A replica is its id and its host; calls come as `calls.py` beside this file tells.
"""

from __future__ import annotations

import sys
from typing import Any

from calls import answer  # type: ignore[import-not-found]
from manila.share.drivers.netapp.dataontap.cluster_mode.data_motion import (  # type: ignore[import-not-found]
    DataMotionSession,
    get_client_for_backend,
)
from oslo_config import cfg


class Replicas(DataMotionSession):  # type: ignore[misc]
    """The session's own methods, and what its driver asks the REST client beside them."""

    def create_volume(self, replica: dict[str, Any], aggregate: str) -> None:
        """The volume of a replica that is to be filled by a mirror."""
        volume, svm, backend = self.get_backend_info_for_share(replica)
        get_client_for_backend(backend, vserver_name=svm).create_volume(
            aggregate, volume, 1, thin_provisioned=True, volume_type="dp"
        )

    def peer(self, replica: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
        """The SVMs of both are peers, each in the way of its cluster. Returns what the first knows of it."""
        (_, svm, backend), (_, other_svm, other_backend) = map(self.get_backend_info_for_share, (replica, other))
        client, other_client = get_client_for_backend(backend), get_client_for_backend(other_backend)
        if not client.get_vserver_peers(svm, other_svm):
            client.create_vserver_peer(svm, other_svm, peer_cluster_name=other_client.get_cluster_name())
            other_client.accept_vserver_peer(other_svm, svm)
        peers: list[dict[str, Any]] = client.get_vserver_peers(svm, other_svm)
        return peers

    def unpeer(self, replica: dict[str, Any], other: dict[str, Any]) -> None:
        """The SVM of the first is no peer of the other's."""
        (_, svm, backend), (_, other_svm, _) = map(self.get_backend_info_for_share, (replica, other))
        get_client_for_backend(backend).delete_vserver_peer(svm, other_svm)


def main() -> None:
    (configuration,) = sys.argv[1:]
    cfg.CONF(["--config-file", configuration], project="manila")
    answer(Replicas)


if __name__ == "__main__":
    main()
