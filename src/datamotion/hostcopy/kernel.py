"""What the kernel does and Python has no function for. Seldom needed, and slow to import."""

from __future__ import annotations

import ctypes
import os

_HERE = -100
_EXCHANGE = 2
_KEEPS_SIZE, _MAKES_HOLE = 1, 2
_LIBC = ctypes.CDLL(None, use_errno=True)


def exchange(one: str, other: str) -> None:
    """Each has the other's name, from one moment to the next. Raises: OSError."""
    if _LIBC.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE):
        raise _error(other)


def make_hole(fd: int, offset: int, length: int) -> None:
    """That range of an open file takes no room any more, and reads as zeros. Raises: OSError."""
    if _LIBC.fallocate(fd, _KEEPS_SIZE | _MAKES_HOLE, ctypes.c_int64(offset), ctypes.c_int64(length)):
        raise _error(None)


def _error(path: str | None) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path)
