"""`/storage/luns`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.doors.writing import Writes
from ontaplab.resources.luns.bodies import LunChange, LunCreate
from ontaplab.resources.luns.handlers import create, modify, remove
from ontaplab.resources.luns.lookup import all_luns, lun_name
from ontaplab.resources.luns.passage import Passage
from ontaplab.resources.luns.state import Lun
from ontaplab.resources.qos_policies.lookup import qos_policy_named
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster, writes: Writes) -> Resource[Lun]:
    def volume(lun: Lun) -> Volume:
        return cluster.volumes[lun.volume]

    def is_online(lun: Lun) -> bool:
        return lun.file.enabled and volume(lun).state == "online"

    def qos_policy(lun: Lun) -> str | None:
        return getattr(qos_policy_named(cluster, lun.file.qos_policy, volume(lun).svm), "uuid", None)

    def igroups(lun: Lun, what: str) -> list[object]:
        return [getattr(cluster.igroups[each.igroup], what) for each in cluster.lun_maps_by_lun[lun.uuid]]

    def carried(kind: str, get: Callable[[Passage], object]) -> Field[Lun]:
        """Of the copy or move that brought the LUN to where it is."""

        def value(lun: Lun) -> object:
            passage = cluster.lun_passages.get(lun.uuid)
            return get(passage) if passage is not None and passage.kind == kind else None

        return Field(value, Level.EXPENSIVE)

    def progress(kind: str, of: str) -> Mapping[str, Field[Lun]]:
        now = cluster.clock.now
        return {
            f"{of}.elapsed": carried(kind, lambda passage: passage.elapsed_s(now())),
            f"{of}.percent_complete": carried(kind, lambda passage: passage.effort.percent(now())),
            f"{of}.state": carried(kind, lambda passage: passage.state(now())),
            f"{of}.volume_snapshot_blocked": carried(kind, lambda passage: False),
        }

    fields: Fields[Lun] = Fields(
        {
            "uuid": Field(lambda lun: lun.uuid, Level.KEY),
            "name": Field(lambda lun: lun_name(cluster, lun), Level.KEY),
            "svm.uuid": Field(lambda lun: volume(lun).svm),
            "svm.name": Field(lambda lun: svm_name(cluster, volume(lun).svm)),
            "class": Field(lambda lun: "regular"),
            "comment": Field(lambda lun: lun.file.comment or None),
            "create_time": Field(lambda lun: datetime.fromisoformat(lun.file.created)),
            "enabled": Field(lambda lun: lun.file.enabled),
            "location.logical_unit": Field(lambda lun: lun.file.path.rpartition("/")[2]),
            "location.node.name": Field(lambda lun: cluster.node.name),
            "location.node.uuid": Field(lambda lun: cluster.node.uuid),
            "location.qtree.name": Field(lambda lun: lun.file.path.rpartition("/")[0] or None),
            "location.volume.name": Field(lambda lun: volume(lun).name),
            "location.volume.uuid": Field(lambda lun: lun.volume),
            "os_type": Field(lambda lun: lun.file.os_type),
            "qos_policy.name": Field(lambda lun: lun.file.qos_policy),
            "qos_policy.uuid": Field(qos_policy),
            "serial_number": Field(lambda lun: lun.serial_number),
            "serial_number_hex": Field(lambda lun: lun.serial_number.encode().hex()),
            "space.size": Field(lambda lun: lun.size_bytes),
            "space.used": Field(lambda lun: lun.used_bytes),
            "space.guarantee.requested": Field(lambda lun: lun.file.guaranteed),
            "space.guarantee.reserved": Field(lambda lun: True),
            "space.scsi_thin_provisioning_support_enabled": Field(lambda lun: lun.file.tells_thin),
            "status.container_state": Field(
                lambda lun: "online" if volume(lun).state == "online" else "volume_offline"
            ),
            "status.mapped": Field(lambda lun: bool(cluster.lun_maps_by_lun[lun.uuid])),
            "status.read_only": Field(lambda lun: volume(lun).is_mirror),
            "status.state": Field(lambda lun: "online" if is_online(lun) else "offline"),
            "copy.source.name": carried("copy", lambda passage: passage.source),
            "copy.source.uuid": carried("copy", lambda passage: passage.source_uuid),
            **progress("copy", "copy.source.progress"),
            "movement.paths.source": carried("move", lambda passage: passage.source),
            "movement.paths.destination": carried("move", lambda passage: passage.destination),
            **progress("move", "movement.progress"),
            "lun_maps[].igroup.name": Field(lambda lun: igroups(lun, "name"), Level.EXPENSIVE),
            "lun_maps[].igroup.uuid": Field(lambda lun: igroups(lun, "uuid"), Level.EXPENSIVE),
            "lun_maps[].logical_unit_number": Field(
                lambda lun: [each.number for each in cluster.lun_maps_by_lun[lun.uuid]], Level.EXPENSIVE
            ),
        }
    )
    return Resource(
        path="/storage/luns",
        fields=fields,
        rows=lambda request: all_luns(cluster),
        create=Create(LunCreate, partial(create, cluster, writes)),
        modify=Modify(LunChange, partial(modify, cluster, writes)),
        remove=partial(remove, cluster, writes),
        flags=frozenset({"allow_delete_while_mapped"}),
    )
