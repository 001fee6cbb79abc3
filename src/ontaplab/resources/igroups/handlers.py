"""Initiator groups: create, change, remove."""

from __future__ import annotations

import re
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.igroups.bodies import IgroupChange, IgroupCreate
from ontaplab.resources.igroups.errors import bad_initiator, bad_name, initiator_taken, is_mapped, name_taken, not_found
from ontaplab.resources.igroups.state import LONGEST_NAME, Igroup, Initiator
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Reference
from ontaplab.wire.resource import Done, Reply, Request

_NAME = re.compile(r"[\w.:-]+", re.ASCII)
_ISCSI = re.compile(r"iqn\.\d{4}-\d\d\.[\w.:-]+|eui\.[0-9a-f]{16}", re.IGNORECASE | re.ASCII)
_FCP = re.compile(r"([0-9a-f]{2}:){7}[0-9a-f]{2}|(0x)?[0-9a-f]{16}", re.IGNORECASE)


def create(cluster: Cluster, request: Request, body: IgroupCreate) -> Reply[Igroup]:
    svm = svm_of(cluster, body.svm, request.tunnel)
    if body.name is None or body.os_type is None:
        raise missing_field("name" if body.name is None else "os_type")
    blank = Igroup(
        uuid=cluster.new_uuid("igroup", f"{svm.uuid}/{body.name}"),
        svm=svm.uuid,
        name="",
        os_type=body.os_type,
        protocol=body.protocol or "mixed",
    )
    igroup = _changed(cluster, blank, body)
    for each in body.initiators:
        igroup = with_initiator(igroup, each.initiator())
    return Done(cluster.igroups.put(igroup))


def modify(cluster: Cluster, request: Request, igroup: Igroup, body: IgroupChange) -> Reply[Igroup]:
    return Done(cluster.igroups.put(_changed(cluster, igroup, body)))


def remove(cluster: Cluster, request: Request, igroup: Igroup) -> Reply[Igroup]:
    """Its maps are gone with it."""
    maps = cluster.lun_maps.where(lambda each: each.igroup == igroup.uuid)
    if maps and not request.flag("allow_delete_while_mapped"):
        raise is_mapped(igroup.name)
    with cluster.together():
        for each in maps:
            cluster.lun_maps.remove(each.uuid)
        cluster.igroups.remove(igroup.uuid)
    return Done()


def with_initiator(igroup: Igroup, initiator: Initiator) -> Igroup:
    """With one more. Raises: OntapError for a name of another protocol, or one that is in the group."""
    is_iscsi, is_fcp = _ISCSI.fullmatch(initiator.name), _FCP.fullmatch(initiator.name)
    if not {"iscsi": is_iscsi, "fcp": is_fcp, "mixed": is_iscsi or is_fcp}[igroup.protocol]:
        raise bad_initiator(initiator.name, igroup.protocol)
    if igroup.has(initiator.name):
        raise initiator_taken(initiator.name)
    return replace(igroup, initiators=(*igroup.initiators, initiator))


def igroup_of(cluster: Cluster, svm: str, meant: Reference) -> Igroup:
    """The group of that SVM (its uuid) that is meant. Raises: OntapError 5374878, 262245."""
    if not meant.name and not meant.uuid:
        raise missing_field("igroup.name")
    found = cluster.igroups.first(lambda each: each.svm == svm and meant.means(each.name, each.uuid))
    if found is None:
        raise not_found(meant.name or meant.uuid or "")
    return found


def _changed(cluster: Cluster, igroup: Igroup, body: IgroupChange) -> Igroup:
    if body.name is not None and body.name != igroup.name:
        if len(body.name) > LONGEST_NAME or not _NAME.fullmatch(body.name):
            raise bad_name(body.name)
        if cluster.igroups.first(lambda each: (each.svm, each.name) == (igroup.svm, body.name)):
            raise name_taken(body.name)
        igroup = replace(igroup, name=body.name)
    return replace(
        igroup,
        os_type=body.os_type or igroup.os_type,
        comment=igroup.comment if body.comment is None else body.comment,
        delete_on_unmap=igroup.delete_on_unmap if body.delete_on_unmap is None else body.delete_on_unmap,
    )
