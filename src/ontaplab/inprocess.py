"""Clusters inside this process, peered, for tests and for trying things out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from ontaplab.clock import Clock, LoopClock
from ontaplab.cluster import Cluster
from ontaplab.doors.doors import Doors
from ontaplab.network import AsgiNetwork
from ontaplab.resources.aggregates.space import create_aggregate
from ontaplab.resources.routes import assemble

ACCOUNT = ("admin", "lab-password")
AGGREGATE_BYTES = 10 * 1024**4
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LabCluster:
    """A running cluster of this process, the application that answers for it, and where its hosts come in."""

    cluster: Cluster
    app: ASGIApp
    doors: Doors

    @property
    def name(self) -> str:
        return self.cluster.name

    def client(self) -> httpx.AsyncClient:
        """A new client, logged in; close it."""
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{self.name}", auth=ACCOUNT)


@dataclass(frozen=True, slots=True)
class Lab:
    """Clusters that reach each other. Taking an address out of `network.apps` cuts that cluster off from the others."""

    clusters: Mapping[str, LabCluster]
    network: AsgiNetwork

    def __getitem__(self, name: str) -> LabCluster:
        return self.clusters[name]


@asynccontextmanager
async def lab_clusters(
    *names: str,
    root: Path,
    clock: Clock | None = None,
    peered: bool = True,
    durable: bool = False,
    aggregates: Sequence[str] = ("aggr1",),
    traits: Mapping[str, object] | None = None,
) -> AsyncIterator[Lab]:
    """Running clusters of these names, each with these aggregates of 10 TiB, each a peer of every other.

    They have these `ontaplab.traits`, by name.

    Without a clock they live on the event loop's, from noon of 1 March 2026.
    """
    network = AsgiNetwork({})
    shared = clock or LoopClock(START)
    async with AsyncExitStack() as stack:
        clusters = {}
        for number, name in enumerate(names, start=1):
            made = _cluster(name, number, root=root / name, clock=shared, network=network, durable=durable)
            stack.push_async_callback(made.cluster.aclose)
            made.cluster.traits.change(**(traits or {}))
            _make_aggregates(made.cluster, aggregates)
            await stack.enter_async_context(made.cluster.running())
            clusters[name] = made
        lab = Lab(clusters, network)
        if peered:
            await _peer_all(lab)
        yield lab


def _cluster(name: str, number: int, *, root: Path, clock: Clock, network: AsgiNetwork, durable: bool) -> LabCluster:
    cluster = Cluster(
        name,
        root=root,
        clock=clock,
        network=network,
        address=f"10.{number}.0.1",
        accounts=dict([ACCOUNT]),
        durable=durable,
    )
    assembled = assemble(cluster)
    network.apps[cluster.address] = assembled.app
    return LabCluster(cluster, assembled.app, assembled.doors)


def _make_aggregates(cluster: Cluster, names: Sequence[str]) -> None:
    """They are there; on a durable cluster that starts again they were already."""
    known = {aggregate.name for aggregate in cluster.aggregates}
    for name in names:
        if name not in known:
            create_aggregate(cluster, name, AGGREGATE_BYTES)


async def _peer_all(lab: Lab) -> None:
    """Every pair of clusters has gone through the handshake."""
    names = list(lab.clusters)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            await peer(lab[one], lab[other])


async def peer(one: LabCluster, other: LabCluster) -> None:
    """Both clusters are available to each other."""
    async with one.client() as first, other.client() as second:
        offer = {"remote": {"ip_addresses": [other.cluster.address]}, "authentication": {"generate_passphrase": True}}
        offered = await first.post("/api/cluster/peers", json=offer)
        passphrase = offered.json()["records"][0]["authentication"]["passphrase"]
        joining = {"remote": {"ip_addresses": [one.cluster.address]}, "authentication": {"passphrase": passphrase}}
        await second.post("/api/cluster/peers", json=joining)
    while any(peer.is_offer for cluster in (one.cluster, other.cluster) for peer in cluster.cluster_peers):
        await one.cluster.clock.sleep(0.01)
