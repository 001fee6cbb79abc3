"""Bytes of a stream on their way into files."""

from __future__ import annotations

import os
import socket
from typing import Protocol

_BUFFER = 1024 * 1024


class Incoming(Protocol):
    """`left` bytes that are still to be moved."""

    left: int

    def move(self, file: int, offset: int, most: int) -> int:
        """Up to `most` of them are in the open file at that offset. Returns how many; 0: none is there just now."""
        ...


class Held:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self.left = len(data)

    def move(self, file: int, offset: int, most: int) -> int:
        count = os.pwrite(file, self._data[:most], offset)
        self._data = self._data[count:]
        self.left -= count
        return count


class Arriving:
    """Bytes that come through a socket, which has a time limit. `ended`: there will be no more."""

    def __init__(self, connection: socket.socket, length: int) -> None:
        self.left = length
        self.ended = False
        self._connection = connection
        self._buffer = memoryview(bytearray(min(length, _BUFFER)))

    def move(self, file: int, offset: int, most: int) -> int:
        most = min(most, self.left, len(self._buffer))
        try:
            come = self._connection.recv_into(self._buffer, most)
        except TimeoutError:
            return 0
        except ConnectionError:
            come = 0
        self.ended = not come
        rest = self._buffer[:come]
        while rest:
            written = os.pwrite(file, rest, offset)
            offset, rest = offset + written, rest[written:]
        self.left -= come
        return come
