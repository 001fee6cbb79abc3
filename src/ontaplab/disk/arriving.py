"""Bytes of a stream on their way into files."""

from __future__ import annotations

import fcntl
import os
import select
import socket
import sys
from contextlib import suppress
from typing import Protocol

_AT_ONCE = 1024 * 1024


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
    """Bytes that come through a socket. `ended`: there will be no more."""

    def __init__(self, inlet: Inlet, length: int) -> None:
        self.left = length
        self.ended = False
        self._inlet = inlet

    def move(self, file: int, offset: int, most: int) -> int:
        try:
            come = self._inlet.move(file, offset, min(most, self.left))
        except (TimeoutError, BlockingIOError):
            return 0
        except ConnectionError:
            come = 0
        self.ended = not come
        self.left -= come
        return come


class Inlet(Protocol):
    """From a socket, which has a time limit, into files."""

    def move(self, file: int, offset: int, most: int) -> int:
        """Up to `most` bytes that have come are in the open file. Returns how many; 0: the connection has ended.

        Raises: TimeoutError if none came within the socket's time limit, BlockingIOError if they went elsewhere.
        """
        ...

    def close(self) -> None:
        """The socket stays open."""
        ...


def inlet(connection: socket.socket) -> Inlet:
    """The fastest that this system has; close it."""
    return PipedInlet(connection) if sys.platform == "linux" else BufferedInlet(connection)


class BufferedInlet:
    """Reads and writes."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = memoryview(bytearray(_AT_ONCE))

    def move(self, file: int, offset: int, most: int) -> int:
        come = self._connection.recv_into(self._buffer, min(most, len(self._buffer)))
        rest = self._buffer[:come]
        while rest:
            written = os.pwrite(file, rest, offset)
            offset, rest = offset + written, rest[written:]
        return come

    def close(self) -> None:
        self._buffer.release()


if sys.platform == "linux":

    class PipedInlet:
        """Leaves the bytes in the kernel, which hands them through a pipe: they are copied once, into the file."""

        def __init__(self, connection: socket.socket) -> None:
            self._connection = connection
            self._patience_ms = None if (seconds := connection.gettimeout()) is None else seconds * 1000
            self._readable = select.poll()
            self._readable.register(connection, select.POLLIN)
            self._outlet, self._inlet = os.pipe()
            with suppress(PermissionError):  # of a user who has many large pipes: it stays a small one
                fcntl.fcntl(self._inlet, fcntl.F_SETPIPE_SZ, _AT_ONCE)

        def move(self, file: int, offset: int, most: int) -> int:
            if not self._readable.poll(self._patience_ms):
                raise TimeoutError
            come = left = os.splice(self._connection.fileno(), self._inlet, min(most, _AT_ONCE))
            while left:
                written = os.splice(self._outlet, file, left, offset_dst=offset)
                offset, left = offset + written, left - written
            return come

        def close(self) -> None:
            os.close(self._outlet)
            os.close(self._inlet)
