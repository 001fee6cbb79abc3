"""A tree of plain files: regular files, directories and symbolic links under a root.

Inside the lab a place in a tree is a `str` relative to the root, "" for the root itself. Names that are not UTF-8 are
kept as Python's file system encoding gives them. Whatever is called `.snapshot` at the root is not part of the tree.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

RESERVED = ".snapshot"
BLOCK = 4096
LONGEST_FILE_NAME = 255
"""In bytes, of ONTAP's and of this machine's."""
PERMISSIONS = 0o777
"""What a tree keeps of a mode: not who a program runs as."""
_OURS = {stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}


def join(path: str, name: str) -> str:
    """The place of `name` in the directory at `path`."""
    return f"{path}/{name}" if path else name


def listing(root: str | Path, path: str) -> dict[str, os.stat_result]:
    """What the directory at `path` holds, by name in order; empty where there is no directory.

    Sockets, fifos and devices are left out, and so is what vanishes while we look: others may be writing here.
    """
    try:
        directory = os.open(f"{root}/{path}" if path else root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    try:
        with os.scandir(directory) as entries:
            found = [(entry.name, _status(entry)) for entry in entries if path or entry.name != RESERVED]
    finally:
        os.close(directory)
    return {name: status for name, status in sorted(found) if status}


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return status if stat.S_IFMT(status.st_mode) in _OURS else None


def appearance(status: os.stat_result) -> tuple[int, int, int]:
    """What two files have in common that hold the same bytes, and seldom two that do not."""
    return status.st_mode, status.st_size, status.st_mtime_ns


def set_metadata(path: str | Path, mode: int, mtime_ns: int) -> None:
    """The file or directory has these permissions and this modification time."""
    os.chmod(path, mode)  # noqa: PTH101
    os.utime(path, ns=(mtime_ns, mtime_ns))


def make_symlink(path: Path, target: str, mtime_ns: int) -> None:
    """There is a symbolic link at `path`. One that is there already is taken to be the same."""
    try:
        path.symlink_to(target)
    except FileExistsError:
        if not path.is_symlink():
            raise
    os.utime(path, ns=(mtime_ns, mtime_ns), follow_symlinks=False)


def remove_tree(root: str | Path) -> None:
    """Nothing is at `root`, whatever was there and whatever its permissions were."""
    try:
        if not stat.S_ISDIR(os.lstat(root).st_mode):
            os.unlink(root)  # noqa: PTH108
            return
    except FileNotFoundError:
        return
    directories = [os.fspath(root)]  # plain strings: a tree may have very many files
    for directory in directories:
        os.chmod(directory, 0o700)  # noqa: PTH101
        with os.scandir(directory) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    directories.append(entry.path)
                else:
                    os.unlink(entry.path)  # noqa: PTH108
    for directory in reversed(directories):
        os.rmdir(directory)  # noqa: PTH106


def files_below(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every regular file of the tree, by its path."""
    directories = [""]
    for path in directories:
        for name, status in listing(root, path).items():
            if stat.S_ISDIR(status.st_mode):
                directories.append(join(path, name))
            elif stat.S_ISREG(status.st_mode):
                yield join(path, name), status


def blocks_bytes(size: int) -> int:
    """That many bytes in whole blocks of 4 KiB, holes included: the same on every file system."""
    return -(-size // BLOCK) * BLOCK


def used_bytes(root: Path) -> int:
    """Bytes of all files in whole blocks."""
    return sum(blocks_bytes(status.st_size) for _, status in files_below(root))
