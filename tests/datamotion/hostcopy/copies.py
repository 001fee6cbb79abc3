"""What tests of copies share: files with known bytes, and a copy in this process."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datamotion.hostcopy import Asked, CopyReport, Tally, Verify, copy
from datamotion.hostcopy.buffers import Reader
from datamotion.thread_clock import ThreadClock

MIB = 1 << 20
PIECE = 2 * MIB
"""How large pieces are in tests."""


def copied(
    source: Path,
    destination: Path,
    verify: Verify = Verify.FAST,
    *,
    delta: bool = False,
    force: bool = False,
    in_place: bool = False,
    read: Reader = os.preadv,
) -> CopyReport:
    asked = Asked(
        str(source), str(destination), verify, delta=delta, force=force, in_place=in_place, smallest_piece=PIECE
    )
    return copy(asked, ThreadClock(), Tally(), read=read)


class Ailing:
    """Reads, but for some files."""

    def __init__(self, number: int, *paths: Path) -> None:
        self.number, self.inodes = number, {path.stat().st_ino for path in paths}

    def __call__(self, fd: int, buffers: list[memoryview], offset: int) -> int:
        if os.fstat(fd).st_ino in self.inodes:
            raise OSError(self.number, os.strerror(self.number))
        return os.preadv(fd, buffers, offset)


def cut_off(source: Path, copy: Path) -> Path:
    """A copy that came to its end but for one file, which the source then has no more; returns the unfinished one."""
    failing = filled(source / "z", 10)
    assert copied(source, copy, read=Ailing(errno.EIO, failing)).exit_status == 1
    failing.unlink()
    return copy.parent / f".{copy.name}.datamotion-copy"


@contextmanager
def as_nobody() -> Iterator[None]:
    """What follows is done without root's rights, where root runs the tests."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def filled(path: Path, size: int, seed: int = 1) -> Path:
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def sparse(path: Path, size: int, *places: int) -> Path:
    """64 KiB of data in each of these places; holes between them."""
    with path.open("wb") as file:
        file.truncate(size)
        for place in places:
            file.seek(place)
            file.write(random.Random(place).randbytes(65536))
    return path


def allocated(path: Path) -> int:
    return path.stat().st_blocks * 512


def left_over(folder: Path) -> list[str]:
    """What a copy keeps there while it is not done."""
    return sorted(each.name for each in folder.iterdir() if ".datamotion-" in each.name)


def standing(folder: Path) -> Iterator[tuple[object, ...]]:
    """Everything below a folder with all that a copy is to keep of it; links by which names are one file."""
    first: dict[int, str] = {}
    for path in sorted(folder.rglob("*")):
        name, stat = str(path.relative_to(folder)), path.lstat()
        one = first.setdefault(stat.st_ino, name)
        content: object = None
        if path.is_symlink():
            content = path.readlink()
        elif path.is_file():
            content = path.read_bytes()
        extended = {
            each: os.getxattr(path, each, follow_symlinks=False) for each in os.listxattr(path, follow_symlinks=False)
        }
        yield name, one, stat.st_mode, stat.st_uid, stat.st_gid, stat.st_mtime_ns, stat.st_rdev, content, extended
