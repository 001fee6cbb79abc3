"""The buffers that bytes go through, how they are filled, and what of them is not zero.

Each thread makes its own once, so memory does not grow with what is copied.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterator
from typing import Protocol

from datamotion.hostcopy.failing import failed

CHUNK = 256 << 10
"""What goes by at once, and the page cache takes in blocks of that size. Those are found among the ones that were used
before; on a machine whose host takes free memory away, larger ones have to be given anew, for four times the time."""
GRAIN = 16 << 10
"""Zeros are found, and changes told apart, in steps of this."""
ZEROS = bytes(GRAIN)


class Reader(Protocol):
    """How a file is read: as `os.preadv`."""

    def __call__(self, fd: int, buffers: list[memoryview], offset: int, /) -> int: ...


class Lane(threading.local):
    """A thread's own buffers."""

    def __init__(self) -> None:
        self.there = bytearray(CHUNK)
        self.back = bytearray(CHUNK)
        self.aligned = mmap.mmap(-1, CHUNK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # no process shares it


LANE = Lane()


def read_into(view: memoryview, fd: int, offset: int) -> int:
    """How many bytes there were from that offset on: fewer than asked for where the file ends. Raises: OSError."""
    got = 0
    while got < len(view) and (count := os.preadv(fd, [view[got:]], offset + got)):
        got += count
    return got


def read_source(view: memoryview, fd: int, offset: int, path: str, read: Reader) -> int:
    """As `read_into`, and it is told how far the source could be read. Raises: CopyFailed."""
    got = 0
    try:
        while got < len(view) and (count := read(fd, [view[got:]], offset + got)):
            got += count
    except OSError as error:
        raise failed(f"cannot be read at byte {offset + got}", path, error) from error
    return got


def filled_runs(buffer: bytearray, length: int) -> Iterator[tuple[int, int]]:
    """Where a chunk is not zero."""
    if 0 not in buffer[:length:GRAIN]:  # each step begins with something else: the usual case, found in one call
        yield 0, length
        return
    begin = None
    for at in range(0, length, GRAIN):
        end = min(at + GRAIN, length)
        is_zero = buffer.startswith(ZEROS if end - at == GRAIN else ZEROS[: end - at], at, end)
        if is_zero and begin is not None:
            yield begin, at
            begin = None
        elif not is_zero and begin is None:
            begin = at
    if begin is not None:
        yield begin, length
