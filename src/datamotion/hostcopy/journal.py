"""What is known of a copy after a kill: which pieces were verified, of which state of which source.

A file beside the destination, of lines that are only added, each with one write: a kill can cut off the last one at
most, and half a line counts for nothing. Whoever holds its lock is the only one at work there.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Mapping
from typing import Any

from datamotion.errors import Refused

_FORM = 1
_BOOT = "/proc/sys/kernel/random/boot_id"

Kept = Mapping[int, str | None]
"""The sums of pieces by their number; None for one that was copied without being read."""


class Journal:
    """The journal of one destination, locked. `is_resumed`: it is of this source, and what it tells is to be used.

    `same_boot`: the machine has run since it was begun, so that what was written is there whether on disk or not.

    Raises: Refused where another copy to there is under way; OSError.
    """

    def __init__(self, path: str, source: str, stat: os.stat_result) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._fd = _locked(path)
        head, self._pieces, renaming, linking_ns = _read(self._fd)
        boot = _boot()
        mine = {"form": _FORM, "source": source, "device": stat.st_dev, "inode": stat.st_ino}
        self.is_resumed = head is not None and all(head.get(name) == value for name, value in mine.items())
        self.same_boot = self.is_resumed and head is not None and head.get("boot") == boot
        self._renaming = renaming if self.is_resumed else None
        self._linking_ns = linking_ns if self.is_resumed else None
        if not self.is_resumed:
            os.ftruncate(self._fd, 0)
            self._pieces = {}
            try:
                self._add(mine | {"boot": boot})
            except OSError:
                self.forget()
                self.close()
                raise

    def kept(self, name: str, state: tuple[int, ...], piece_size: int) -> Kept:
        """The pieces of a file that were verified when it was in this very state."""
        return self._pieces.get(_key(name, state, piece_size), {})

    def keep(self, name: str, state: tuple[int, ...], piece_size: int, piece: int, digest: str | None) -> None:
        """That this piece is at the destination outlives a kill from now on."""
        self._add({"file": name, "state": state, "piece_size": piece_size, "piece": piece, "sum": digest})

    def renaming(self, inode: int, state: tuple[int, ...]) -> None:
        """What has this inode is whole, and gets its name next: a kill after that leaves only the journal to remove."""
        self._add({"renaming": inode, "state": state})

    def linking(self) -> None:
        """From now on files may get and lose names, which changes when they were last touched."""
        if self._linking_ns is None:
            os.utime(self._fd)
            self._linking_ns = os.fstat(self._fd).st_ctime_ns
            self._add({"linking": self._linking_ns})

    def may_have_linked(self, touched_ns: int) -> bool:
        """Whether a file that was last touched then may have got or lost a name, and was written long before."""
        return self._linking_ns is not None and touched_ns >= self._linking_ns

    def is_renamed(self, inode: int, state: tuple[int, ...]) -> bool:
        """Whether that is the whole copy of the source as it stands, which a kill left with its journal."""
        return self._renaming == (inode, state)

    def forget(self) -> None:
        """The copy has its name, or is given up: there is nothing left to go on with."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)

    def close(self) -> None:
        os.close(self._fd)

    def _add(self, record: Mapping[str, Any]) -> None:
        line = json.dumps(record).encode() + b"\n"
        with self._lock:
            os.write(self._fd, line)


def _locked(path: str) -> int:
    """The file, open and locked; it is that of this path, not one that somebody removed meanwhile."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise Refused(
                f"{path}: another copy to this destination is under way",
                hint="wait for its end; `fuser` with this file tells who it is",
            ) from None
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_ino == os.fstat(fd).st_ino:
                return fd
        os.close(fd)


_Renaming = tuple[int, tuple[int, ...]] | None
_Found = tuple[Mapping[str, Any] | None, dict[str, dict[int, str | None]], _Renaming, int | None]


def _read(fd: int) -> _Found:
    head: Mapping[str, Any] | None = None
    renaming: _Renaming = None
    linking_ns: int | None = None
    pieces: dict[str, dict[int, str | None]] = {}
    with open(fd, "rb", closefd=False) as file:  # it is open already
        for number, line in enumerate(file):
            try:
                record = json.loads(line)
                if number == 0:
                    head = record
                elif "renaming" in record:
                    renaming = record["renaming"], tuple(record["state"])
                elif "linking" in record:
                    linking_ns = int(record["linking"])
                else:
                    key = _key(record["file"], tuple(record["state"]), record["piece_size"])
                    pieces.setdefault(key, {})[record["piece"]] = record["sum"]
            except (ValueError, KeyError, TypeError):
                if number == 0:
                    return None, {}, None, None
                os.ftruncate(fd, file.tell() - len(line))  # the kill came here: the next line begins anew
                break
            if not line.endswith(b"\n"):
                os.write(fd, b"\n")
    return head, pieces, renaming, linking_ns


def _key(name: str, state: tuple[int, ...], piece_size: int) -> str:
    return json.dumps([name, state, piece_size])


def _boot() -> str:
    try:
        with open(_BOOT, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
