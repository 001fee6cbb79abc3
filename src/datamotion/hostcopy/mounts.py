"""What is mounted on this machine; nothing where its system does not tell, as macOS."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

_ESCAPED = rb"\\([0-7]{3})"


class Mount(NamedTuple):
    """`device` is that of its files, of which those below `root` are seen at `path`."""

    path: str
    device: int
    kind: str
    root: str


NETWORKS = frozenset({"nfs4", "cifs", "smb3", "ceph"})
"""File systems whose server may copy by itself."""
RESERVING = frozenset({"ext4"})
"""File systems that write faster where room was made ahead, and give back what is not needed."""


def devices_of(kinds: frozenset[str]) -> frozenset[int]:
    """The devices of what is mounted and of such a kind."""
    return frozenset(each.device for each in _mounts() if each.kind in kinds)


def mounts_within(folder: str) -> list[str]:
    """Where something is mounted: at this folder, or below it."""
    return sorted(each.path for each in _mounts() if _is_below(each.path, folder))


def other_names(folder: str) -> Iterator[str]:
    """By what other paths this folder is seen here, as where a part of a file system is mounted a second time.

    It has no link in it. What is mounted by way of a server, from this very machine, is not known for what it is.
    """
    mounts = list(_mounts())
    above = (each for each in reversed(mounts) if _is_below(folder, each.path))  # the last one hides those before it
    here = max(above, key=lambda each: len(each.path), default=None)
    if here is None:
        return
    inside = os.path.normpath(os.path.join(here.root, os.path.relpath(folder, here.path)))
    for each in mounts:
        if each.device == here.device and each != here and _is_below(inside, each.root):
            name = os.path.normpath(os.path.join(each.path, os.path.relpath(inside, each.root)))
            try:
                if os.path.samestat(os.stat(name), os.stat(folder)):  # else something is mounted over it
                    yield name
            except OSError:
                continue


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _mounts() -> Iterator[Mount]:
    try:
        with open("/proc/self/mountinfo", "rb") as mounts:
            for line in mounts:
                head, _, tail = line.partition(b" - ")
                _, _, device, root, path = head.split(b" ", 5)[:5]
                major, _, minor = device.partition(b":")
                kind = tail.split(b" ", 1)[0].decode()
                yield Mount(_plain(path), os.makedev(int(major), int(minor)), kind, _plain(root))
    except OSError:
        return


def _plain(path: bytes) -> str:
    if b"\\" in path:  # seldom: what is not compiled takes no time
        path = re.sub(_ESCAPED, lambda found: bytes([int(found[1], 8)]), path)
    return os.fsdecode(path)
