"""The bytes of a difference, as they go over the wire."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from ontaplab.disk.content import Range, opened
from ontaplab.disk.difference import Difference, Piece
from ontaplab.disk.entries import File

CHUNK = 1024 * 1024


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
