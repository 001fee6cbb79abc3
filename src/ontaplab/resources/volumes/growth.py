"""Autosize: volumes that grow, and shrink, with what they hold; and mirrors that grow with their source."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.aggregates.space import check_room
from ontaplab.resources.volumes.errors import no_space, too_small_for_source, wrong_autosize
from ontaplab.resources.volumes.space import available_bytes, content_bytes, resized
from ontaplab.resources.volumes.state import MIB, Volume

GROWTH_PERCENT = 120
"""How far a volume may grow, of the size that it was made with. Assumption: ONTAP's default."""


def make_room(cluster: Cluster, volume: Volume, more_bytes: int) -> int:
    """The volume is as large as autosize makes it when it holds that many bytes more. Returns what is available then.

    Raises: OntapError 131100 if they do not fit all the same: nothing has changed then.
    """
    content = content_bytes(cluster, volume) + more_bytes
    sized = _autosized(cluster, volume, content)
    available = available_bytes(sized, content - more_bytes)
    if more_bytes > available:
        raise no_space(volume.name, more_bytes, available)
    if sized != volume:
        cluster.volumes.put(sized)
    return available - more_bytes


def grow_to_source(cluster: Cluster, uuid: str, source_bytes: int) -> None:
    """The mirror is at least as large as its source.

    Raises: OntapError 917536 if it may not grow, or if its aggregate has no room.
    """
    volume = cluster.volumes[uuid]
    if volume.size_bytes >= source_bytes:
        return
    if volume.property_of("autosize.mode") == "off":
        raise too_small_for_source(volume.name, volume.size_bytes, source_bytes)
    check_growth(cluster, volume, source_bytes)
    cluster.volumes.put(resized(volume, source_bytes))


def check_growth(cluster: Cluster, volume: Volume, size_bytes: int) -> None:
    """Raises: OntapError 917536 if the aggregates keep the volume's size for it and have no room for the larger one."""
    if not volume.is_guaranteed:
        return
    more: Counter[str] = Counter()
    for before, after in zip(volume.parts, resized(volume, size_bytes).parts, strict=True):
        more[before.aggregate] += after.size_bytes - before.size_bytes
    for aggregate, more_bytes in more.items():
        check_room(cluster, cluster.aggregates[aggregate], more_bytes)


def autosize_limits(size_bytes: int) -> dict[str, int]:
    """The properties of a volume of that size of which nothing was said."""
    return {"autosize.maximum": size_bytes * GROWTH_PERCENT // 100, "autosize.minimum": size_bytes}


def with_autosize_reset(volume: Volume) -> Volume:
    """Its autosize is as if nothing had been said of it when it was made with its present size."""
    others = {name: value for name, value in volume.properties.items() if not name.startswith("autosize.")}
    return replace(volume, properties={**others, **autosize_limits(volume.size_bytes)})


def check_autosize(volume: Volume) -> None:
    """Raises: OntapError 262197 if its limits and thresholds contradict each other."""
    least, most = least_bytes(volume), most_bytes(volume)
    if most < volume.size_bytes:
        raise wrong_autosize("autosize.maximum", f"the volume has {volume.size_bytes} bytes already")
    if least > most:
        raise wrong_autosize("autosize.minimum", f"it is more than the maximum, {most}")
    if volume.property_of("autosize.shrink_threshold") >= volume.property_of("autosize.grow_threshold"):
        raise wrong_autosize("autosize.grow_threshold", "it is not more than the shrink threshold")


def least_bytes(volume: Volume) -> int:
    """What it does not shrink below."""
    return int(volume.property_of("autosize.minimum") or volume.size_bytes)


def most_bytes(volume: Volume) -> int:
    """What it does not grow above."""
    return int(volume.property_of("autosize.maximum") or volume.size_bytes)


def _autosized(cluster: Cluster, volume: Volume, content: int) -> Volume:
    mode = volume.property_of("autosize.mode")
    if mode == "off":
        return volume
    size_bytes = volume.size_bytes
    if content * 100 > size_bytes * volume.property_of("autosize.grow_threshold"):
        size_bytes = max(size_bytes, min(most_bytes(volume), _size_for(volume, content, "autosize.grow_threshold")))
    elif mode == "grow_shrink" and content * 100 < size_bytes * volume.property_of("autosize.shrink_threshold"):
        size_bytes = min(size_bytes, max(least_bytes(volume), _size_for(volume, content, "autosize.shrink_threshold")))
    try:
        check_growth(cluster, volume, size_bytes)
    except OntapError:  # the aggregate is full: the volume stays as it is
        return volume
    return resized(volume, size_bytes)


def _size_for(volume: Volume, content: int, threshold: str) -> int:
    """Of which the content is no more than the threshold, in whole MiB."""
    return -(-content * 100 // (int(volume.property_of(threshold)) * MIB)) * MIB
