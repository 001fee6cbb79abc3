"""From a socket into a file, in each of the ways that this system has."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from ontaplab.disk import arriving
from ontaplab.disk.arriving import Arriving, BufferedInlet, Inlet

BYTES = os.urandom(3_000_000)
WAYS: list[Callable[[socket.socket], Inlet]] = [BufferedInlet]
if sys.platform == "linux":
    WAYS.append(arriving.PipedInlet)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """One to receive from, with a time limit, and one to send to."""
    receiving, sending = socket.socketpair()
    receiving.settimeout(0.01)
    with receiving, sending:
        yield receiving, sending


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("way", WAYS)
def test_what_arrives_is_in_the_file_from_the_offset_on(
    way: Callable[[socket.socket], Inlet], ends: tuple[socket.socket, socket.socket], file: int
) -> None:
    sender = Thread(target=ends[1].sendall, args=(BYTES,))
    sender.start()
    with closing(way(ends[0])) as inlet:
        part = Arriving(inlet, len(BYTES))
        while part.left:
            part.move(file, 77 + len(BYTES) - part.left, 1_000_000)
    sender.join()
    assert os.pread(file, 2 * len(BYTES), 0) == bytes(77) + BYTES


@pytest.mark.parametrize("way", WAYS)
def test_no_more_is_taken_than_was_asked_for(
    way: Callable[[socket.socket], Inlet], ends: tuple[socket.socket, socket.socket], file: int
) -> None:
    ends[1].sendall(BYTES[:5_000])
    with closing(way(ends[0])) as inlet:
        assert Arriving(inlet, 3_000).move(file, 0, 1_000) == 1_000
        assert Arriving(inlet, 3_000).move(file, 1_000, 9_000) == 3_000
    assert ends[0].recv(5_000) == BYTES[4_000:5_000]
    assert os.pread(file, 5_000, 0) == BYTES[:4_000]


@pytest.mark.parametrize("way", WAYS)
def test_silence_is_told_from_the_end(
    way: Callable[[socket.socket], Inlet], ends: tuple[socket.socket, socket.socket], file: int
) -> None:
    with closing(way(ends[0])) as inlet:
        part = Arriving(inlet, 1_000)
        assert (part.move(file, 0, 1_000), part.ended) == (0, False)
        ends[1].close()
        assert (part.move(file, 0, 1_000), part.ended) == (0, True)
