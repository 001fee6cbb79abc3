"""Hosts of a cluster that is a process: its doors over HTTP, for programs without an event loop.

What they are refused raises DoorError, as inside the process; a cluster that does not answer raises SiteError.
"""

from __future__ import annotations

import errno
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ontaplab.doors.access import Host
from ontaplab.doors.block import SeenLun
from ontaplab.doors.errors import DoorError

Ask = Callable[[str, Mapping[str, object]], Mapping[str, Any]]
"""Sends a request to a path below `/lab`. Returns what was answered."""


class RemoteDoors:
    """Where hosts come in."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def nfs(self, host: Host | str) -> RemoteNfs:
        """An NFS host, or that of an address which speaks NFSv3 and whose users are as it says (`sys`)."""
        return RemoteNfs(self._ask, Host(address=host) if isinstance(host, str) else host)

    def block(self, initiator: str) -> RemoteBlock:
        """A block host, by the IQN or WWPN of its initiator."""
        return RemoteBlock(self._ask, initiator)

    def smb(self, address: str, user: str = "user") -> RemoteSmb:
        """A user of the SMB host of that address."""
        return RemoteSmb(self._ask, {"address": address, "user": user})


class RemoteNfs:
    """An NFS host."""

    def __init__(self, ask: Ask, host: Host) -> None:
        self._ask = ask
        self._host = asdict(host)

    def open(self, svm: str, path: str) -> RemoteOpened:
        """What is at that path of the SVM's namespace."""
        asked = {"host": self._host, "svm": svm, "do": "open", "path": path}
        handle = _answered(self._ask("/lab/nfs", asked))["handle"]
        return RemoteOpened(self._ask, "/lab/nfs", {"host": self._host, "handle": handle})


class RemoteBlock:
    """A block host by one of its initiators."""

    def __init__(self, ask: Ask, initiator: str) -> None:
        self._ask = ask
        self._initiator = initiator

    def luns(self) -> list[SeenLun]:
        """The LUNs that are there for it, by number; those that are offline are not."""
        return [SeenLun(**each) for each in self.do("list")["luns"]]

    def lun(self, which: str) -> RemoteBlocks:
        """The LUN of that serial number or name; nothing is asked of the cluster yet."""
        return RemoteBlocks(self, which)

    def do(self, what: str, **more: object) -> Mapping[str, Any]:
        """One request, answered."""
        return _answered(self._ask("/lab/block", {"initiator": self._initiator, "do": what, **more}))


class RemoteBlocks:
    """A LUN in a host's hands."""

    def __init__(self, client: RemoteBlock, which: str) -> None:
        self._client = client
        self._which = which

    def read(self, *, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes from the offset on: all, or no more than `length`."""
        return b64decode(self._client.do("read", lun=self._which, offset=offset, length=length)["content"])

    def write(self, content: bytes, *, offset: int = 0) -> None:
        """The LUN holds this from the offset on."""
        self._client.do("write", lun=self._which, offset=offset, content=b64encode(content).decode())


class RemoteSmb:
    """A user of an SMB host."""

    def __init__(self, ask: Ask, host: Mapping[str, str]) -> None:
        self._ask = ask
        self._host = host

    def connect(self, svm: str, share: str) -> RemoteOpened:
        """The share's root, which the user is connected to."""
        return RemoteOpened(self._ask, "/lab/smb", {"host": self._host, "svm": svm, "share": share}).open("")


class RemoteOpened:
    """A file or directory that a host has open. Paths are relative to it; the empty one is itself."""

    def __init__(self, ask: Ask, door: str, about: Mapping[str, object], path: str = "") -> None:
        self._ask = ask
        self._door = door
        self._about = about
        self._path = path

    def open(self, path: str) -> RemoteOpened:
        """What is at the path, open on its own."""
        handle = self._do("open", path)["handle"]
        if "handle" in self._about:
            return RemoteOpened(self._ask, self._door, {**self._about, "handle": handle})
        return RemoteOpened(self._ask, self._door, self._about, self._join(path))

    def read(self, path: str = "", *, offset: int = 0, length: int | None = None) -> bytes:
        """The file's bytes from the offset on: all, or no more than `length`."""
        return b64decode(self._do("read", path, offset=offset, length=length)["content"])

    def list(self, path: str = "") -> list[str]:
        """The names in the directory, sorted; those of volumes that are mounted in it are among them."""
        names: list[str] = self._do("list", path)["names"]
        return names

    def write(self, content: bytes, path: str = "", *, offset: int | None = None) -> None:
        """The file, which is made if need be, holds just this; with an offset, this from there on (-1: at its end)."""
        self._do("write", path, content=b64encode(content).decode(), offset=offset)

    def make_directory(self, path: str) -> None:
        """There is a new directory."""
        self._do("make_directory", path)

    def remove(self, path: str) -> None:
        """The file, or the empty directory, is gone."""
        self._do("remove", path)

    def rename(self, path: str, new_path: str) -> None:
        """The file or directory is at the new path; a file that was there is replaced."""
        self._do("rename", path, new_path=self._join(new_path))

    def _do(self, do: str, path: str, **more: object) -> Mapping[str, Any]:
        asked = {**self._about, "do": do, "path": self._join(path), **more}
        return _answered(self._ask(self._door, asked))

    def _join(self, path: str) -> str:
        return "/".join(part for part in (self._path, path) if part)


def _answered(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises: DoorError."""
    error = answer.get("error")
    if error is not None:
        raise DoorError(getattr(errno, error["errno"]), error["message"], error["path"])
    return answer
