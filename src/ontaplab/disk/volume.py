"""One volume's directory.

    live                a writable volume's files; a mirror has none
    snapshots/<name>    each snapshot, never changed once it is there
    unfinished/         what is being built or removed, on the same file system, so that one rename shows or hides it
    directories.json    the inodes of live's directories when the newest snapshot was taken (why: see `copying`)

Live and each snapshot contain `.snapshot`, a link to the snapshots. One thread at a time changes a volume; the caller
knows which snapshots exist, since a crash may leave others behind.
"""

# Plain strings: most snapshots hold few changes, and parsing paths takes longer than taking them.
# ruff: noqa: PTH101, PTH102, PTH104, PTH123, PTH211
from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ontaplab.disk.copying import Newest, copy_tree
from ontaplab.disk.difference import Difference
from ontaplab.disk.receiver import Receiver
from ontaplab.disk.tree import RESERVED, appearance, blocks_bytes, files_below, remove_tree, used_bytes

_numbers = count()


class _Taken(NamedTuple):
    """Of which directories of live, by path, a snapshot was taken: their inodes."""

    snapshot: list[int]
    directories: Mapping[str, int]


class VolumeDirectory:
    """The files of the volume whose directory is `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.live = root / "live"
        self.snapshots = root / "snapshots"
        self._unfinished = root / "unfinished"
        self._former_live = self._unfinished / "former-live"
        self._directories = f"{root}/directories.json"
        self._taken: _Taken | None = None

    def snapshot(self, name: str) -> Path:
        """Where that snapshot is or would be. Raises ValueError if the name cannot be a file name."""
        return self.snapshots / _file_name(name)

    def create(self) -> None:
        """There is an empty writable volume without snapshots. Raises FileExistsError if there is a volume."""
        self.create_mirror()
        try:
            self.make_writable(None)
        except OSError:
            self.remove()
            raise

    def create_mirror(self) -> None:
        """There is a volume without live files and without snapshots. Raises FileExistsError if there is a volume."""
        self.snapshots.mkdir(parents=True)
        self._unfinished.mkdir()

    def create_clone(self, base: Path, name: str) -> None:
        """There is a writable volume that holds what `base`, a snapshot of another volume, holds.

        Its snapshot of that name is made of the very same files. Raises FileExistsError if there is a volume.
        """
        self.create_mirror()
        try:
            Receiver(self.incoming("clone"), base, Difference(()), 0).finish()
            self.accept("clone", name)
            self.make_writable(name)
        except OSError:
            self.remove()
            raise

    def remove(self) -> None:
        """Nothing of the volume is left, finished or not."""
        remove_tree(self.root)

    def take_snapshot(self, name: str, newest: str | None) -> None:
        """The snapshot holds what live holds, sharing the files that did not change since the snapshot `newest`.

        Raises FileExistsError if there is a snapshot of that name.
        """
        target = self._snapshot(name)
        if os.path.lexists(target):
            raise FileExistsError(f"there is a snapshot {name} already")
        with self._new_tree("..") as tree:
            directories = copy_tree(str(self.live), tree, self._newest(newest))
            self._keep_directories(_Taken(_identity(tree), directories))
            os.rename(tree, target)

    def repeat_snapshot(self, name: str, of: str) -> None:
        """The snapshot `name` holds what the snapshot `of` holds, in the very same files.

        Raises OSError if the name is taken.
        """
        Receiver(self.incoming("repeated"), self.snapshot(of), Difference(()), 0).finish()
        self.accept("repeated", name)

    def rename_snapshot(self, name: str, new_name: str) -> None:
        """The snapshot has the new name. Raises FileNotFoundError, or OSError if the new name is taken."""
        os.rename(self._snapshot(name), self._snapshot(new_name))

    def drop_snapshot(self, name: str) -> None:
        """There is no such snapshot; it went at once. Harmless if there was none."""
        self._drop(self._snapshot(name))

    def make_writable(self, from_snapshot: str | None) -> None:
        """Live is a writable copy of the snapshot, or empty. It appears at once; a former live is gone.

        The copy shares no file with the snapshot: clients write in place.
        """
        with self._new_tree("../snapshots") as tree:
            if from_snapshot is not None:
                copy_tree(self._snapshot(from_snapshot), tree)
            remove_tree(self._former_live)
            if self.live.exists():
                self.live.rename(self._former_live)  # a crash before the next line: `sweep` puts it back
            os.rename(tree, self.live)
        remove_tree(self._former_live)

    def restore(self, name: str) -> None:
        """Live holds again what the snapshot holds; the snapshots stay."""
        self.make_writable(name)

    def make_mirror(self) -> None:
        """There is no live; it went at once. Harmless if there was none."""
        self._drop(str(self.live))
        remove_tree(self._former_live)

    def incoming(self, transfer: str) -> Path:
        """Where the tree of that transfer is received; its parent exists."""
        return self._unfinished / _file_name(f"transfer-{transfer}")

    def accept(self, transfer: str, name: str) -> None:
        """The tree received by that transfer is the snapshot `name`. Raises OSError if the name is taken."""
        os.rename(self.incoming(transfer), self._snapshot(name))

    def sweep(self, known_snapshots: Collection[str], keep_transfer: str | None = None) -> None:
        """What a crash left behind is gone: unknown snapshots, and everything unfinished but the transfer to keep."""
        self._unfinished.mkdir(exist_ok=True)
        if self._former_live.exists() and not self.live.exists():
            self._former_live.rename(self.live)
        for snapshot in list(self.snapshots.iterdir()):
            if snapshot.name not in known_snapshots:
                self._drop(str(snapshot))
        keep = None if keep_transfer is None else self.incoming(keep_transfer)
        for leftover in list(self._unfinished.glob("*")):
            if leftover != keep:
                remove_tree(leftover)

    def used_bytes(self, snapshot: str | None = None) -> int:
        """Bytes of the files in live, or of those in a snapshot, shared or not, in whole blocks of 4 KiB."""
        return used_bytes(self.live if snapshot is None else self.snapshot(snapshot))

    def bytes_of_snapshots(self, content: Path | None) -> int:
        """Bytes that snapshots hold and the tree `content` does not, each file once.

        A file of that tree which looks like the one at its path in a snapshot holds that one's bytes too.
        """
        there = {} if content is None else dict(files_below(content))
        held: dict[int, int] = {}
        for snapshot in self.snapshots.iterdir():
            for path, status in files_below(snapshot):
                if path not in there or appearance(there[path]) != appearance(status):
                    held[status.st_ino] = blocks_bytes(status.st_size)
        return sum(held.values())

    def _snapshot(self, name: str) -> str:
        return f"{self.snapshots}/{_file_name(name)}"

    @contextmanager
    def _new_tree(self, snapshots: str) -> Iterator[str]:
        """An empty tree, to be moved away when it is filled: if it is still there at the end, it is removed.

        Its link to the snapshots is made first: it says when a snapshot began.
        """
        tree = self._new_place()
        try:
            os.mkdir(tree)
            os.chmod(tree, 0o755)  # noqa: S103  # clients list it
            os.symlink(snapshots, f"{tree}/{RESERVED}")
            yield tree
        except BaseException:
            remove_tree(tree)
            raise

    def _new_place(self) -> str:
        """A name that nothing has: what a former process left is swept away at the start, or has another number."""
        return f"{self._unfinished}/{os.getpid()}-{next(_numbers)}"

    def _drop(self, tree: str) -> None:
        dropped = self._new_place()
        with suppress(FileNotFoundError):
            os.rename(tree, dropped)
        remove_tree(dropped)

    def _newest(self, name: str | None) -> Newest | None:
        if name is None:
            return None
        tree = self._snapshot(name)
        if self._taken is None:
            self._taken = self._read_directories()
        return Newest(tree, self._taken.directories if self._taken.snapshot == _identity(tree) else {})

    def _read_directories(self) -> _Taken:
        try:
            with open(self._directories, encoding="utf-8") as file:
                document = json.load(file)
        except FileNotFoundError:
            return _Taken([], {})
        return _Taken(document["snapshot"], document["directories"])

    def _keep_directories(self, taken: _Taken) -> None:
        """On disk too, for the next process; a wrong one is told by its snapshot."""
        place = self._new_place()
        try:
            with open(place, "xb", buffering=0) as file:
                file.write(json.dumps(taken._asdict()).encode())
            os.rename(place, self._directories)
        except OSError:
            remove_tree(place)
            raise
        self._taken = taken


def _identity(tree: str) -> list[int]:
    """Tells this snapshot from every other, whatever its name."""
    link = os.lstat(f"{tree}/{RESERVED}")
    return [link.st_ino, link.st_mtime_ns]


def _file_name(name: str) -> str:
    if name in {"", ".", ".."} or "/" in name:
        raise ValueError(f"{name!r} cannot be a file name")
    return name
