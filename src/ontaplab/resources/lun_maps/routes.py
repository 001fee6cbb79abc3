"""`/protocols/san/lun-maps`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.igroups.state import Igroup
from ontaplab.resources.lun_maps.handlers import LunMapCreate, create, remove
from ontaplab.resources.lun_maps.lookup import maps_that_hold
from ontaplab.resources.lun_maps.state import LunMap
from ontaplab.resources.luns.lookup import lun_in, lun_name
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Request, Resource


def resource(cluster: Cluster) -> Resource[LunMap]:
    def igroup(each: LunMap) -> Igroup:
        return cluster.igroups[each.igroup]

    def name_of_lun(each: LunMap) -> str | None:
        lun = lun_in(cluster, each.volume, each.lun)
        return None if lun is None else lun_name(cluster, lun)

    def rows(request: Request) -> list[LunMap]:
        return [each for each, _ in maps_that_hold(cluster, cluster.lun_maps)]

    fields: Fields[LunMap] = Fields(
        {
            "lun.uuid": Field(lambda each: each.lun, Level.KEY),
            "lun.name": Field(name_of_lun, Level.KEY),
            "igroup.uuid": Field(lambda each: each.igroup, Level.KEY),
            "igroup.name": Field(lambda each: igroup(each).name, Level.KEY),
            "igroup.protocol": Field(lambda each: igroup(each).protocol),
            "igroup.os_type": Field(lambda each: igroup(each).os_type),
            "igroup.initiators": Field(lambda each: [one.name for one in igroup(each).initiators]),
            "logical_unit_number": Field(lambda each: each.number),
            "svm.uuid": Field(lambda each: igroup(each).svm, Level.DEFAULT),
            "svm.name": Field(lambda each: svm_name(cluster, igroup(each).svm), Level.DEFAULT),
        }
    )
    return Resource(
        path="/protocols/san/lun-maps",
        fields=fields,
        rows=rows,
        keys=("lun.uuid", "igroup.uuid"),
        create=Create(LunMapCreate, partial(create, cluster)),
        remove=partial(remove, cluster),
    )
