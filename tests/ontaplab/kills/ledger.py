"""What a cluster has acknowledged to its clients."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Tree = Mapping[str, bytes]
_SOON_S = 60


class Tally:
    """How many changes were acknowledged, to all clients."""

    def __init__(self) -> None:
        self.count = 0
        self._more = threading.Condition()

    def add(self) -> None:
        with self._more:
            self.count += 1
            self._more.notify_all()

    def wait_for(self, more: int) -> None:
        """So many more than now were acknowledged. Fails if that takes too long, as when no client goes on."""
        with self._more:
            wanted = self.count + more
            assert self._more.wait_for(lambda: self.count >= wanted, _SOON_S), f"{self.count} of {wanted} changes"


@dataclass
class Ledger:
    """What must be there. Of what was asked and not answered nothing is known: it may have happened, or in part."""

    tally: Tally
    files: dict[str, bytes] = field(default_factory=dict)
    """Of the volume `files`."""
    snapshots: dict[str, Tree] = field(default_factory=dict)
    """Of the volume `files`, with what was in them when they had been taken."""
    volumes: set[str] = field(default_factory=set)
    mirrors: dict[str, str] = field(default_factory=dict)
    """Uuids of relationships that end at the cluster, with the volumes that they end at."""
    gone: set[str] = field(default_factory=set)
    """What was removed: names of volumes and snapshots, uuids of relationships."""
    open: set[str] = field(default_factory=set)
    """What was asked for and not answered: names of any of these."""

    def leave_open(self) -> None:
        """Nothing is known of what was not answered: it is not looked for any more."""
        for name in self.open:
            self.files.pop(name, None)
            self.snapshots.pop(name, None)
            self.volumes.discard(name)
            self.mirrors.pop(name, None)
        self.open.clear()


def tree(root: Path) -> Tree:
    """Every file below, but for those of snapshots."""
    root = root.resolve()
    files = (path for path in root.rglob("*") if path.is_file())
    found = {path.relative_to(root).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".snapshot/")}
