"""LUNs in a volume's tree: each is a plain file, and one file at the root, `.luns`, says which files are LUNs.

So they go wherever the tree goes: snapshots, restores, clones and mirrors carry them like all else. A LUN is there if
it is listed and its file is: whoever makes one lists it first, whoever removes one removes its file first, and what a
crash left between is no LUN.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ontaplab.disk.content import copy_content
from ontaplab.disk.tree import LONGEST_FILE_NAME, RESERVED

LIST = ".luns"


@dataclass(frozen=True, slots=True, kw_only=True)
class LunFile:
    """What is kept of a LUN beside its bytes."""

    id: str
    """Tells it from all other LUNs of its volume, whatever it is called."""
    path: str
    """From the volume's root: a name, or that of a qtree and a name in it."""
    os_type: str
    created: str
    """ISO 8601"""
    enabled: bool = True
    comment: str = ""
    qos_policy: str | None = None
    """The name of one."""
    guaranteed: bool = True
    """Whether its whole size was asked to be reserved."""
    tells_thin: bool = False
    """Whether hosts are told that it is thin: then they give back what they free."""
    kept_uuid: str | None = None
    """The uuid that it brought along, from the volume in which it was made."""
    kept_in: str | None = None
    """The volume (its uuid) that it was moved to: where it has that uuid, and nowhere else."""


def can_be_lun(path: str) -> bool:
    """Whether a LUN may be at that path of a volume."""
    parts = path.split("/")
    names = len(parts) <= 2 and not {"", ".", "..", LIST, RESERVED} & set(parts) and "\0" not in path
    return names and all(len(os.fsencode(part)) <= LONGEST_FILE_NAME for part in parts)


def luns_in(tree: Path) -> list[tuple[LunFile, os.stat_result]]:
    """Those that are there, each with what its file looks like. A list that nobody can read lists none."""
    found = []
    for lun in _listed(tree):
        with suppress(OSError):
            status = _file(tree, lun.path)
            if status is not None:
                found.append((lun, status))
    return found


def make_lun(tree: Path, lun: LunFile, size_bytes: int, content: Path | None = None) -> None:
    """There is a LUN of that size: of zeros, or with what the file `content` holds. Raises: OSError."""
    _keep(tree, [*(each for each in _listed(tree) if each.path != lun.path), lun])
    place = tree.parent / "unfinished" / f"lun-{lun.id}"
    with place.open("wb") as file:
        place.chmod(0o600)
        if content is not None:
            with content.open("rb") as source:
                copy_content(source.fileno(), file.fileno(), os.fstat(source.fileno()).st_size)
        file.truncate(size_bytes)
    place.rename(tree / lun.path)


def change_lun(tree: Path, lun: LunFile, size_bytes: int) -> None:
    """The LUN of that id is as the record says, at its path, and as large as that. Raises: OSError."""
    former = next(each for each in _listed(tree) if each.id == lun.id)
    others = [each for each in _listed(tree) if each.id != lun.id and each.path != lun.path]
    if former.path != lun.path:
        _keep(tree, [*others, replace(lun, path=former.path), lun])
        (tree / former.path).rename(tree / lun.path)
    _keep(tree, [*others, lun])
    if (tree / lun.path).stat().st_size != size_bytes:
        os.truncate(tree / lun.path, size_bytes)


def move_lun(tree: Path, lun: LunFile, target: Path, moved: LunFile) -> None:
    """The LUN is in the other tree, as `moved` says, and in this one no more; at no time in both. Raises: OSError."""
    _keep(target, [*(each for each in _listed(target) if each.path != moved.path), moved])
    (tree / lun.path).rename(target / moved.path)
    _keep(tree, [each for each in _listed(tree) if each.id != lun.id])


def remove_lun(tree: Path, lun: LunFile) -> None:
    """Neither the file nor its mention is there. Raises: OSError."""
    (tree / lun.path).unlink(missing_ok=True)
    _keep(tree, [each for each in _listed(tree) if each.id != lun.id])


def _file(tree: Path, path: str) -> os.stat_result | None:
    """What a plain file at that path looks like; a symbolic link on the way leads to none."""
    above, _, _ = path.rpartition("/")
    status = (tree / path).lstat()
    return status if stat.S_ISREG(status.st_mode) and not (tree / above).is_symlink() else None


def _listed(tree: Path) -> list[LunFile]:
    try:
        found = [LunFile(**each) for each in json.loads((tree / LIST).read_bytes())]
    except (OSError, ValueError, TypeError):
        return []
    return [lun for lun in found if can_be_lun(lun.path)]


def _keep(tree: Path, luns: Iterable[LunFile]) -> None:
    """At once: a reader sees the former list or this one."""
    place = tree.parent / "unfinished" / LIST
    place.write_text(json.dumps([asdict(lun) for lun in luns]), encoding="utf-8")
    place.replace(tree / LIST)
