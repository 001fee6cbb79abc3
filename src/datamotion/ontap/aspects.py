"""How each aspect of a cluster is looked at that tells more than how groups stand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from datamotion.model.item_records import FileName, FilesIn
from datamotion.model.view import Aspect
from datamotion.ontap.accounts import get_access
from datamotion.ontap.aggregates import list_aggregates
from datamotion.ontap.cifs import list_sessions
from datamotion.ontap.clusters import (
    get_identity,
    list_cluster_peers,
    list_interfaces,
    list_licenses,
    list_nodes,
    list_schedules,
)
from datamotion.ontap.destinations import list_destinations
from datamotion.ontap.exports import list_export_policies, list_qtrees
from datamotion.ontap.files import list_copy_jobs, list_files
from datamotion.ontap.lun_maps import list_igroups, list_lun_maps
from datamotion.ontap.lun_places import list_lun_places
from datamotion.ontap.luns import list_luns
from datamotion.ontap.movements import list_movements
from datamotion.ontap.named_policies import list_qos_policies, list_snapshot_policies
from datamotion.ontap.shares import list_cifs_servers, list_shares
from datamotion.ontap.snapshots import list_common_snapshots, list_snapshots
from datamotion.ontap.transport import Transport

_OF_CLUSTER: Mapping[Aspect, Callable[[Transport], Awaitable[object]]] = {
    Aspect.IDENTITY: get_identity,
    Aspect.CLUSTER_PEERS: list_cluster_peers,
    Aspect.AGGREGATES: list_aggregates,
    Aspect.SCHEDULES: list_schedules,
    Aspect.SNAPSHOT_POLICIES: list_snapshot_policies,
    Aspect.QOS_POLICIES: list_qos_policies,
    Aspect.LICENSES: list_licenses,
    Aspect.NODES: list_nodes,
    Aspect.INTERFACES: list_interfaces,
    Aspect.ACCESS: get_access,
    Aspect.COPY_JOBS: list_copy_jobs,
}
_OF_SVMS: Mapping[Aspect, Callable[[Transport, Collection[str]], Awaitable[object]]] = {
    Aspect.DESTINATIONS: list_destinations,
    Aspect.EXPORT_POLICIES: list_export_policies,
    Aspect.QTREES: list_qtrees,
    Aspect.CIFS_SESSIONS: list_sessions,
    Aspect.LUNS: list_luns,
    Aspect.LUN_MAPS: list_lun_maps,
    Aspect.IGROUPS: list_igroups,
    Aspect.CIFS_SHARES: list_shares,
    Aspect.CIFS_SERVERS: list_cifs_servers,
    Aspect.MOVEMENTS: list_movements,
    Aspect.LUN_PLACES: list_lun_places,
    Aspect.SNAPSHOTS: list_snapshots,
    Aspect.COMMON_SNAPSHOTS: list_common_snapshots,
}


async def look(
    transport: Transport, aspect: Aspect, svms: Collection[str], files: Collection[FileName | FilesIn]
) -> object:
    """What a look at that aspect found: of the cluster, or of these SVMs."""
    if aspect is Aspect.FILES:
        return await list_files(transport, files)
    if aspect in _OF_CLUSTER:
        return await _OF_CLUSTER[aspect](transport)
    # Without an SVM the query would be empty, and ONTAP would answer with everything.
    return await _OF_SVMS[aspect](transport, svms) if svms else ()
