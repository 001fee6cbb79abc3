"""Which volume is at a path of an SVM's namespace."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.files.state import FileHandle
from ontaplab.resources.volumes.state import Volume


def way_to(cluster: Cluster, svm: str, path: str) -> list[FileHandle]:
    """The volumes on the way to a path of that SVM (its uuid): each with what is left of the path there.

    The last one holds the path; empty where no volume does.
    """
    names = _names(path)
    way: list[FileHandle] = []
    for depth in range(len(names) + 1):
        junction = "/" + "/".join(names[:depth])
        mounted = cluster.volumes.by_path[svm, junction.lower()]
        way += [FileHandle(each.uuid, "/".join(names[depth:])) for each in mounted if each.junction_path == junction]
    return way


def way_from(cluster: Cluster, handle: FileHandle, path: str) -> list[FileHandle]:
    """As `way_to`, from what the handle stands for: its volume is the first. Below it lie the junctions that are there
    now; a volume that is mounted nowhere has none.
    """
    names = _names(f"{handle.path}/{path}")
    volume = cluster.volumes.get(handle.volume)
    if volume is None or volume.junction_path is None or not path:
        return [FileHandle(handle.volume, "/".join(names))]
    way = way_to(cluster, volume.svm, "/".join([volume.junction_path, *names]))
    return way[[each.volume for each in way].index(handle.volume) :]


def junctions_in(cluster: Cluster, volume: Volume, path: str) -> set[str]:
    """The names under which other volumes are mounted in that directory of the volume."""
    if volume.junction_path is None:
        return set()
    above = [*_names(volume.junction_path), *_names(path)]
    mounted = (_names(each.junction_path or "") for each in cluster.volumes if each.svm == volume.svm)
    return {names[len(above)] for names in mounted if len(names) > len(above) and names[: len(above)] == above}


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]
