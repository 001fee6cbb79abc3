"""Where a volume's files are."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ontaplab.cluster import Cluster
from ontaplab.disk.volume import VolumeDirectory
from ontaplab.resources.volumes.state import Volume


def volumes_folder(cluster: Cluster) -> Path:
    """The folder of all volumes, each in one named by its uuid."""
    return _volumes(cluster.root)


def directory_of(cluster: Cluster, uuid: str) -> VolumeDirectory:
    """Where that volume's files are."""
    return _directory(cluster.root, uuid)


@lru_cache(maxsize=4096)
def _directory(root: Path, uuid: str) -> VolumeDirectory:
    return VolumeDirectory(_volumes(root) / uuid)


def _volumes(root: Path) -> Path:
    return root / "volumes"


def content_of(cluster: Cluster, volume: Volume) -> Path | None:
    """Its live files, or a mirror's exported snapshot, whether or not clients may see them; None if it has none."""
    directory = directory_of(cluster, volume.flexgroup or volume.uuid)
    if not volume.is_mirror:
        return directory.live
    return None if volume.exported_snapshot is None else directory.snapshot(volume.exported_snapshot)


def served_tree(cluster: Cluster, volume: Volume) -> Path | None:
    """What clients see of the volume: its live files, or a mirror's exported snapshot; None if nothing."""
    return content_of(cluster, volume) if volume.is_served else None
