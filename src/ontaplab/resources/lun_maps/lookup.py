"""LUN maps, and who sees which LUN by them."""

from __future__ import annotations

from collections.abc import Iterable

from ontaplab.cluster import Cluster
from ontaplab.resources.igroups.state import Igroup
from ontaplab.resources.lun_maps.state import LunMap
from ontaplab.resources.luns.lookup import luns_of
from ontaplab.resources.luns.state import Lun


def maps_that_hold(cluster: Cluster, maps: Iterable[LunMap]) -> list[tuple[LunMap, Lun]]:
    """Each with its LUN. A map whose LUN is not there, as after a restore to before it was made, maps nothing."""
    maps = list(maps)
    volumes = [cluster.volumes[uuid] for uuid in dict.fromkeys(each.volume for each in maps) if uuid in cluster.volumes]
    luns = {lun.uuid: lun for volume in volumes for lun in luns_of(cluster, volume)}
    return [(each, luns[each.lun]) for each in maps if each.lun in luns]


def seen_by(cluster: Cluster, initiator: str) -> list[LunMap]:
    """The maps to groups that have that initiator."""
    groups = {igroup.uuid for igroup in cluster.igroups if igroup.has(initiator)}
    return cluster.lun_maps.where(lambda each: each.igroup in groups)


def numbers_in_use(cluster: Cluster, igroup: Igroup) -> set[int]:
    """Those under which the group's initiators see LUNs, by this group or by another of its SVM.

    Another SVM is another target to them.
    """
    maps = [*cluster.lun_maps.where(lambda each: each.igroup == igroup.uuid)]
    maps += [each for initiator in igroup.initiators for each in seen_by(cluster, initiator.name)]
    return {each.number for each in maps if cluster.igroups[each.igroup].svm == igroup.svm}
