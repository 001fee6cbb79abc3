"""Filling volumes with the files of a folder."""

from __future__ import annotations

import heapq
import os
import shutil
import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ontaplab.disk.tree import BLOCK, PERMISSIONS, RESERVED
from ontaplab.site.errors import SiteError
from ontaplab.site.rest import Rest

MIB = 1024**2
_SMALLEST_BYTES = 64 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """`volumes`: the bytes of the files in each, by name. `skipped`: what could not be read or is no plain file."""

    volumes: Mapping[str, int]
    files: int
    skipped: int

    @property
    def bytes(self) -> int:
        return sum(self.volumes.values())


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    """Relative to the source."""
    blocks_bytes: int
    """What it takes on a disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where volumes are made. `by_name` is the folder where the SVM's volumes are found by their names."""

    svm: str
    aggregate: str
    by_name: Path


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def seed(
    rest: Rest,
    place: Place,
    source: Path,
    names: Sequence[str],
    *,
    leave_out: Collection[str],
    copies: int,
    free: Callable[[Path], int],
    free_at: Path,
) -> Seeded:
    """There are volumes of these names, which hold the plain files of `source`, spread evenly by bytes.

    Folders named in `leave_out` are left out wherever they are.
    Raises: SiteError; the cluster then has none of these volumes.
    """
    files, skipped = _listed(source, leave_out)
    needed = copies * sum(file.blocks_bytes for file in files)
    if needed > free(free_at):
        what = f"the files in {source} need" if copies == 1 else f"{copies} copies of the files in {source} need"
        raise SiteError(f"{what} {_mib(needed)}, {free_at} has {_mib(free(free_at))} free")
    shares = dict(zip(names, _spread(files, len(names)), strict=True))
    volumes: dict[str, int] = {}
    count = 0
    with ExitStack() as undo:
        for name, share in shares.items():
            uuid = rest.create("/storage/volumes", _volume(place, name, sum(file.blocks_bytes for file in share)))
            undo.callback(rest.remove, f"/storage/volumes/{uuid}")
        try:
            for name, share in shares.items():
                tree = (place.by_name / name).resolve(strict=True)
                sizes = [_copy(source / file.path, tree / file.path) for file in share]
                volumes[name] = sum(size for size in sizes if size is not None)
                count += len(sizes) - sizes.count(None)
        except OSError as error:
            raise SiteError(
                f"copying the files of {source} failed: {error.strerror}. They need {_mib(needed)}",
                "The volumes that were made for them are gone again.",
            ) from error
        undo.pop_all()
    return Seeded(volumes=volumes, files=count, skipped=skipped + len(files) - count)


def _listed(source: Path, leave_out: Collection[str]) -> tuple[list[_File], int]:
    """The plain files that can be read, and how many others there are. Raises: SiteError if there is none."""
    if not source.is_dir():
        raise SiteError(f"there is no folder {source}")
    files: list[_File] = []
    skipped = 0
    folders = [source]
    for folder in folders:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            skipped += 1
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in leave_out and (folder != source or entry.name != RESERVED):
                    folders.append(Path(entry.path))
            elif (blocks_bytes := _blocks_bytes(entry)) is not None:
                files.append(_File(os.path.relpath(entry.path, source), blocks_bytes))
            else:
                skipped += 1
    if not files:
        raise SiteError(f"{source} holds no files that can be read")
    return files, skipped


def _blocks_bytes(entry: os.DirEntry[str]) -> int | None:
    """What a plain file takes on a disk; None for one that is none, cannot be read or has vanished."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode) or not os.access(entry.path, os.R_OK):
        return None
    return -(-status.st_size // BLOCK) * BLOCK


def _spread(files: Sequence[_File], count: int) -> list[list[_File]]:
    """The files in that many shares: the largest first, each to the share that has the fewest bytes."""
    shares: list[list[_File]] = [[] for _ in range(count)]
    filled = [(0, number) for number in range(count)]
    for file in sorted(files, key=lambda file: (-file.blocks_bytes, file.path)):
        size, number = filled[0]
        heapq.heapreplace(filled, (size + file.blocks_bytes, number))
        shares[number].append(file)
    return shares


def _volume(place: Place, name: str, content_bytes: int) -> Mapping[str, object]:
    """Twice as large as its content: there is room for what clients write and for snapshots."""
    return {
        "name": name,
        "svm": {"name": place.svm},
        "aggregates": [{"name": place.aggregate}],
        "size": max(_SMALLEST_BYTES, 2 * -(-content_bytes // MIB) * MIB),
        "nas": {"path": f"/{name}"},
    }


def _copy(source: Path, target: Path) -> int | None:
    """The target is a copy that its owner may write to. Returns its size; None if the source has vanished.

    Raises: OSError of writing.
    """
    try:
        original = source.open("rb")
    except OSError:
        return None
    with original:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as copy:
            shutil.copyfileobj(original, copy, MIB)
            size = copy.tell()
        status = os.fstat(original.fileno())
        target.chmod(status.st_mode & PERMISSIONS | stat.S_IRUSR | stat.S_IWUSR)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return size


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / MIB:,.1f} MiB"
