"""NetApp's own client, connected to a lab of two clusters by HTTPS as its documentation shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from netapp_ontap.host_connection import HostConnection

from ontaplab.site import Site
from tests.contract.resources import (
    ClientClass,
    ClientObject,
    FileInfo,
    SnapmirrorRelationship,
    SnapmirrorTransfer,
    SvmPeer,
    Volume,
)
from tests.contract.wire import Wire
from tests.ontaplab.site.labs import client_of, eventually, status_of

SVMS = {"paris": "svm_gold", "lyon": "svm_gold_dr"}
"""What `Site.up` makes."""
MIB = 1024**2
_numbers = itertools.count(1)


def fresh(what: str) -> str:
    """A name that nothing in the lab has yet."""
    return f"{what}_{next(_numbers)}"


def two_gone(resource: ClientClass, name: str, one: ClientObject, two: ClientObject) -> None:
    """One is removed by its keys, the other by a query."""
    two.delete()
    assert [each.name for each in resource.get_collection(name=f"{name}*")] == [one.name]
    resource.delete_collection(name=f"{name}*")
    assert not list(resource.get_collection(name=f"{name}*"))


@dataclass
class Clients:
    """One client of each cluster. All that goes over their wires is noted."""

    site: Site
    wire: Wire = field(default_factory=Wire)
    paris: HostConnection = field(init=False)
    lyon: HostConnection = field(init=False)
    _connections: list[HostConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paris, self.lyon = self.connect("paris"), self.connect("lyon")

    def connect(self, cluster: str, **options: Any) -> HostConnection:
        """A client's connection, which knows the lab's CA; `options` replace what it is made of."""
        url = urlsplit(status_of(self.site, cluster).url)
        settings = {
            "username": "admin",
            "password": (self.site.folder / cluster / "password").read_text().strip(),
            "port": url.port,
            "verify": str(self.site.folder / "ca.pem"),
            "poll_interval": 0.01,
        }
        connection = HostConnection(url.hostname, **settings | options)
        # The environment's CA bundle and proxies would be stronger than what was given here.
        connection.session.trust_env = False
        connection.session.hooks["response"].append(self.wire.listen)
        self._connections.append(connection)
        return connection

    def close(self) -> None:
        for connection in self._connections:
            connection.session.close()

    def volume(self, at: str = "paris", **properties: Any) -> ClientObject:
        """A new volume, as the cluster tells it."""
        connection: HostConnection = getattr(self, at)
        volume = Volume(
            name=fresh("vol"),
            svm={"name": SVMS[at]},
            aggregates=[{"name": f"aggr1_{at}"}],
            size=100 * MIB,
            **properties,
        )
        volume.post(hydrate=True, connection=connection)
        volume.set_connection(connection)
        return volume

    def write(self, volume: ClientObject, path: str, content: str) -> None:
        """There is a new file of this content in a volume of paris."""
        with self.paris:
            FileInfo(volume.uuid, path).post(data=content)

    def read(self, at: str, volume: ClientObject, path: str) -> bytes:
        """The file's bytes, by the cluster's API."""
        with self.connect(at, headers={"Accept": "multipart/form-data"}):
            file = FileInfo(volume.uuid, path)
            file.get(byte_offset=0, length=MIB)
        (part,) = file.response_parts
        content: bytes = part["content"]
        return content

    def peer_svms(self) -> None:
        """The SVM of lyon may mirror volumes of the one of paris, which is called the same there."""
        with self.lyon:
            offer = SvmPeer(
                svm={"name": SVMS["lyon"]},
                peer={"svm": {"name": SVMS["paris"]}, "cluster": {"name": "paris"}},
                applications=["snapmirror"],
            )
            offer.post(hydrate=True)
        assert offer.state == "initiated"
        with self.paris:
            pending = SvmPeer.find(**{"peer.svm.name": SVMS["lyon"]})
            assert pending.state == "pending"
            pending.state = "peered"
            pending.patch()
        offer.get()
        assert offer.state == "peered"

    def mirror(self, source: ClientObject, **properties: Any) -> ClientObject:
        """A new relationship to a new volume of lyon; nothing was transferred yet."""
        destination = self.volume("lyon", type="dp")
        with self.lyon:
            mirror = SnapmirrorRelationship(
                source={"path": f"{SVMS['paris']}:{source.name}"},
                destination={"path": f"{SVMS['lyon']}:{destination.name}"},
                **{"policy": {"name": "MirrorAllSnapshots"}, **properties},
            )
            mirror.post(hydrate=True)
        return mirror

    def initialize(self, mirror: ClientObject) -> None:
        """The first transfer has succeeded."""
        mirror.state = "snapmirrored"
        mirror.patch()
        self.settle(mirror, "snapmirrored")

    def update(self, mirror: ClientObject) -> ClientObject:
        """Another transfer has succeeded; returns it."""
        with self.lyon:
            transfer = SnapmirrorTransfer(mirror.uuid)
            transfer.post()
            eventually(lambda: transfer.get() is not None and transfer.state not in ("queued", "transferring"))
        assert transfer.state == "success"
        self.settle(mirror, "snapmirrored")
        return transfer

    def settle(self, mirror: ClientObject, state: str) -> None:
        """It is in that state, with no transfer running."""

        def reached() -> bool:
            mirror.get(fields="*")
            transferring = getattr(getattr(mirror, "transfer", None), "state", None) in ("queued", "transferring")
            return bool(mirror.state == state and not transferring)

        eventually(reached)

    @contextmanager
    def transfers_held(self) -> Iterator[None]:
        """Transfers to lyon begin and do not get on."""
        self._gate(held=True)
        try:
            yield
        finally:
            self._gate(held=False)

    def _gate(self, *, held: bool) -> None:
        """The lab's own switch, which is no part of ONTAP's API."""
        with client_of(self.site, "lyon") as http:
            http.put(str(http.base_url.join("/lab/transfers")), json={"held": held}).raise_for_status()
