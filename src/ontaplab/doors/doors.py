"""One cluster's doors."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.doors.access import AccessCache, Host
from ontaplab.doors.block import BlockClient
from ontaplab.doors.nfs import NfsClient
from ontaplab.doors.smb import SmbClient
from ontaplab.doors.writing import Writes


class Doors:
    """Where hosts come in."""

    def __init__(self, cluster: Cluster, writes: Writes) -> None:
        self.access_cache = AccessCache(cluster)
        self._cluster = cluster
        self._writes = writes

    def nfs(self, host: Host | str) -> NfsClient:
        """An NFS host, or that of an address which speaks NFSv3 and whose users are as it says (`sys`)."""
        host = Host(address=host) if isinstance(host, str) else host
        return NfsClient(self._cluster, self._writes, self.access_cache, host)

    def block(self, initiator: str) -> BlockClient:
        """A block host, by the IQN or WWPN of its initiator."""
        return BlockClient(self._cluster, self._writes, initiator)

    def smb(self, address: str, user: str = "user") -> SmbClient:
        """A user of the SMB host of that address."""
        return SmbClient(self._cluster, self._writes, self.access_cache, address, user)
