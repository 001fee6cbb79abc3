"""The bytes of a file: opened, copied, compared."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ontaplab.disk.tree import BLOCK

# Two of these fit the second-level cache of a core; larger ones are slower to compare.
CHUNK = 256 * 1024
_ZEROS = bytes(CHUNK)

_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}
_CANNOT_COPY_RANGE = {errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class Range(NamedTuple):
    """`length` bytes of a file from `offset`."""

    offset: int
    length: int


@contextmanager
def opened(path: Path, flags: int = _FLAGS) -> Iterator[int]:
    """A descriptor of the file, not following a link; for reading unless `flags` say otherwise."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_if_there(path: Path) -> Iterator[int | None]:
    """As `opened` for reading; None if no regular file is at `path` (any more)."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno not in _GONE:
            raise
        yield None
        return
    try:
        yield descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    finally:
        os.close(descriptor)


def copy_content(source: int, target: int, size: int, without: Sequence[Range] = ()) -> None:
    """The target, which was all zeros, is `size` bytes long and begins with the source's bytes; holes stay holes.

    The ranges `without`, which are in order, are left as they are.
    """
    begin = 0
    for skipped in (*without, Range(size, 0)):
        _copy_data(source, target, begin, min(skipped.offset, size))
        begin = skipped.offset + skipped.length
    os.ftruncate(target, size)


def _copy_data(source: int, target: int, offset: int, end: int) -> None:
    while offset < end and (data := _next_data(source, offset)) is not None and data < end:
        offset = min(os.lseek(source, data, os.SEEK_HOLE), end)
        _copy_range(source, target, data, offset)


def _next_data(source: int, offset: int) -> int | None:
    try:
        return os.lseek(source, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def _copy_range(source: int, target: int, offset: int, end: int) -> None:
    try:
        while offset < end:
            copied = os.copy_file_range(source, target, end - offset, offset, offset)
            if not copied:
                return  # somebody cut the file meanwhile
            offset += copied
    except OSError as error:
        if error.errno not in _CANNOT_COPY_RANGE:
            raise
        _copy_through_memory(source, target, offset, end)


def _copy_through_memory(source: int, target: int, offset: int, end: int) -> None:
    while offset < end and (part := os.pread(source, min(CHUNK, end - offset), offset)):
        offset += os.pwrite(target, part, offset)


def changed_ranges(base: int | None, target: int, within: Range) -> tuple[Range, ...]:
    """Where these bytes of the target differ from the base, in blocks of 4 KiB, neighbours merged.

    The base is taken as going on with zeros after its end, and is all zeros if None: what is zero in the target there
    is not listed, since cutting or extending a file to a size gives zeros too.
    """
    ranges: list[Range] = []
    before, after = bytearray(CHUNK), bytearray(CHUNK)  # used again and again: new memory takes longer than reading
    end = within.offset + within.length
    for offset in range(within.offset, end, CHUNK):
        wanted = min(CHUNK, end - offset)
        del before[wanted:], after[wanted:]
        come = os.preadv(target, [after], offset)
        if come < wanted:
            raise OSError(errno.EIO, f"a file that should have {end} bytes ends at {offset + come}")
        held = os.preadv(base, [before], offset) if base is not None else 0
        before[held:] = _ZEROS[held:wanted]
        if before != after:
            _add_changed_blocks(ranges, before, after, offset)
    return tuple(ranges)


def _add_changed_blocks(ranges: list[Range], before: bytearray, after: bytearray, offset: int) -> None:
    begin = end = 0  # of the changed blocks that were just seen, side by side
    first_bytes = zip(before[::BLOCK], after[::BLOCK], strict=True)  # these tell most changed blocks at once
    for start, (was, now) in zip(range(0, len(after), BLOCK), first_bytes, strict=True):
        if was != now or before[start : start + BLOCK] != after[start : start + BLOCK]:
            if start > end:
                _add(ranges, offset + begin, end - begin)
                begin = start
            end = start + BLOCK
    _add(ranges, offset + begin, min(end, len(after)) - begin)


def _add(ranges: list[Range], offset: int, length: int) -> None:
    if ranges and sum(ranges[-1]) == offset:
        ranges[-1] = Range(ranges[-1].offset, ranges[-1].length + length)
    elif length:
        ranges.append(Range(offset, length))


def same_content(one: Path, other: Path) -> bool:
    """Whether both are regular files, of the same bytes."""
    with opened_if_there(one) as first, opened_if_there(other) as second:
        if first is None or second is None:
            return False
        return _all_equal(first, second)


def _all_equal(first: int, second: int) -> bool:
    offset = 0
    while True:
        chunk = os.pread(first, CHUNK, offset)
        if chunk != os.pread(second, CHUNK, offset):
            return False
        if not chunk:
            return True
        offset += len(chunk)
