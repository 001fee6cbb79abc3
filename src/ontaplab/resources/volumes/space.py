"""What volumes take: of their own size, and of their aggregates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import used_bytes
from ontaplab.resources.volumes.places import content_of, directory_of
from ontaplab.resources.volumes.state import Clone, Constituent, Volume


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes in whole blocks, as the volume's files are now. A constituent has its share of the FlexGroup's."""

    content: int
    """Live files, or a mirror's exported snapshot."""
    snapshots: int
    """What only snapshots hold."""

    @property
    def all(self) -> int:
        return self.content + self.snapshots


def content_bytes(cluster: Cluster, volume: Volume) -> int:
    """What its live files hold, or a mirror's exported snapshot."""
    tree = content_of(cluster, volume)
    return 0 if tree is None or not tree.exists() else _share(cluster, volume, used_bytes(tree))


def usage_of(cluster: Cluster, volume: Volume) -> Usage:
    directory = directory_of(cluster, volume.flexgroup or volume.uuid)
    snapshots = directory.bytes_of_snapshots(content_of(cluster, volume)) if directory.snapshots.exists() else 0
    return Usage(content_bytes(cluster, volume), _share(cluster, volume, snapshots))


def available_bytes(volume: Volume, content: int) -> int:
    """What may still be written to it, if its files hold that much."""
    return max(0, volume.size_bytes - volume.reserve_bytes - content)


def footprint_bytes(cluster: Cluster, volume: Volume) -> int:
    """What it takes of its aggregate: its size if that is guaranteed, else what its files take.

    A clone takes nothing for what it has of its parent.
    """
    whole = volume.size_bytes if volume.is_guaranteed else usage_of(cluster, volume).all
    return max(0, whole - _share(cluster, volume, inherited_bytes(cluster, volume.clone)))


def inherited_bytes(cluster: Cluster, clone: Clone | None) -> int:
    """What a clone has of its parent; less and less while it is split off."""
    if clone is None:
        return 0
    done = 0 if clone.split is None else clone.split.percent(cluster.clock.now())
    return clone.inherited_bytes * (100 - done) // 100


def parts_on(cluster: Cluster, aggregate: str) -> Iterator[Volume]:
    """The volumes and constituents on that aggregate, and those that are being moved there."""
    for volume in cluster.volumes:
        movement = volume.movement
        arriving = movement is not None and movement.is_going_on and movement.aggregate == aggregate
        for part in volume.parts:
            if arriving or part.aggregate == aggregate:
                yield part


def resized(volume: Volume, size_bytes: int) -> Volume:
    """The volume of that size; each constituent has the same share. Autosize's limits give way."""
    constituents = _shared_out(volume.constituents, size_bytes)
    return with_limits(replace(volume, size_bytes=size_bytes, constituents=constituents))


def with_limits(volume: Volume) -> Volume:
    """With a size that is between the limits of its autosize."""
    size_bytes, properties = volume.size_bytes, volume.properties
    if properties.get("autosize.maximum", size_bytes) < size_bytes:
        properties = {**properties, "autosize.maximum": size_bytes}
    if properties.get("autosize.minimum", size_bytes) > size_bytes:
        properties = {**properties, "autosize.minimum": size_bytes}
    return replace(volume, properties=properties)


def _shared_out(constituents: tuple[Constituent, ...], size_bytes: int) -> tuple[Constituent, ...]:
    return tuple(replace(each, size_bytes=size_bytes // len(constituents)) for each in constituents)


def _share(cluster: Cluster, volume: Volume, whole: int) -> int:
    flexgroup = cluster.volumes.get(volume.flexgroup)
    return whole if flexgroup is None else whole // len(flexgroup.constituents)
