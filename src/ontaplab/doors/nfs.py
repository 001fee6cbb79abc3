"""NFS hosts: they keep handles of what they open, and each of their requests is judged by an export policy."""

from __future__ import annotations

import errno

from ontaplab.cluster import Cluster
from ontaplab.doors.access import AccessCache, Host, check_access
from ontaplab.doors.errors import DoorError
from ontaplab.doors.opened import Opened
from ontaplab.doors.writing import Writes
from ontaplab.resources.connected_clients.state import ConnectedClient
from ontaplab.resources.files.state import FileHandle
from ontaplab.resources.qtrees.lookup import policy_at
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.namespace import way_to
from ontaplab.resources.volumes.state import Volume


class NfsClient:
    """An NFS host."""

    def __init__(self, cluster: Cluster, writes: Writes, cache: AccessCache, host: Host) -> None:
        self.host = host
        self._cluster = cluster
        self._writes = writes
        self._cache = cache

    async def open(self, svm: str, path: str) -> Opened:
        """What is at that path of the SVM's namespace: "/vol_1" is the root of the volume that is mounted there.

        To get there, the host needs to read the volumes on the way, the SVM's root volume among them if it has one.
        Raises: DoorError.
        """
        found = self._cluster.svms.first(lambda each: each.name == svm)
        if found is None:
            raise DoorError(errno.ENOENT, f"no SVM is called {svm}", path)
        check_answers(found, "nfs")
        way = way_to(self._cluster, found.uuid, path)
        if not way:
            raise DoorError(errno.ENOENT, f"no volume of {svm} is mounted there", path)
        root = Opened(self._cluster, self._writes, NfsMount(self, FileHandle(way[0].volume, "")))
        return await root.open(way[0].path)

    def mounted(self, handle: FileHandle) -> Opened:
        """What the handle, which the host was given once, stands for; nothing is asked of the cluster yet."""
        return Opened(self._cluster, self._writes, NfsMount(self, handle))

    def judge(self, volume: Volume, path: str, *, writes: bool) -> bool:
        """See `Connection`."""
        check_answers(self._cluster.svms[volume.svm], "nfs")
        name = policy_at(self._cluster, volume, path)
        access = self._cache.access(self.host, name, volume.svm)
        check_access(access, volume, f"export policy {name} does not let {self.host.address}", path, writes=writes)
        self._note(volume)
        return access.root

    def _note(self, volume: Volume) -> None:
        """Assumption: what was refused does not count as a request of a connected client."""
        uuid = f"{self.host.address}/{volume.uuid}/{self.host.protocol}"
        self._cluster.connected_clients.put(
            ConnectedClient(
                uuid=uuid,
                client_ip=self.host.address,
                volume=volume.uuid,
                svm=volume.svm,
                protocol=self.host.protocol,
                last_request=self._cluster.clock.now(),
            )
        )


class NfsMount:
    """A handle in a host's hands. It is a `Connection`."""

    def __init__(self, client: NfsClient, handle: FileHandle) -> None:
        self._client = client
        self._handle = handle

    def root(self) -> FileHandle:
        return self._handle

    def judge(self, volume: Volume, path: str, *, writes: bool) -> bool:
        return self._client.judge(volume, path, writes=writes)

    def below(self, path: str, found: FileHandle) -> tuple[NfsMount, str]:
        return NfsMount(self._client, found), ""


def check_answers(svm: Svm, protocol: str) -> None:
    """Raises: DoorError where no request is answered.

    Assumption: the numbers. A host with a hard mount waits for ever instead.
    """
    if svm.state != "running":
        raise DoorError(errno.ETIMEDOUT, f"SVM {svm.name} is {svm.state}")
    if protocol not in svm.protocols:
        raise DoorError(errno.ECONNREFUSED, f"{protocol} is not enabled in SVM {svm.name}")
