"""What a volume may be called, how large it must be, where it may be mounted."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import LONGEST_FILE_NAME
from ontaplab.resources.aggregates.space import check_room
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.errors import (
    bad_junction_path,
    bad_name,
    busy,
    junction_below_junction,
    junction_path_taken,
    name_taken,
    name_too_long,
    not_initialized,
    not_online,
    too_small,
)
from ontaplab.resources.volumes.state import (
    LONGEST_FLEXGROUP_NAME,
    LONGEST_NAME,
    SMALLEST_BYTES,
    SMALLEST_CONSTITUENT_BYTES,
    Style,
    Volume,
    path_keys,
)

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def check_name(name: str, style: Style = "flexvol") -> None:
    """Raises: OntapError 917887, 917888."""
    longest = LONGEST_FLEXGROUP_NAME if style == "flexgroup" else LONGEST_NAME
    if len(name) > longest:
        raise name_too_long(name, longest)
    if not _NAME.fullmatch(name):
        raise bad_name(name)


def check_name_is_free(cluster: Cluster, svm: str, name: str) -> None:
    """Raises: OntapError 917526 if that SVM has a volume of that name."""
    if cluster.volumes.by_name.first((svm, name)):
        raise name_taken(name, svm_name(cluster, svm) or svm)


def check_may_be_created(cluster: Cluster, volume: Volume) -> None:
    """Raises: OntapError 917526 for a name that is taken; 917536 for a path that is, or where there is no room."""
    check_name_is_free(cluster, volume.svm, volume.name)
    if volume.is_guaranteed:
        _check_room_for_all(cluster, volume)
    if volume.junction_path is not None:
        check_may_be_mounted(cluster, volume, volume.junction_path)


def _check_room_for_all(cluster: Cluster, volume: Volume) -> None:
    """There is room for the volume, or for its constituents; a clone needs none for what it has of its parent."""
    needed: Counter[str] = Counter()
    inherited = volume.clone.inherited_bytes // len(volume.parts) if volume.clone is not None else 0
    for part in volume.parts:
        needed[part.aggregate] += part.size_bytes - inherited
    for aggregate, size_bytes in needed.items():
        check_room(cluster, cluster.aggregates[aggregate], size_bytes)


def check_size(size_bytes: int, constituents: int = 0) -> None:
    """Raises: OntapError 917534."""
    smallest_bytes = constituents * SMALLEST_CONSTITUENT_BYTES or SMALLEST_BYTES
    if size_bytes < smallest_bytes:
        raise too_small(size_bytes, smallest_bytes)


def check_junction_path(path: str) -> None:
    """Raises: OntapError 918252. The SVM's root, "/", is taken by its root volume."""
    parts = path.split("/")
    can_be_names = "\0" not in path and all(len(part.encode()) <= LONGEST_FILE_NAME for part in parts)
    if parts[0] or len(parts) < 2 or not {"", ".", ".."}.isdisjoint(parts[1:]) or not can_be_names:
        raise bad_junction_path(path)


def check_is_idle(volume: Volume) -> None:
    """Raises: OntapError 13107405 if it is being moved or split off."""
    if volume.operation is not None:
        raise busy(volume.name, volume.operation)


def check_may_be_mounted(cluster: Cluster, volume: Volume, path: str) -> None:
    """Raises: OntapError 917536 for a mirror that holds nothing yet and for a path that is taken, 9437885."""
    if volume.state != "online":
        raise not_online(volume.name)
    if volume.is_mirror and volume.exported_snapshot is None:
        raise not_initialized(volume.name)
    *upper, own = path_keys(volume.svm, path)
    for other in cluster.volumes.by_path[own]:
        if other.uuid != volume.uuid:
            raise junction_path_taken(path, other.name)
    above = (other for key in upper for other in cluster.volumes.by_path[key])
    for other in chain(above, cluster.volumes.by_upper_path[own]):
        if other.uuid != volume.uuid:
            raise junction_below_junction(path, str(other.junction_path))
