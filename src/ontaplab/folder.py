"""A cluster's folder: what is where, and which process holds it.

    cluster.json   what the cluster is: see `ontaplab.settings`
    server.pem     its private key and certificate (mode 600)
    password       its administrator's password (mode 600)
    cluster.log    what its process says
    lock, gate     held by its process; held by whoever looks at the lock
    pid            the id of the process that holds the lock, or held it last
    cluster.db, volumes/, exports/, by-name/    its world

The folders of clusters that know each other lie side by side, with `ca.pem`, `network.json` and `sockets` next to them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from ontaplab.settings import Settings, read_settings

ACCOUNT = "admin"


def write_private(path: Path, content: bytes) -> None:
    """A new file that its owner alone can read, at every moment, whatever the umask. Raises: FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


_held: list[BaseFileLock] = []
"""What this process holds: a lock that nobody refers to any more would be released."""


def release_held() -> None:
    """This process holds no folder any more."""
    while _held:
        _held.pop().release()


class FolderHeld(Exception):
    """Another process holds the folder."""

    def __init__(self, root: Path, pid: int) -> None:
        super().__init__(f"process {pid} runs the cluster in {root}")
        self.pid = pid


class ClusterFolder:
    """The folder `root`, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.certificate = root / "server.pem"
        self.password_file = root / "password"
        self.log = root / "cluster.log"
        self.ca_file = root.parent / "ca.pem"
        self.network_book = root.parent / "network.json"
        self._settings = root / "cluster.json"
        self._pid = root / "pid"
        self._lock = FileLock(root / "lock", mode=0o600)
        self._gate = FileLock(root / "gate", mode=0o600)

    def write_settings(self, settings: Settings) -> None:
        """The first ones, or others in their place: for a cluster that does not run."""
        written = self._settings.with_suffix(".new")
        written.unlink(missing_ok=True)
        write_private(written, settings.model_dump_json(indent=2).encode())
        written.replace(self._settings)

    def settings(self) -> Settings:
        """Raises: OSError; SettingsError, a ValueError, if they are not what they should be."""
        return read_settings(self._settings)

    def password(self) -> str:
        return self.password_file.read_text().strip()

    def hold(self) -> None:
        """This process holds the folder until it has ended, however it ends. Raises: FolderHeld."""
        with self.looking() as pid:
            if pid is not None:
                raise FolderHeld(self.root, pid)
            self._lock.acquire()
            _held.append(self._lock)
            self._pid.write_text(str(os.getpid()))

    @contextmanager
    def looking(self) -> Iterator[int | None]:
        """The id of the process that holds the folder, None where none does. Until the end no other comes to hold it.

        The file `pid` alone proves nothing, a killed process leaves it behind. While the lock is held, it was written
        by the holder: between taking the lock and writing it, the holder keeps the gate closed.
        """
        with self._gate:
            yield self._holder()

    def wait_until_free(self, seconds: float) -> bool:
        """Whether nobody holds the folder any more, at once or after at most so many seconds. To be called looking."""
        try:
            with self._lock.acquire(timeout=seconds, poll_interval=0.01):
                return True
        except Timeout:
            return False

    def _holder(self) -> int | None:
        return None if self.wait_until_free(0) else int(self._pid.read_text())
