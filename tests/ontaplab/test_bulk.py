"""Long replies through a Unix socket, from a server that answers one question and is gone."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import anyio
import httpx
import pytest

from ontaplab.bulk import BulkClient, listening

BYTES = os.urandom(3_000_000)


@contextmanager
def answering(path: Path, announced: int, sent: bytes, status: str = "206 Partial Content") -> Iterator[list[str]]:
    """Whoever asks there gets that; yields what was asked."""
    asked: list[str] = []
    listener = listening(path)
    assert listener is not None

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(10_000).decode())
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {announced}\r\n\r\n".encode() + sent)

    server = Thread(target=answer)
    server.start()
    with listener:
        yield asked
        server.join()


def received(path: Path, into: Path) -> None:
    """What is asked for is in that file."""

    async def main() -> None:
        client = BulkClient(path, anyio.CapacityLimiter(2), silence_s=30)
        with closing(await client.get("/stream?snapshot=1", {"Range": "bytes=0-9"})) as reply, into.open("wb") as file:
            offset = 0
            async for part in reply.arriving():
                while part.left and (moved := part.move(file.fileno(), offset, 1_000)):
                    offset += moved

    anyio.run(main)


def test_all_bytes_arrive_in_the_file(tmp_path: Path) -> None:
    with answering(tmp_path / "s", len(BYTES), BYTES) as asked:
        received(tmp_path / "s", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BYTES
    assert asked[0].startswith("GET /stream?snapshot=1 HTTP/1.1\r\n")
    assert "Range: bytes=0-9\r\n" in asked[0]


def test_a_reply_that_ends_early_is_an_error_after_what_has_come(tmp_path: Path) -> None:
    with (
        answering(tmp_path / "s", len(BYTES), BYTES[:2_000_000]),
        pytest.raises(httpx.ReadError, match="1000000 bytes early"),
    ):
        received(tmp_path / "s", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BYTES[:2_000_000]


def test_a_refusal_can_be_read_whole(tmp_path: Path) -> None:
    async def main() -> tuple[int, bytes]:
        with closing(await BulkClient(tmp_path / "s", anyio.CapacityLimiter(2), silence_s=30).get("/", {})) as reply:
            return reply.status, await reply.whole()

    with answering(tmp_path / "s", 3, b"no!", "403 Forbidden"):
        assert anyio.run(main) == (403, b"no!")


def test_where_nobody_listens_any_more_there_is_no_answer(tmp_path: Path) -> None:
    listener = listening(tmp_path / "s")
    assert listener is not None
    listener.close()
    with pytest.raises(httpx.ReadError, match="refused"):
        received(tmp_path / "s", tmp_path / "file")


def test_only_its_user_reaches_a_socket_and_what_was_left_there_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("left")
    with listening(tmp_path / "s") or socket.socket():
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "s").is_socket()


def test_a_path_that_is_too_long_for_a_socket_gives_none(tmp_path: Path) -> None:
    assert listening(tmp_path / ("s" * 120)) is None
