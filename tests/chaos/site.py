"""Two lab clusters of this process behind real HTTPS on loopback, made anew for every scene in next to no time.

The doors stay open for all scenes; what answers behind them is the clusters of the scene.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
import yaml
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from trustme import CA

from ontaplab.clock import SystemClock
from ontaplab.inprocess import ACCOUNT, Lab, lab_clusters
from tests.chaos.commands import Commands, Ended, commands
from tests.chaos.mortal import Fate
from tests.together.world import GROUP, SVMS

CLUSTERS = HOME, TARGET = ("paris", "lyon")
_LOOPBACK = "127.0.0.1"
_PASSWORD = "LAB_PASSWORD"  # the environment variable that holds every cluster's


class Door:
    """An HTTPS port of loopback, and whatever answers behind it just now. While it is shut, connections are refused."""

    def __init__(self) -> None:
        self.behind: ASGIApp = PlainTextResponse("nobody is at home", 500)
        # Only where the protocol is named does asyncio send small packets at once; otherwise a call takes 40 ms more.
        self.socket = socket.socket(proto=socket.IPPROTO_TCP)
        self.socket.bind((_LOOPBACK, 0))

    @property
    def url(self) -> str:
        return f"https://{_LOOPBACK}:{self.socket.getsockname()[1]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.behind(scope, receive, send)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Running clusters and a configuration that leads to them, all in one folder."""

    folder: Path
    lab: Lab
    portal: BlockingPortal
    commands: Commands

    def run(self, *arguments: str, fate: Fate | None = None, dies_after_s: float | None = None) -> Ended:
        """A `datamotion` command has ended, by itself or killed."""
        asked = [*arguments, "-c", str(self.folder / "datamotion.yaml"), "-o", "json"]
        return self.commands.run(asked, self.folder, fate=fate, dies_after_s=dies_after_s)

    def tree(self, cluster: str, volume: str) -> Path:
        """A volume as plain files, mounted or not."""
        return self.folder / cluster / "by-name" / SVMS[cluster] / volume

    def served(self, cluster: str, path: str) -> Path:
        """What clients see at that junction path."""
        return self.folder / cluster / "exports" / SVMS[cluster] / path.removeprefix("/")

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.folder / 'datamotion.db'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where scenes are played: doors to the clusters, the thread in which these live, processes for the commands."""

    doors: Mapping[str, Door]
    shut: Door
    ca_file: Path
    portal: BlockingPortal
    commands: Commands

    @contextmanager
    def scene(self, folder: Path, *, peered: bool = False, cut_off: Sequence[str] = ()) -> Iterator[Scene]:
        """The clusters of the folder run: new ones, peers of each other if so asked, or what an earlier scene left.

        To commands, clusters that are `cut_off` refuse the connection.
        """
        self._configure(folder, cut_off)
        running = lab_clusters(*CLUSTERS, root=folder, clock=SystemClock(), peered=peered, durable=True)
        with self.portal.wrap_async_context_manager(running) as lab:
            for name, door in self.doors.items():
                door.behind = lab[name].app
            yield Scene(folder=folder, lab=lab, portal=self.portal, commands=self.commands)

    def _configure(self, folder: Path, cut_off: Sequence[str]) -> None:
        doors = {name: self.shut if name in cut_off else door for name, door in self.doors.items()}
        aggregates = {"aggr1": "aggr1"}
        document = {
            "clusters": {
                name: {
                    "url": door.url,
                    "user": ACCOUNT[0],
                    "password": {"env": _PASSWORD},
                    "ca_file": str(self.ca_file),
                    "concurrency": 2,
                }
                for name, door in doors.items()
            },
            "backends": {
                f"gold-{name}": {"cluster": name, "svm": SVMS[name], "volumes": ["vol_*"]} for name in CLUSTERS
            },
            "groups": {
                GROUP: {
                    "home": f"gold-{HOME}",
                    "rpo": "2h",
                    "targets": [{"backend": f"gold-{TARGET}", "aggregates": aggregates, "schedule": "hourly"}],
                }
            },
        }
        (folder / "datamotion.yaml").write_text(yaml.safe_dump(document))


@contextmanager
def a_site(folder: Path) -> Iterator[Site]:
    """A site whose certificates are in the folder. At the end nothing of it is left but those."""
    certificate, ca_file = _certify(folder)
    with ExitStack() as stack:
        asked = stack.enter_context(commands({_PASSWORD: ACCOUNT[1]}))
        portal = stack.enter_context(start_blocking_portal())
        doors = {name: Door() for name in CLUSTERS}
        for door in doors.values():
            stack.enter_context(_open(door, certificate, portal))
        shut = Door()
        stack.callback(shut.socket.close)
        yield Site(doors=doors, shut=shut, ca_file=ca_file, portal=portal, commands=asked)


def _certify(folder: Path) -> tuple[Path, Path]:
    """A certificate with its key, and that of the authority which issued it."""
    authority, certificate, ca_file = CA(), folder / "server.pem", folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    authority.issue_cert(_LOOPBACK).private_key_and_cert_chain_pem.write_to_path(certificate)
    return certificate, ca_file


@contextmanager
def _open(door: Door, certificate: Path, portal: BlockingPortal) -> Iterator[None]:
    """Connections that are made meanwhile are answered."""
    door.socket.listen()  # connections queue until the server takes them
    config = uvicorn.Config(
        door,
        http="h11",
        ssl_certfile=certificate,
        lifespan="off",
        access_log=False,
        log_config=None,
        date_header=False,  # the clusters' own is the only one; the server's is late where it has much to do
    )
    server = uvicorn.Server(config)
    serving = portal.start_task_soon(server.serve, [door.socket])
    try:
        yield
    finally:
        server.should_exit = True
        serving.result()
