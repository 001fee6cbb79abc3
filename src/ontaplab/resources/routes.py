"""All that a cluster answers, as one application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.types import ASGIApp

from ontaplab.clock import SystemClock
from ontaplab.cluster import Cluster
from ontaplab.doors.doors import Doors
from ontaplab.doors.routes import door_routes
from ontaplab.doors.writing import Writes
from ontaplab.faults.routes import fault_routes
from ontaplab.faults.striking import Hostile
from ontaplab.intercluster.mirroring.followers import follower_routes
from ontaplab.intercluster.mirroring.reversals import reversal_routes
from ontaplab.intercluster.mirroring.routes import mirror_routes
from ontaplab.intercluster.mirroring.source import LocalSource
from ontaplab.intercluster.routes import intercluster_routes
from ontaplab.network import AsgiNetwork
from ontaplab.resources.accounts import handlers as account_handlers
from ontaplab.resources.accounts import routes as accounts
from ontaplab.resources.accounts.admission import Admission
from ontaplab.resources.aggregates import routes as aggregates
from ontaplab.resources.cifs_services import routes as cifs_services
from ontaplab.resources.cifs_sessions import routes as cifs_sessions
from ontaplab.resources.cifs_shares import routes as cifs_shares
from ontaplab.resources.cluster import routes as cluster_itself
from ontaplab.resources.cluster_peers import routes as cluster_peers
from ontaplab.resources.cluster_peers.handshake import resume_handshakes
from ontaplab.resources.connected_clients import routes as connected_clients
from ontaplab.resources.counters import routes as counters
from ontaplab.resources.ems import routes as ems
from ontaplab.resources.export_policies import routes as export_policies
from ontaplab.resources.files.cloning import clone_routes
from ontaplab.resources.files.copying import copy_routes
from ontaplab.resources.files.moving import moves_resource
from ontaplab.resources.files.routes import file_routes
from ontaplab.resources.files.splits import split_status_resource
from ontaplab.resources.igroups import routes as igroups
from ontaplab.resources.ip_interfaces import handlers as interface_handlers
from ontaplab.resources.ip_interfaces import routes as ip_interfaces
from ontaplab.resources.jobs import routes as jobs
from ontaplab.resources.licenses import handlers as license_handlers
from ontaplab.resources.licenses import routes as licenses
from ontaplab.resources.lun_maps import routes as lun_maps
from ontaplab.resources.luns import routes as luns
from ontaplab.resources.luns.carrying import find_moved
from ontaplab.resources.nfs_services import routes as nfs_services
from ontaplab.resources.nodes import routes as nodes
from ontaplab.resources.private_cli.routes import private_cli_routes
from ontaplab.resources.qos_policies import handlers as qos_handlers
from ontaplab.resources.qos_policies import routes as qos_policies
from ontaplab.resources.qtrees import routes as qtrees
from ontaplab.resources.relationships import routes as relationships
from ontaplab.resources.relationships.scheduled_snapshots import take_at_destinations
from ontaplab.resources.relationships.transitions import Transitions
from ontaplab.resources.roles import routes as roles
from ontaplab.resources.roles.lookup import install_of_cluster
from ontaplab.resources.schedules import handlers as schedule_handlers
from ontaplab.resources.schedules import routes as schedules
from ontaplab.resources.snapmirror_policies import handlers as policy_handlers
from ontaplab.resources.snapmirror_policies import routes as policies
from ontaplab.resources.snapshot_policies import handlers as snapshot_policy_handlers
from ontaplab.resources.snapshot_policies import routes as snapshot_policies
from ontaplab.resources.snapshot_policies.taking import take_by_policy
from ontaplab.resources.snapshots import routes as snapshots
from ontaplab.resources.svm_peer_permissions import routes as svm_peer_permissions
from ontaplab.resources.svm_peers import routes as svm_peers
from ontaplab.resources.svms import routes as svms
from ontaplab.resources.transfers import routes as transfers
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.following import Following
from ontaplab.resources.transfers.restores import restore_routes
from ontaplab.resources.transfers.scheduled_updates import update_by_schedule
from ontaplab.resources.volumes import routes as volumes
from ontaplab.resources.volumes.lifecycle import recover
from ontaplab.resources.volumes.working import go_on as go_on_with_volumes
from ontaplab.wire.app import Extra, build_app, list_routes
from ontaplab.wire.dated import Dated
from ontaplab.wire.resource import Resource

_RESOURCES: Sequence[Callable[[Cluster], Resource[Any]]] = (
    cluster_itself.resource,
    nodes.resource,
    nodes.compliance_clocks_resource,
    counters.tables_resource,
    counters.rows_resource,
    jobs.resource,
    accounts.resource,
    roles.resource,
    roles.privileges_resource,
    licenses.resource,
    schedules.resource,
    ip_interfaces.resource,
    cluster_peers.resource,
    svms.resource,
    svms.fpolicy_resource,
    svm_peers.resource,
    svm_peer_permissions.resource,
    aggregates.resource,
    snapshot_policies.resource,
    snapshot_policies.schedules_resource,
    export_policies.resource,
    export_policies.rules_resource,
    nfs_services.resource,
    nfs_services.kerberos_resource,
    connected_clients.resource,
    cifs_services.resource,
    cifs_shares.resource,
    cifs_shares.acls_resource,
    cifs_sessions.resource,
    qos_policies.resource,
    ems.resource,
    volumes.resource,
    split_status_resource,
    qtrees.resource,
    igroups.resource,
    igroups.initiators_resource,
    lun_maps.resource,
    snapshots.resource,
    policies.resource,
)


@dataclass(frozen=True, slots=True)
class Assembled:
    """What a cluster answers with: requests over HTTP, and hosts."""

    app: ASGIApp
    doors: Doors


def assemble(cluster: Cluster) -> Assembled:
    """The cluster's application and its doors. To be called once, before the cluster runs.

    On its first start the cluster gets what every cluster has; at each start it goes on from what a crash left.
    """
    if not len(cluster.schedules):
        with cluster.together():
            install_of_cluster(cluster)
            account_handlers.install_built_in(cluster)
            license_handlers.install_built_in(cluster)
            interface_handlers.install_built_in(cluster)
            schedule_handlers.install_built_in(cluster)
            policy_handlers.install_built_in(cluster)
            snapshot_policy_handlers.install_built_in(cluster)
            qos_handlers.install_built_in(cluster)
    engine = Engine(cluster, LocalSource(cluster))
    following = Following(cluster, engine)
    transitions = Transitions(cluster, engine, following)
    writes = Writes(cluster, following)
    update_by_schedule(cluster, engine)
    take_by_policy(cluster)
    take_at_destinations(cluster)
    cluster.at_start(lambda: recover(cluster, engine.kept_trees()))
    cluster.at_start(partial(find_moved, cluster))
    cluster.at_start(engine.go_on)
    cluster.at_start(following.go_on)
    cluster.at_start(partial(go_on_with_volumes, cluster))
    cluster.at_start(partial(resume_handshakes, cluster))
    doors = Doors(cluster, writes)
    admission = Admission(cluster)
    app = build_app(
        _resources(cluster, engine, transitions, writes),
        clock=cluster.clock,
        admit=admission,
        operator=admission.operator,
        extra=_extra(cluster, engine, writes),
        lab=[
            *transfers.gate_routes(cluster.transfer_gate),
            *fault_routes(cluster.faults, cluster.pace),
            *cluster.traits.routes(),
            *door_routes(doors),
        ],
        mounts=[
            *mirror_routes(cluster, engine.local),  # first: every transfer takes them, and routes are tried in turn
            *intercluster_routes(cluster),
            *follower_routes(cluster, following),
            *reversal_routes(cluster, transitions),
        ],
    )
    return Assembled(Dated(Hostile(app, cluster.faults, cluster.clock), cluster.clock), doors)


def _extra(cluster: Cluster, engine: Engine, writes: Writes) -> Sequence[Extra]:
    return [
        *file_routes(cluster, writes),
        *clone_routes(cluster, writes),
        *copy_routes(cluster, writes),
        *restore_routes(cluster, engine),
        *private_cli_routes(cluster),
        ems.application_logs(cluster),
    ]


def _resources(cluster: Cluster, engine: Engine, transitions: Transitions, writes: Writes) -> list[Resource[Any]]:
    return [
        *(resource(cluster) for resource in _RESOURCES),
        luns.resource(cluster, writes),
        moves_resource(cluster, writes),
        relationships.resource(cluster, engine, transitions),
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
        engine = Engine(cluster, LocalSource(cluster))
        following = Following(cluster, engine)
        writes = Writes(cluster, following)
        resources = _resources(cluster, engine, Transitions(cluster, engine, following), writes)
        listed = list_routes(resources, _extra(cluster, engine, writes))
        cluster.store.close()
        return listed
