"""What a person reads when the other end is a real socket that does not behave. Loopback only."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.abc
import anyio.streams.tls
import pytest
import trustme

from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from tests.datamotion.ontap.wire import a_transport, run_on

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/hal+json\r\nContent-Length: 14\r\n\r\n{"records":[]}'


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@dataclass
class Server:
    port: int
    connections: int = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@asynccontextmanager
async def a_server(context: ssl.SSLContext | None, answer: bytes = ANSWER) -> AsyncIterator[Server]:
    """Sends `answer` to whatever it reads and keeps the connection open; without an answer it hangs up."""
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server = Server(port=int(plain.extra(anyio.abc.SocketAttribute.local_port)))
    listener = anyio.streams.tls.TLSListener(plain, context, standard_compatible=False) if context else plain

    async def serve(stream: anyio.abc.ByteStream) -> None:
        server.connections += 1
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                while await stream.receive() and answer:
                    await stream.send(answer)

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield server
        tasks.cancel_scope.cancel()


def server_context(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


def silence(
    backend: str,
    tmp_path: Path,
    trusted: trustme.CA,
    context: ssl.SSLContext | None,
    answer: bytes = b"",
    error: type[ClusterError] = ClusterSilent,
) -> tuple[ClusterError, Server]:
    """What a read of such a server ends in, when `trusted` is in the CA file."""
    ca_file = tmp_path / "ca.pem"
    trusted.cert_pem.write_to_path(str(ca_file))
    caught: list[tuple[ClusterError, Server]] = []

    async def go() -> None:
        async with (
            a_server(context, answer) as server,
            a_transport(None, url=server.url, ca_file=ca_file) as transport,
        ):
            with pytest.raises(error) as silent:
                await transport.get_records("/svm/svms", ("name",))
            caught.append((silent.value, server))

    run_on(backend, go, real_time=True)
    return caught[0]


def test_many_requests_to_a_trusted_cluster_share_one_connection(backend: str, tmp_path: Path, ca: trustme.CA) -> None:
    ca_file = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))

    async def go() -> None:
        async with (
            a_server(server_context(ca, "127.0.0.1")) as server,
            a_transport(None, url=server.url, ca_file=ca_file) as transport,
        ):
            for _ in range(3):
                assert await transport.get_records("/svm/svms", ("name",)) == []
            assert server.connections == 1

    run_on(backend, go, real_time=True)


def test_a_certificate_of_another_ca_is_told_with_the_ca_file(backend: str, tmp_path: Path, ca: trustme.CA) -> None:
    silent, _ = silence(backend, tmp_path, trustme.CA(), server_context(ca, "127.0.0.1"), error=ClusterRefused)
    assert silent.message.endswith(f"presents a certificate that is not signed by {tmp_path / 'ca.pem'}")
    assert "This request was not sent." in str(silent.hint)


def test_a_certificate_for_another_name_is_told(backend: str, tmp_path: Path, ca: trustme.CA) -> None:
    silent, _ = silence(backend, tmp_path, ca, server_context(ca, "elsewhere.test"), error=ClusterRefused)
    assert "presents a certificate that is not valid: " in silent.message
    assert "127.0.0.1" in silent.message


def test_a_port_that_nobody_listens_on_refuses_the_connection(backend: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        async def go() -> None:
            async with a_transport(None, url=f"https://127.0.0.1:{port}") as transport:
                with pytest.raises(ClusterSilent) as caught:
                    await transport.get_records("/svm/svms", ("name",))
                assert caught.value.message == f"paris (https://127.0.0.1:{port}) refused the connection"

        run_on(backend, go, real_time=True)


def test_a_port_that_does_not_speak_tls_is_told(backend: str, tmp_path: Path, ca: trustme.CA) -> None:
    silent, _ = silence(backend, tmp_path, ca, None, answer=b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert silent.message.endswith("does not speak TLS there")


def test_a_cluster_that_hangs_up_is_tried_three_times(backend: str, tmp_path: Path, ca: trustme.CA) -> None:
    silent, server = silence(backend, tmp_path, ca, server_context(ca, "127.0.0.1"))
    assert silent.message.endswith("closed the connection before it answered")
    assert server.connections == 3
