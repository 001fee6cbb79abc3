"""`/protocols/san/igroups` and the initiators of each."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.igroups import initiators
from ontaplab.resources.igroups.bodies import IgroupChange, IgroupCreate, InitiatorBody, InitiatorChange
from ontaplab.resources.igroups.handlers import create, modify, remove
from ontaplab.resources.igroups.initiators import GroupInitiator
from ontaplab.resources.igroups.state import Igroup
from ontaplab.resources.lun_maps.lookup import maps_that_hold
from ontaplab.resources.luns.lookup import lun_name
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource

_WHILE_MAPPED = frozenset({"allow_delete_while_mapped"})


def resource(cluster: Cluster) -> Resource[Igroup]:
    def maps(igroup: Igroup) -> list[tuple[int, str, str]]:
        """Number, and name and uuid of the LUN."""
        held = maps_that_hold(cluster, cluster.lun_maps.where(lambda each: each.igroup == igroup.uuid))
        return [(each.number, lun_name(cluster, lun), lun.uuid) for each, lun in held]

    fields: Fields[Igroup] = Fields(
        {
            "uuid": Field(lambda igroup: igroup.uuid, Level.KEY),
            "name": Field(lambda igroup: igroup.name, Level.KEY),
            "svm.uuid": Field(lambda igroup: igroup.svm, Level.DEFAULT),
            "svm.name": Field(lambda igroup: svm_name(cluster, igroup.svm), Level.DEFAULT),
            "protocol": Field(lambda igroup: igroup.protocol),
            "os_type": Field(lambda igroup: igroup.os_type),
            "comment": Field(lambda igroup: igroup.comment or None),
            "delete_on_unmap": Field(lambda igroup: igroup.delete_on_unmap),
            "initiators[].name": Field(lambda igroup: [each.name for each in igroup.initiators]),
            "initiators[].comment": Field(lambda igroup: [each.comment or None for each in igroup.initiators]),
            "lun_maps[].logical_unit_number": Field(
                lambda igroup: [number for number, _, _ in maps(igroup)], Level.EXPENSIVE
            ),
            "lun_maps[].lun.name": Field(lambda igroup: [name for _, name, _ in maps(igroup)], Level.EXPENSIVE),
            "lun_maps[].lun.uuid": Field(lambda igroup: [uuid for _, _, uuid in maps(igroup)], Level.EXPENSIVE),
        }
    )
    return Resource(
        path="/protocols/san/igroups",
        fields=fields,
        rows=lambda request: cluster.igroups,
        create=Create(IgroupCreate, partial(create, cluster)),
        modify=Modify(IgroupChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        flags=_WHILE_MAPPED,
    )


def initiators_resource(cluster: Cluster) -> Resource[GroupInitiator]:
    fields: Fields[GroupInitiator] = Fields(
        {
            "igroup.uuid": Field(lambda row: row.igroup.uuid, Level.KEY),
            "igroup.name": Field(lambda row: row.igroup.name),
            "name": Field(lambda row: row.initiator.name, Level.KEY),
            "comment": Field(lambda row: row.initiator.comment or None),
            "svm.uuid": Field(lambda row: row.igroup.svm, Level.NAMED),  # to whom it belongs; NetApp's has none
            "svm.name": Field(lambda row: svm_name(cluster, row.igroup.svm), Level.NAMED),
        }
    )
    return Resource(
        path="/protocols/san/igroups/{igroup.uuid}/initiators",
        fields=fields,
        rows=partial(initiators.rows, cluster),
        keys=("name",),
        create=Create(InitiatorBody, partial(initiators.create, cluster)),
        modify=Modify(InitiatorChange, partial(initiators.modify, cluster)),
        remove=partial(initiators.remove, cluster),
        flags=_WHILE_MAPPED,
    )
