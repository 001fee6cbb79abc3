"""Many bytes between the processes of one machine: plain HTTP over a Unix socket, handled by worker threads.

Through TLS and the event loop each 16 KiB would be a step of its own. Here the kernel sends stretches of files, and a
thread puts what arrives into files.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import NamedTuple, TypeVar

import anyio
import httpx

from ontaplab.disk.arriving import Arriving, Held, Incoming, inlet

T = TypeVar("T")
ZERO_COPY = "http.response.zerocopysend"
"""ASGI's extension for sending stretches of files: its name, and the type of its messages."""
_AT_ONCE = 16 * 1024 * 1024
_ON_THE_WAY = 4 * 1024 * 1024
"""Bytes that the kernel holds between sender and receiver, so that the two take turns seldom."""
_PATIENCE_S = 0.2
"""How long a thread waits for bytes before it looks whether they are still wanted."""
_BACKLOG = 128


class OpenFile(NamedTuple):
    """A descriptor in the way of a file that is open for reading."""

    descriptor: int

    def fileno(self) -> int:
        return self.descriptor


class Announced:
    """In place of bytes that are sent in another way."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count


def listening(path: Path) -> socket.socket | None:
    """A socket at that path, for this user alone; what was left there is gone. None where the path is too long."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        return None
    path.chmod(0o600)  # before it listens
    listener.listen(_BACKLOG)
    return listener


def widen(connection: socket.socket) -> None:
    """Many bytes that this side sends may be on the way; how many the system decides."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ON_THE_WAY)


class BulkClient:
    """Asks whoever listens at that path. Each question has a connection of its own."""

    def __init__(self, path: Path, threads: anyio.CapacityLimiter, silence_s: float) -> None:
        self._path = path
        self._threads = threads
        self._silence_s = silence_s

    async def get(self, target: str, headers: Mapping[str, str]) -> BulkReply:
        """The reply, of which the head was read; close it. Raises: httpx.TransportError."""
        connection = _Connection(self._path, self._silence_s)
        try:
            head = await _in_thread(lambda: connection.ask(target, headers), self._threads)
        except BaseException:
            connection.cut()
            raise
        return BulkReply(connection, head, self._threads, self._silence_s)


class BulkReply:
    """A reply that has a length. Its bytes are read once, in one of the two ways."""

    def __init__(
        self, connection: _Connection, head: HTTPResponse, threads: anyio.CapacityLimiter, silence_s: float
    ) -> None:
        self.status = head.status
        self._connection = connection
        self._head = head
        self._threads = threads
        self._silence_s = silence_s

    async def whole(self) -> bytes:
        """All its bytes."""
        return await _in_thread(self._head.read, self._threads)

    async def arriving(self) -> AsyncGenerator[Incoming, None]:
        """The bytes as they come, each part to be moved before the next. Raises: httpx.TransportError."""
        left, silent_s = self._head.length or 0, 0.0
        if left:
            first = await _in_thread(lambda: self._head.read1(_AT_ONCE), self._threads)  # what came with the head
            left -= len(first)
            yield Held(first)
        self._connection.sock.settimeout(_PATIENCE_S)
        with closing(inlet(self._connection.sock)) as way:
            while left:
                part = Arriving(way, min(left, _AT_ONCE))
                before = part.left
                yield part
                moved = before - part.left
                left -= moved
                silent_s = 0 if moved else silent_s + _PATIENCE_S
                if silent_s >= self._silence_s:
                    raise httpx.ReadTimeout(f"{left} bytes have not come")
                if part.ended:
                    raise httpx.ReadError(f"the connection ended {left} bytes early")

    def close(self) -> None:
        self._connection.close()


class _Connection(HTTPConnection):
    sock: socket.socket

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

    def ask(self, target: str, headers: Mapping[str, str]) -> HTTPResponse:
        self.request("GET", target, headers=dict(headers))
        return self.getresponse()

    def cut(self) -> None:
        """A thread that waits for the other side is released."""
        if self.sock is not None:
            self.sock.shutdown(socket.SHUT_RDWR)
        self.close()


async def _in_thread(work: Callable[[], T], threads: anyio.CapacityLimiter) -> T:
    try:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=threads)
    except (OSError, HTTPException) as broken:
        raise httpx.ReadError(str(broken) or type(broken).__name__) from broken
