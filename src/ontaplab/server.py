"""A cluster as a process: HTTPS on its own port, its world in its own folder.

It holds the folder's lock while it lives. SIGTERM and SIGINT end it, and the end of its owner, if it has one; SIGKILL
may at any moment, since whatever was acknowledged is in the files of a process by then.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import h11
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ontaplab import bulk
from ontaplab.clock import SystemClock
from ontaplab.cluster import Cluster, in_thread
from ontaplab.faults.striking import Cut, Refused
from ontaplab.folder import ACCOUNT, ClusterFolder, FolderHeld
from ontaplab.network import UrlNetwork, bulk_socket
from ontaplab.resources.aggregates.space import create_aggregate
from ontaplab.resources.routes import assemble
from ontaplab.settings import HINT, Settings, SettingsError
from ontaplab.tls import CertifiedProtocol

_GRACE_S = 1
"""How long requests that are being answered may take once the process was asked to end."""
_KEEP_ALIVE_S = 75
"""Longer than clients keep an idle connection: 5 s those of other clusters, 60 s ours. One is never closed in use."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER, for no time: the connection is reset when it is closed."""

_log = logging.getLogger(__name__)


class CannotServe(Exception):
    """There is no cluster to serve in the folder, another process serves it, or its port is taken."""


def serve(root: Path, answering: Callable[[], None], owner: int | None) -> bool:
    """Serves the cluster of the folder `root` until a signal ends it; `answering` is called once it answers.

    It also ends once `owner`, a file descriptor, is at its end. Returns whether that was it. Raises: CannotServe.
    """
    os.umask(0o022)  # volumes are what their clients make of them, wherever the cluster was started
    folder = ClusterFolder(root.resolve())
    try:
        settings, password = folder.settings(), folder.password()
        folder.hold()
        _check_certificates(folder)
    except (FolderHeld, SettingsError) as error:
        raise CannotServe(str(error)) from error
    except OSError as error:
        raise CannotServe(f"{root} holds no cluster: {error.filename}: {error.strerror}\n hint: {HINT}") from error
    except ValueError as error:
        raise CannotServe(f"{folder.password_file} is not UTF-8") from error
    with _listening(settings) as listener:
        return anyio.run(_serve, folder, settings, password, listener, answering, owner)


def _check_certificates(folder: ClusterFolder) -> None:
    """Raises: OSError, CannotServe: the cluster could not prove who it is, or not tell who its clients are."""
    checked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for path, expected, load in (
        (folder.certificate, "a private key and its certificate", checked.load_cert_chain),
        (folder.ca_file, "the certificate of a CA", checked.load_verify_locations),
    ):
        path.read_bytes()  # what ssl says of a file that it cannot read does not name it
        try:
            load(path)
        except ssl.SSLError as error:
            raise CannotServe(f"{path}: expected {expected}, in PEM") from error


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((settings.host, settings.port))
    except OSError as error:
        raise CannotServe(f"port {settings.port} of {settings.host}: {error.strerror}") from error
    # Answers go out at once: asyncio sees to that only for sockets that were made with the protocol's number, and
    # without it each answer waits 40 ms for the client's acknowledgement. Accepted connections inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        yield listener


async def _serve(
    folder: ClusterFolder,
    settings: Settings,
    password: str,
    listener: socket.socket,
    answering: Callable[[], None],
    owner: int | None,
) -> bool:
    cluster = Cluster(
        settings.name,
        root=folder.root,
        clock=SystemClock(),
        network=UrlNetwork(folder.network_book, folder.ca_file),
        address=settings.address,
        accounts={ACCOUNT: password},
        offload=in_thread,
    )
    app = assemble(cluster).app
    cluster.faults.kill = _die
    _make_aggregates(cluster, settings)
    async with aclosing(cluster), cluster.running(), anyio.create_task_group() as tasks:
        server = _Server(_configuration(app, folder), bulk_socket(folder.network_book, settings.address), answering)
        tasks.start_soon(_end_on_signal, server)
        if owner is not None:
            tasks.start_soon(server.end_with, owner)
        await server.serve(sockets=[listener])
        tasks.cancel_scope.cancel()
    return server.abandoned


def _make_aggregates(cluster: Cluster, settings: Settings) -> None:
    """The cluster has its aggregates: on a real one, too, they are there before anybody asks for them."""
    known = {aggregate.name for aggregate in cluster.aggregates}
    for name, size_bytes in settings.aggregates.items():
        if name not in known:
            create_aggregate(cluster, name, size_bytes)


def _configuration(app: ASGIApp, folder: ClusterFolder) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Connection,
        ssl_certfile=folder.certificate,
        ssl_ca_certs=str(folder.ca_file),
        ssl_cert_reqs=ssl.CERT_OPTIONAL,
        lifespan="off",
        access_log=False,
        date_header=False,  # the application's tells the cluster's own clock
        log_config=None,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )


class _Connection(CertifiedProtocol):
    """It ends without an answer where the application says so."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._whole_app, self.app = self.app, self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._whole_app(scope, receive, send)
        except (Cut, Refused):
            if self.cycle.disconnected:  # the client was the first to go
                return
            self.cycle.disconnected = True
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()


class _BulkConnection(_Connection):
    """Sends stretches of files without reading them, to applications that know ASGI's extension for that."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        bulk.widen(transport.get_extra_info("socket"))
        super().connection_made(transport)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_either(message: Message) -> None:
            if message["type"] == bulk.ZERO_COPY:
                await self._send_stretch(message["file"], message["offset"], message["count"])
            else:
                await send(message)

        extensions = {**scope.get("extensions", {}), bulk.ZERO_COPY: {}}
        await super()._answer({**scope, "extensions": extensions}, receive, send_either)

    async def _send_stretch(self, file: bulk.OpenFile, offset: int, count: int) -> None:
        self.conn.send_with_data_passthrough(h11.Data(data=bulk.Announced(count)))  # type: ignore[arg-type]
        try:
            await asyncio.get_running_loop().sendfile(self.transport, file, offset, count)  # type: ignore[arg-type]
        except OSError as broken:
            raise Cut from broken


class _Server(uvicorn.Server):
    """Answers peers on this machine by a socket for bulk too, says when it answers, and ends at once.

    It leaves signals alone: uvicorn would raise them again at its end.
    """

    def __init__(self, config: uvicorn.Config, bulk_path: Path, answering: Callable[[], None]) -> None:
        super().__init__(config)
        self._bulk_path = bulk_path
        self._answering = answering
        self.abandoned = False

    async def end_with(self, owner: int) -> None:
        """Ends once that file descriptor can be read: nobody writes to it, so it is at its end."""
        await anyio.wait_readable(owner)
        _log.info("the owner has ended: ending")
        self.abandoned = self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        listener = bulk.listening(self._bulk_path)
        if listener is not None:
            self.servers.append(await asyncio.get_running_loop().create_unix_server(self._protocol, sock=listener))
        self._answering()

    def _protocol(self) -> _BulkConnection:
        return _BulkConnection(self.config, self.server_state, self.lifespan.state)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Idle connections are cut: closing them in the way of TLS would wait for clients that do not look."""
        for connection in list(self.server_state.connections):
            assert isinstance(connection, _Connection), "as configured"
            if connection.cycle is None or connection.cycle.response_complete:
                connection.transport.abort()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _end_on_signal(server: uvicorn.Server) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for received in signals:
            _log.info("%s: ending", received.name)
            server.should_exit = True


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
