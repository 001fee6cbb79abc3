"""All that a cluster answers, as one application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.types import ASGIApp

from ontaplab.clock import SystemClock
from ontaplab.cluster import Cluster
from ontaplab.intercluster.mirroring.routes import mirror_routes
from ontaplab.intercluster.mirroring.source import LocalSource
from ontaplab.intercluster.routes import intercluster_routes
from ontaplab.network import AsgiNetwork
from ontaplab.resources.aggregates import routes as aggregates
from ontaplab.resources.cluster import routes as cluster_itself
from ontaplab.resources.cluster_peers import routes as cluster_peers
from ontaplab.resources.cluster_peers.handshake import resume_handshakes
from ontaplab.resources.files.routes import file_routes
from ontaplab.resources.jobs import routes as jobs
from ontaplab.resources.nodes import routes as nodes
from ontaplab.resources.relationships import routes as relationships
from ontaplab.resources.schedules import handlers as schedule_handlers
from ontaplab.resources.schedules import routes as schedules
from ontaplab.resources.snapmirror_policies import handlers as policy_handlers
from ontaplab.resources.snapmirror_policies import routes as policies
from ontaplab.resources.snapshots import routes as snapshots
from ontaplab.resources.svm_peers import routes as svm_peers
from ontaplab.resources.svms import routes as svms
from ontaplab.resources.transfers import routes as transfers
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.volumes import routes as volumes
from ontaplab.resources.volumes.lifecycle import recover
from ontaplab.wire.app import build_app, list_routes
from ontaplab.wire.resource import Resource

_RESOURCES: Sequence[Callable[[Cluster], Resource[Any]]] = (
    cluster_itself.resource,
    nodes.resource,
    jobs.resource,
    schedules.resource,
    cluster_peers.resource,
    svms.resource,
    svm_peers.resource,
    aggregates.resource,
    volumes.resource,
    snapshots.resource,
    policies.resource,
)


def assemble(cluster: Cluster) -> ASGIApp:
    """The cluster's application. To be called once, before the cluster runs.

    On its first start the cluster gets what every cluster has; at each start it goes on from what a crash left.
    """
    if not len(cluster.schedules):
        with cluster.together():
            schedule_handlers.install_built_in(cluster)
            policy_handlers.install_built_in(cluster)
    engine = Engine(cluster, LocalSource(cluster))
    cluster.at_start(lambda: recover(cluster, engine.kept_trees()))
    cluster.at_start(engine.go_on)
    cluster.at_start(partial(resume_handshakes, cluster))
    return build_app(
        _resources(cluster, engine),
        clock=cluster.clock,
        authenticate=cluster.authenticates,
        extra=file_routes(cluster),
        mounts=[
            *intercluster_routes(cluster),
            *mirror_routes(cluster, engine.local),
            *transfers.gate_routes(cluster.transfer_gate),
        ],
    )


def _resources(cluster: Cluster, engine: Engine) -> list[Resource[Any]]:
    return [
        *(resource(cluster) for resource in _RESOURCES),
        relationships.resource(cluster, engine),
        transfers.resource(cluster, engine),
    ]


def routes() -> list[tuple[str, str]]:
    """What is simulated: each path below `/api` with its methods."""
    with TemporaryDirectory() as folder:
        cluster = Cluster(
            "lab",
            root=Path(folder),
            clock=SystemClock(),
            network=AsgiNetwork({}),
            address="",
            accounts={},
            durable=False,
        )
        listed = list_routes(_resources(cluster, Engine(cluster, LocalSource(cluster))), file_routes(cluster))
        cluster.store.close()
        return listed
