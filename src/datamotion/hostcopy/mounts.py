"""What is mounted on this machine; nothing where its system does not tell, as macOS."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

_ESCAPED = rb"\\([0-7]{3})"


class Mount(NamedTuple):
    """`device` is that of its files."""

    path: str
    device: int
    kind: str


NETWORKS = frozenset({"nfs4", "cifs", "smb3", "ceph"})
"""File systems whose server may copy by itself."""
RESERVING = frozenset({"ext4"})
"""File systems that write faster where room was made ahead, and give back what is not needed."""


def devices_of(kinds: frozenset[str]) -> frozenset[int]:
    """The devices of what is mounted and of such a kind."""
    return frozenset(each.device for each in _mounts() if each.kind in kinds)


def mounts_within(folder: str) -> list[str]:
    """Where something is mounted: at this folder, or below it."""
    below = f"{folder.rstrip('/')}/"
    return sorted(each.path for each in _mounts() if each.path == folder or each.path.startswith(below))


def _mounts() -> Iterator[Mount]:
    try:
        with open("/proc/self/mountinfo", "rb") as mounts:
            for line in mounts:
                head, _, tail = line.partition(b" - ")
                _, _, device, _, path = head.split(b" ", 5)[:5]
                major, _, minor = device.partition(b":")
                plain = path
                if b"\\" in path:  # seldom: what is not compiled takes no time
                    plain = re.sub(_ESCAPED, lambda found: bytes([int(found[1], 8)]), path)
                yield Mount(os.fsdecode(plain), os.makedev(int(major), int(minor)), tail.split(b" ", 1)[0].decode())
    except OSError:
        return
