"""The initiators of a group, as a collection of their own: add, change, remove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ontaplab.cluster import Cluster
from ontaplab.resources.igroups.bodies import InitiatorBody, InitiatorChange
from ontaplab.resources.igroups.errors import initiator_is_mapped, not_found
from ontaplab.resources.igroups.handlers import with_initiator
from ontaplab.resources.igroups.state import Igroup, Initiator
from ontaplab.wire.resource import Done, Reply, Request


@dataclass(frozen=True, slots=True)
class GroupInitiator:
    """One initiator of one group."""

    igroup: Igroup
    initiator: Initiator


def rows(cluster: Cluster, request: Request) -> Iterable[GroupInitiator]:
    return [GroupInitiator(igroup, each) for igroup in cluster.igroups for each in igroup.initiators]


def create(cluster: Cluster, request: Request, body: InitiatorBody) -> Reply[GroupInitiator]:
    igroup = cluster.igroups.get(request.path["igroup.uuid"])
    if igroup is None or not request.reaches(igroup.svm):
        raise not_found(request.path["igroup.uuid"])
    initiator = body.initiator()
    return Done(GroupInitiator(cluster.igroups.put(with_initiator(igroup, initiator)), initiator))


def modify(cluster: Cluster, request: Request, row: GroupInitiator, body: InitiatorChange) -> Reply[GroupInitiator]:
    igroup = cluster.igroups[row.igroup.uuid]
    changed = row.initiator if body.comment is None else replace(row.initiator, comment=body.comment)
    all_ = tuple(changed if each.name == changed.name else each for each in igroup.initiators)
    return Done(GroupInitiator(cluster.igroups.put(replace(igroup, initiators=all_)), changed))


def remove(cluster: Cluster, request: Request, row: GroupInitiator) -> Reply[GroupInitiator]:
    igroup = cluster.igroups[row.igroup.uuid]
    is_mapped = cluster.lun_maps.first(lambda each: each.igroup == igroup.uuid) is not None
    if is_mapped and not request.flag("allow_delete_while_mapped"):
        raise initiator_is_mapped(row.initiator.name)
    cluster.igroups.put(igroup.without(row.initiator.name))
    return Done()
