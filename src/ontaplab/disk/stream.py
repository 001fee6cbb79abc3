"""The bytes of a difference, as they go over the wire."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from ontaplab.disk.content import Range, opened
from ontaplab.disk.difference import Difference, Piece
from ontaplab.disk.entries import File

CHUNK = 1024 * 1024
_LONG = 64 * 1024
_TOGETHER = CHUNK // _LONG


class Stretch(NamedTuple):
    """Where bytes of the stream are. The descriptor is open until the next stretch is asked for."""

    descriptor: int
    offset: int
    length: int


def read_stream(target: Path, difference: Difference, start: int) -> Iterator[bytes]:
    """The stream from byte `start` to its end, in chunks of 1 MiB, the last one shorter.

    `target` is the tree that the difference leads to. Raises ValueError if the stream has no such byte.
    """
    if not 0 <= start <= difference.bytes:
        raise ValueError(f"a stream of {difference.bytes} bytes cannot be read from byte {start}")
    return _chunks(target, difference, start)


def _chunks(target: Path, difference: Difference, start: int) -> Iterator[bytes]:
    parts: list[bytes] = []
    room = CHUNK
    for descriptor, wanted in _ranges(target, difference, start):
        offset, end = wanted.offset, wanted.offset + wanted.length
        while offset < end:
            part = os.pread(descriptor, min(end - offset, room), offset)
            if not part:
                raise OSError(errno.EIO, f"a file of {target} ends at byte {offset}, before {end}")
            parts.append(part)
            offset += len(part)
            room -= len(part)
            if not room:
                yield b"".join(parts)
                parts, room = [], CHUNK
    if parts:
        yield b"".join(parts)


def stretches(target: Path, difference: Difference, start: int, length: int) -> Iterator[bytes | Stretch]:
    """`length` bytes of the stream from byte `start`: short ranges read, up to 1 MiB of them together, long ones as
    stretches. Raises ValueError if the stream has no such bytes.
    """
    if not 0 <= start <= start + length <= difference.bytes:
        raise ValueError(f"a stream of {difference.bytes} bytes has no {length} bytes from {start} on")
    return _stretches(target, difference, start, length)


def _stretches(target: Path, difference: Difference, start: int, length: int) -> Iterator[bytes | Stretch]:
    parts: list[bytes] = []
    for descriptor, wanted in _ranges(target, difference, start):
        count = min(wanted.length, length)
        length -= count
        if count < _LONG:
            parts.append(_read(target, descriptor, Range(wanted.offset, count)))
        if parts and (count >= _LONG or len(parts) == _TOGETHER or not length):
            yield b"".join(parts)
            parts = []
        if count >= _LONG:
            yield Stretch(descriptor, wanted.offset, count)
        if not length:
            break


def _read(target: Path, descriptor: int, wanted: Range) -> bytes:
    part = os.pread(descriptor, wanted.length, wanted.offset)
    if len(part) < wanted.length:
        raise OSError(errno.EIO, f"a file of {target} ends at byte {wanted.offset + len(part)}, too early")
    return part


def _ranges(target: Path, difference: Difference, start: int) -> Iterator[tuple[int, Range]]:
    """The ranges from byte `start` of the stream, each with its file, open while it is worked on."""
    if start == difference.bytes:
        return
    pieces = difference.pieces[difference.piece_at(start) :]
    for file, of_file in groupby(pieces, key=_file):
        with opened(target / file.path) as descriptor:
            for piece in of_file:
                done = max(0, start - piece.position)
                yield descriptor, Range(piece.range.offset + done, piece.range.length - done)


def _file(piece: Piece) -> File:
    return piece.file
