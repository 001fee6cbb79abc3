"""SMB hosts: a user's session with an SVM, and in it connections to shares.

A host whose session was closed connects again at its next request, as real ones do, and finds shares as they are then.
Export policies bind it only where the SVM's CIFS server says so (`options.export_policy_enabled`).
Source: NetApp's SMB documentation, "How export policies are used with SMB access"

Assumption: a connection to a share is to a directory of a volume, and outlives that volume's unmounting.
"""

from __future__ import annotations

import errno
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.doors.access import AccessCache, Host, check_access
from ontaplab.doors.errors import DoorError
from ontaplab.doors.nfs import check_answers
from ontaplab.doors.opened import Opened
from ontaplab.doors.writing import Writes
from ontaplab.resources.cifs_sessions.state import Session, Tree
from ontaplab.resources.cifs_shares.lookup import share_named
from ontaplab.resources.files.state import FileHandle
from ontaplab.resources.qtrees.lookup import policy_at
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.namespace import way_to
from ontaplab.resources.volumes.state import Volume


class SmbClient:
    """A user of an SMB host."""

    def __init__(self, cluster: Cluster, writes: Writes, cache: AccessCache, address: str, user: str) -> None:
        self.host = Host(address=address, protocol="cifs", flavor="ntlm")
        self.user = user
        self.cluster = cluster
        self.cache = cache
        self._writes = writes

    async def connect(self, svm: str, share: str) -> Opened:
        """The share's root, which the user is connected to. Raises: DoorError."""
        return await self.connected(svm, share).open("")

    def connected(self, svm: str, share: str) -> Opened:
        """The share's root, which the user's first request connects to. Raises: DoorError without such an SVM."""
        found = self.cluster.svms.first(lambda each: each.name == svm)
        if found is None:
            raise DoorError(errno.ENOENT, f"no SVM is called {svm}")
        return Opened(self.cluster, self._writes, SmbTree(self, found.uuid, share))


class SmbTree:
    """A user's connection to a share. It is a `Connection`."""

    def __init__(self, client: SmbClient, svm: str, share: str) -> None:
        self._client = client
        self._cluster = client.cluster
        self._svm = svm
        self._share = share

    def root(self) -> FileHandle:
        """Where the share leads; the session and the connection are made where they are not there."""
        return self._connected()[1].root

    def judge(self, volume: Volume, path: str, *, writes: bool) -> bool:
        """See `Connection`. Users are administrators to the files; what shares and policies say binds them."""
        session, tree = self._connected()
        self._check_policy(volume, path, writes=writes)
        if writes and volume.is_mirror:
            raise DoorError(errno.EROFS, f"volume {volume.name} is a mirror", path)
        if writes and not tree.writes:
            raise DoorError(errno.EACCES, f"share {self._share} does not let {self._client.user} write", path)
        volumes = session.volumes if volume.uuid in session.volumes else (*session.volumes, volume.uuid)
        self._cluster.cifs_sessions.put(replace(session, volumes=volumes, last_request=self._cluster.clock.now()))
        return True

    def below(self, path: str, found: FileHandle) -> tuple[SmbTree, str]:
        session, _ = self._connected()
        if path:
            self._cluster.cifs_sessions.put(replace(session, open_files=session.open_files + 1))
        return self, path

    def _connected(self) -> tuple[Session, Tree]:
        svm = self._cluster.svms.get(self._svm)
        if svm is None:
            raise DoorError(errno.ETIMEDOUT, "the SVM is gone")
        check_answers(svm, "cifs")
        session = self._session() or self._new_session()
        if self._share not in session.trees:
            trees = {**session.trees, self._share: self._new_tree(svm)}
            session = self._cluster.cifs_sessions.put(replace(session, trees=trees))
        return session, session.trees[self._share]

    def _session(self) -> Session | None:
        wanted = self._svm, self._client.host.address, self._client.user
        return self._cluster.cifs_sessions.first(lambda each: (each.svm, each.client_ip, each.user) == wanted)

    def _new_session(self) -> Session:
        now = self._cluster.clock.now()
        number = self._cluster.next_session()
        return Session(
            uuid=str(number),
            identifier=number,
            connection_id=number,
            svm=self._svm,
            client_ip=self._client.host.address,
            user=self._client.user,
            connected=now,
            last_request=now,
        )

    def _new_tree(self, svm: Svm) -> Tree:
        share = share_named(self._cluster, svm.uuid, self._share)
        if share is None:
            raise DoorError(errno.ENOENT, f"SVM {svm.name} has no share {self._share}")
        permission = share.permission_of(self._client.user)
        if permission == "no_access":
            raise DoorError(errno.EACCES, f"share {share.name} does not let {self._client.user} in")
        way = way_to(self._cluster, svm.uuid, share.path)
        if not way:
            raise DoorError(errno.ENOENT, f"no volume is mounted where share {share.name} leads to", share.path)
        return Tree(way[-1], writes=permission != "read")

    def _check_policy(self, volume: Volume, path: str, *, writes: bool) -> None:
        service = self._cluster.cifs_services.get(volume.svm)
        if service is None or not service.export_policy_enabled:
            return
        name, host = policy_at(self._cluster, volume, path), self._client.host
        access = self._client.cache.access(host, name, volume.svm)
        check_access(access, volume, f"export policy {name} does not let {host.address}", path, writes=writes)
