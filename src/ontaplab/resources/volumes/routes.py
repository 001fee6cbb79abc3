"""`/storage/volumes`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.volumes.bodies import VolumeChange, VolumeCreate
from ontaplab.resources.volumes.fields import volume_fields
from ontaplab.resources.volumes.handlers import FLAGS, check_any, create, modify, remove
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.resource import Create, Modify, Request, Resource


def resource(cluster: Cluster) -> Resource[Volume]:
    return Resource(
        path="/storage/volumes",
        fields=volume_fields(cluster),
        rows=partial(rows, cluster),
        find=partial(find, cluster),
        create=Create(VolumeCreate, partial(create, cluster)),
        modify=Modify(VolumeChange, partial(modify, cluster), partial(check_any, cluster)),
        remove=partial(remove, cluster),
        check_patch=lambda count: cluster.traits.now.check_patch("volumes", count),
        flags=FLAGS,
    )


def rows(cluster: Cluster, request: Request) -> Iterable[Volume]:
    """All volumes; with `is_constituent=true` the constituents of FlexGroups in their place, with `*` both."""
    wanted = request.flags.get("is_constituent", "false").lower()
    for volume in cluster.volumes.only(request.uuids if wanted == "false" else None):
        if wanted != "true":
            yield volume
        if wanted != "false" and volume.constituents:
            yield from volume.parts


def find(cluster: Cluster, request: Request) -> Volume | None:
    uuid = request.path["uuid"]
    parts = (part for volume in cluster.volumes if volume.constituents for part in volume.parts)
    return cluster.volumes.get(uuid) or next((part for part in parts if part.uuid == uuid), None)
