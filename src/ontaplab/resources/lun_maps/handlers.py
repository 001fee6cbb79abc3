"""LUN maps: create, remove."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.igroups.handlers import igroup_of
from ontaplab.resources.lun_maps.errors import bad_number, is_mapped, number_taken
from ontaplab.resources.lun_maps.lookup import numbers_in_use
from ontaplab.resources.lun_maps.state import HIGHEST, LunMap
from ontaplab.resources.luns.lookup import lun_name, lun_of
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request


class LunMapCreate(Body):
    svm: Reference | None = None
    lun: Reference | None = None
    igroup: Reference | None = None
    logical_unit_number: int | None = None


def create(cluster: Cluster, request: Request, body: LunMapCreate) -> Reply[LunMap]:
    """Under the lowest number that is free if none was given. A mirror's LUN may be mapped: it is read-only."""
    svm = svm_of(cluster, body.svm, request.tunnel)
    if body.lun is None or body.igroup is None:
        raise missing_field("lun" if body.lun is None else "igroup")
    lun, igroup = lun_of(cluster, svm.uuid, body.lun), igroup_of(cluster, svm.uuid, body.igroup)
    uuid = f"{lun.uuid}/{igroup.uuid}"
    if uuid in cluster.lun_maps:
        raise is_mapped(lun_name(cluster, lun), igroup.name)
    taken, number = numbers_in_use(cluster, igroup), body.logical_unit_number
    if number is None:
        number = next(each for each in range(HIGHEST + 2) if each not in taken)
    if not 0 <= number <= HIGHEST:
        raise bad_number(number, HIGHEST)
    if number in taken:
        raise number_taken(number, igroup.name)
    made = LunMap(uuid=uuid, volume=lun.volume, lun=lun.uuid, igroup=igroup.uuid, number=number)
    return Done(cluster.lun_maps.put(made))


def remove(cluster: Cluster, request: Request, lun_map: LunMap) -> Reply[LunMap]:
    """The group is gone too if it wants to be when nothing is mapped to it."""
    igroup = cluster.igroups[lun_map.igroup]
    with cluster.together():
        cluster.lun_maps.remove(lun_map.uuid)
        if igroup.delete_on_unmap and not cluster.lun_maps.where(lambda each: each.igroup == igroup.uuid):
            cluster.igroups.remove(igroup.uuid)
    return Done()
