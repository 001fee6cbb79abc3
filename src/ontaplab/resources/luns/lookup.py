"""LUNs, found in the volumes that hold them."""

from __future__ import annotations

from collections.abc import Iterator

from ontaplab.cluster import Cluster
from ontaplab.disk.luns import luns_in
from ontaplab.errors import missing_field
from ontaplab.resources.luns.errors import not_found
from ontaplab.resources.luns.state import Lun
from ontaplab.resources.volumes.places import content_of
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Reference


def luns_of(cluster: Cluster, volume: Volume) -> list[Lun]:
    """Those of the volume: what its tree holds, or that of the snapshot that a mirror exports."""
    tree = content_of(cluster, volume)
    if tree is None or volume.flexgroup is not None:
        return []
    return [
        Lun(
            volume=volume.uuid,
            file=file,
            size_bytes=status.st_size,
            used_bytes=min(status.st_size, status.st_blocks * 512),
        )
        for file, status in luns_in(tree)
    ]


def all_luns(cluster: Cluster) -> Iterator[Lun]:
    """Those of all volumes, each volume looked at when it is its turn."""
    for volume in cluster.volumes:
        yield from luns_of(cluster, volume)


def lun_name(cluster: Cluster, lun: Lun) -> str:
    return f"/vol/{cluster.volumes[lun.volume].name}/{lun.file.path}"


def lun_in(cluster: Cluster, volume: str, uuid: str) -> Lun | None:
    """The LUN of that uuid in the volume of that uuid, if both are there."""
    found = cluster.volumes.get(volume)
    return None if found is None else next((lun for lun in luns_of(cluster, found) if lun.uuid == uuid), None)


def lun_of(cluster: Cluster, svm: str, meant: Reference) -> Lun:
    """The LUN of that SVM (its uuid) that is meant. Raises: OntapError 5374875, 5374876, 262245."""
    if not meant.name and not meant.uuid:
        raise missing_field("name")
    for volume in cluster.volumes.where(lambda volume: volume.svm == svm):
        if meant.name is not None and not meant.name.startswith(f"/vol/{volume.name}/"):
            continue
        for lun in luns_of(cluster, volume):
            if meant.means(lun_name(cluster, lun), lun.uuid):
                return lun
    raise not_found(meant.name or meant.uuid or "", by_name=meant.uuid is None)
