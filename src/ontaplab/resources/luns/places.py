"""Where a LUN comes to be: a volume that can be written to, and a path in it at which nothing is."""

from __future__ import annotations

from pathlib import Path

from ontaplab.cluster import Cluster
from ontaplab.disk.luns import can_be_lun
from ontaplab.errors import missing_field
from ontaplab.resources.luns.bodies import LunCreate
from ontaplab.resources.luns.errors import bad_name, name_taken, names_differ, no_luns_in, read_only, volume_is_offline
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.errors import not_found as volume_not_found
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.resources.volumes.places import directory_of
from ontaplab.resources.volumes.state import Volume


def place_of(cluster: Cluster, svm: Svm, body: LunCreate) -> tuple[Volume, str]:
    """The volume and the path in it that are named: by the name, by the location, or by both alike."""
    named, located = body.name, _location(cluster, svm, body)
    if named is None and located is None:
        raise missing_field("name")
    if named is not None and located not in (None, named):
        raise names_differ(named, str(located))
    name = str(named or located)
    return free_place(cluster, svm.uuid, name)


def free_place(cluster: Cluster, svm: str, name: str) -> tuple[Volume, str]:
    """The volume and the path in it, where a LUN may come to be. Raises: OntapError."""
    volume_name, path = _parts(name)
    volume = cluster.volumes.by_name.first((svm, volume_name))
    if volume is None:
        raise volume_not_found(volume_name)
    if volume.style == "flexgroup" or volume.is_svm_root:
        raise no_luns_in(volume.name, "which is a FlexGroup" if volume.style == "flexgroup" else "the root of its SVM")
    check_is_writable(volume)
    _check_is_free(directory_of(cluster, volume.uuid).live, volume, path)
    return volume, path


def _location(cluster: Cluster, svm: Svm, body: LunCreate) -> str | None:
    where = body.location
    if where is None or where.volume is None or where.logical_unit is None:
        return None
    meant = where.volume
    found = cluster.volumes.first(lambda each: each.svm == svm.uuid and meant.means(each.name, each.uuid))
    if found is None:
        raise volume_not_found(meant.name or meant.uuid or "")
    qtree = f"{where.qtree.name}/" if where.qtree is not None and where.qtree.name else ""
    return f"/vol/{found.name}/{qtree}{where.logical_unit}"


def _parts(name: str) -> tuple[str, str]:
    """Volume and path. Raises: OntapError 5374352."""
    start, vol, *rest = [*name.split("/", 3), "", ""][:4]
    if start or vol != "vol" or not can_be_lun(rest[1]):
        raise bad_name(name)
    return rest[0], rest[1]


def writable_tree(cluster: Cluster, uuid: str, path: str | None) -> Path:
    """The tree of the volume, which can be written to; nothing is at the path."""
    volume = present(cluster, uuid)
    check_is_writable(volume)
    live = directory_of(cluster, uuid).live
    if path is not None:
        _check_is_free(live, volume, path)
    return live


def _check_is_free(live: Path, volume: Volume, path: str) -> None:
    """Raises: OntapError 5374242, or 5374352 where there is no such qtree."""
    above, _, _ = path.rpartition("/")
    if not (live / above).is_dir() or (live / above).is_symlink():
        raise bad_name(f"/vol/{volume.name}/{path}")
    if (live / path).exists() or (live / path).is_symlink():
        raise name_taken(f"/vol/{volume.name}/{path}")


def check_is_writable(volume: Volume) -> None:
    if volume.state != "online":
        raise volume_is_offline(volume.name)
    if volume.is_mirror:
        raise read_only(volume.name)
