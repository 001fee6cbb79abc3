"""A cluster over TLS that lies: it drips, floods, bombs, loops, nests, cuts off, or answers what nobody asked."""

from __future__ import annotations

import gzip
import itertools
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.abc
from anyio.streams.tls import TLSListener

KIB = 2**10
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Liar:
    """`sent` is how many bytes were taken from it, as far as the other end's buffers tell; `asked` how often."""

    tell: Lie
    port: int = 0
    sent: int = 0
    asked: int = 0
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def serve(self, stream: anyio.abc.ByteStream) -> None:
        async with stream:
            with_errors = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError)
            try:
                while request := await _request(stream):
                    self.asked += 1
                    await self.tell(_To(stream, self, request))
            except with_errors:
                return


@dataclass(slots=True)
class _To:
    """Who asked, and what."""

    stream: anyio.abc.ByteStream
    liar: Liar
    request: str

    @property
    def path(self) -> str:
        return self.request.split(" ")[1]

    async def send(self, content: bytes) -> None:
        await self.stream.send(content)
        self.liar.sent += len(content)

    async def answer(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        told = {"Content-Type": "application/hal+json", "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in told.items())
        await self.send(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)


Lie = Callable[[_To], Awaitable[None]]


async def _request(stream: anyio.abc.ByteStream) -> str:
    """The first line of what is asked, read with its body."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += await stream.receive()
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(found.group(1)) if (found := _LENGTH.search(head)) else 0
    while len(body) < length:
        body += await stream.receive()
    return head.partition(b"\r\n")[0].decode("latin-1")


class _Listener(TLSListener):
    """Whoever gives up in the middle of a handshake is forgotten: a log would keep hold of the connection."""

    @staticmethod
    async def handle_handshake_error(exc: BaseException, stream: anyio.abc.AnyByteStream) -> None:
        await anyio.aclose_forcefully(stream)
        if not isinstance(exc, Exception):
            raise exc


@asynccontextmanager
async def a_liar(context: ssl.SSLContext, lie: Lie) -> AsyncIterator[Liar]:
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    liar = Liar(lie, port=int(plain.extra(anyio.abc.SocketAttribute.local_port)))
    listener = _Listener(plain, context, standard_compatible=False)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, liar.serve)
        yield liar
        tasks.cancel_scope.cancel()


_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


def _always(body: bytes, status: str = "200 OK", **headers: str) -> Lie:
    async def lie(to: _To) -> None:
        await to.answer(body, status, **headers)

    return lie


def _raw(content: bytes, *, close: bool = False) -> Lie:
    async def lie(to: _To) -> None:
        await to.send(content)
        if close:
            await to.stream.aclose()

    return lie


def _without_end(head: bytes, part: bytes, pause_s: float = 0) -> Lie:
    async def lie(to: _To) -> None:
        await to.send(head)
        while True:
            await to.send(part)
            await anyio.sleep(pause_s)

    return lie


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


async def _hang(to: _To) -> None:
    await anyio.sleep_forever()


def _next(to: _To, number: int) -> bytes:
    path = to.path.partition("?")[0]
    return json.dumps({"records": [], "_links": {"next": {"href": f"{path}?start={number}"}}}).encode()


async def _pages(to: _To) -> None:
    await to.answer(_next(to, next(to.liar.numbers)))


async def _loop(to: _To) -> None:
    await to.answer(_next(to, int(to.path.endswith("start=0"))))


async def _two_answers(to: _To) -> None:
    await to.answer(b'{"records":[]}')
    await to.answer(b'{"records":[{"uuid":"x"}]}')


def _refusal(code: str = "4", message: str = "no") -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()


_HTML = b"<html><body>Bad gateway</body></html>"
_STATUSES = ("400 Bad", "401 No", "403 No", "404 No", "409 No", "418 No", "500 Oh", "502 Bad")
_AGAIN = ("429 Slowly", "503 Busy")

ANSWERS: Mapping[str, Lie] = {
    "answers text": _always(b'"text"'),
    "answers a list": _always(b"[]"),
    "answers null": _always(b"null"),
    "answers nothing": _always(b""),
    "answers no JSON": _always(_HTML, Content_Type="text/html"),
    "answers no UTF-8": _always(b'{"records":[{"name":"\xff\xfe"}]}'),
    "answers UTF-16": _always('{"records":[]}'.encode("utf-16")),
    "answers without records": _always(b"{}"),
    "answers other records": _always(b'{"records":[{"uuid":5},null,7,{}]}'),
    "answers a long number": _always(b'{"records":[{"uuid":' + b"9" * 10_000 + b"}]}"),
    **{f"says {status}": _always(_refusal(), status) for status in (*_STATUSES, *_AGAIN)},
    **{f"says {status} in HTML": _always(_HTML, status, Content_Type="text/html") for status in _STATUSES},
    **{f"says {status} and no more": _always(b"", status) for status in _STATUSES},
    "says no for long": _always(_refusal("9" * 1000, "no " * 100_000), "400 Bad"),
}
"""What is whole, and wrong."""

LIES: Mapping[str, Lie] = {
    **ANSWERS,
    "drips": _without_end(_ENDLESS, b" ", 0.1),
    "drips headers": _without_end(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.1),
    "drips chunks": _without_end(_CHUNKED, _chunk(b" "), 0.1),
    "goes on with 100": _without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "says nothing": _hang,
    "floods": _without_end(_ENDLESS, b"[" * 64 * KIB),
    "floods chunks": _without_end(_CHUNKED, _chunk(b" " * 64 * KIB)),
    "floods headers": _without_end(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"b" * 4 * KIB + b"\r\n"),
    "floods a header": _without_end(b"HTTP/1.1 200 OK\r\nX-A: ", b"b" * 64 * KIB),
    "announces terabytes": _without_end(
        b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000000\r\n\r\n", b'{"records":[' * 4 * KIB
    ),
    "bombs": _always(gzip.compress(b" " * 16 * KIB * KIB), Content_Encoding="gzip"),
    "bombs in silence": _always(gzip.compress(b" " * 16 * KIB * KIB)),
    "pages without end": _pages,
    "pages in a circle": _loop,
    "nests": _always(b'{"records":' + b"[" * 100_000),
    "nests objects": _always(b'{"records":[' + b'{"a":' * 100_000),
    "fills the memory": _always(b'{"records":[' + b"{}," * 300_000 + b"{}]}"),
    "cuts off the headers": _raw(b"HTTP/1.1 200 OK\r\nContent-", close=True),
    "cuts off the body": _raw(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"records"', close=True),
    "cuts off a chunk": _raw(_CHUNKED + b'ff\r\n{"rec', close=True),
    "hangs up": _raw(b"", close=True),
    "speaks no HTTP": _raw(b"\x16\x03\x01\x02\x00" * 20 + b"\r\n\r\n", close=True),
    "speaks another HTTP": _raw(b"HTTP/9.9 200 OK\r\n\r\n", close=True),
    "tells no status": _raw(b"HTTP/1.1 abc\r\n\r\n", close=True),
    "tells a wrong chunk": _raw(_CHUNKED + b"zz\r\n{}\r\n", close=True),
    "tells two lengths": _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}", close=True),
    "answers twice": _two_answers,
    "sends elsewhere": _always(b"", "302 Found", Location="https://127.0.0.1:1/api/svm/svms"),
}
"""Each is told to every request, whatever it asks for."""
