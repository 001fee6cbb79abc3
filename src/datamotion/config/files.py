"""Files that may have been put there by others: read without waiting and within bounds; and who could change one."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_ROOT = 0


def open_regular(path: Path, *, follow: bool = True) -> BinaryIO:
    """The file for reading. Without `follow` it is not by way of a link.

    Raises: OSError, for a FIFO, a device or a folder too, none of which is waited for.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return os.fdopen(descriptor, "rb")


class Weakness(NamedTuple):
    """How somebody else could change a file: `place` is what they can write, or own."""

    place: Path
    why: str
    remedy: str


def weakness(path: Path, status: os.stat_result, user: int) -> Weakness | None:
    """How others than this user and root could change what is at `path`, where `status` was found; None: they cannot.

    They can where they may write the file, or a folder on the way to it: there they could put another in its place. In
    a folder with the sticky bit, such as /tmp, they can only replace what is theirs, and that is seen by the owner.
    """
    folders = [*path.absolute().parents, *path.resolve().parents]
    places = [(path, status), *((folder, folder.stat()) for folder in dict.fromkeys(folders))]
    return next((found for place, its in places for found in _of(place, its, user)), None)


def _of(place: Path, status: os.stat_result, user: int) -> Iterator[Weakness]:
    is_folder = stat.S_ISDIR(status.st_mode)
    if status.st_uid not in (user, _ROOT):
        yield Weakness(place, f"{place} belongs to another user ({status.st_uid})", f"chown it: {place}")
    elif status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not (is_folder and _is_safe(place, status)):
        may = stat.filemode(status.st_mode)
        yield Weakness(place, f"others can write {place} ({may})", f"chmod go-w {place}")


def _is_safe(folder: Path, status: os.stat_result) -> bool:
    """Whether nobody can put another file in place of somebody's, though the folder's mode lets others write."""
    return bool(status.st_mode & stat.S_ISVTX or os.statvfs(folder).f_flag & os.ST_RDONLY)
