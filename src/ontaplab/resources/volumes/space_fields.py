"""The fields below `space` of a volume, and what else counts its bytes and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import files_below
from ontaplab.resources.volumes.places import content_of
from ontaplab.resources.volumes.space import Usage, available_bytes, content_bytes, footprint_bytes, usage_of
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Level

_BYTES_PER_FILE = 32 * 1024
"""What ONTAP counts on for each file where nobody said how many there may be."""


def space_fields(cluster: Cluster) -> Mapping[str, Field[Volume]]:
    """Those that look at files are right for the instant at which they are asked for."""

    def content(volume: Volume) -> int:
        return content_bytes(cluster, volume)

    def available(volume: Volume) -> int:
        return available_bytes(volume, content(volume))

    def footprint(volume: Volume) -> int:
        return footprint_bytes(cluster, volume)

    def over_provisioned(volume: Volume) -> int:
        """What the aggregate lacks for all that the volume might hold."""
        aggregate = cluster.aggregates[volume.aggregate]
        return 0 if volume.is_guaranteed else max(0, volume.size_bytes - aggregate.size_bytes)

    def files(volume: Volume) -> int:
        tree = content_of(cluster, volume)
        return 0 if tree is None else sum(1 for _ in files_below(tree))

    def of_usage(get: Callable[[Volume, Usage], int]) -> Field[Volume]:
        return Field(lambda volume: get(volume, usage_of(cluster, volume)), Level.EXPENSIVE)

    def of_content(get: Callable[[Volume, int], int]) -> Field[Volume]:
        return Field(lambda volume: get(volume, content(volume)), Level.EXPENSIVE)

    return {
        "size": Field(lambda volume: volume.size_bytes),
        "space.size": Field(lambda volume: volume.size_bytes),
        "space.used": Field(content),
        "space.available": Field(available),
        "space.afs_total": Field(_usable, Level.EXPENSIVE),
        "space.filesystem_size": Field(lambda volume: volume.size_bytes, Level.EXPENSIVE),
        "space.filesystem_size_fixed": Field(_is_fixed, Level.EXPENSIVE),
        "space.fractional_reserve": Field(lambda volume: 0, Level.EXPENSIVE),
        "space.over_provisioned": Field(over_provisioned, Level.EXPENSIVE),
        "space.metadata": Field(lambda volume: 0, Level.EXPENSIVE),
        "space.footprint": Field(footprint, Level.EXPENSIVE),
        "space.local_tier_footprint": Field(footprint, Level.EXPENSIVE),
        "space.total_footprint": Field(footprint, Level.EXPENSIVE),
        "space.available_percent": of_content(
            lambda volume, held: _percent(available_bytes(volume, held), _usable(volume))
        ),
        "space.percent_used": of_content(lambda volume, held: _percent(held, _usable(volume))),
        "space.used_by_afs": of_content(lambda volume, held: held),
        "space.user_data": of_content(lambda volume, held: held),
        "space.physical_used": of_usage(lambda volume, usage: usage.all),
        "space.physical_used_percent": of_usage(lambda volume, usage: _percent(usage.all, volume.size_bytes)),
        "space.volume_guarantee_footprint": Field(
            lambda volume: footprint(volume) if volume.is_guaranteed else 0, Level.EXPENSIVE
        ),
        "space.logical_space.used": of_content(lambda volume, held: held),
        "space.logical_space.used_by_afs": of_content(lambda volume, held: held),
        "space.logical_space.used_percent": of_content(lambda volume, held: _percent(held, _usable(volume))),
        "space.logical_space.available": Field(available, Level.EXPENSIVE),
        "space.snapshot.reserve_size": Field(lambda volume: volume.reserve_bytes, Level.EXPENSIVE),
        "space.snapshot.used": of_usage(lambda volume, usage: usage.snapshots),
        "space.snapshot.reserve_available": of_usage(
            lambda volume, usage: max(0, volume.reserve_bytes - usage.snapshots)
        ),
        "space.snapshot.space_used_percent": of_usage(
            lambda volume, usage: _percent(usage.snapshots, volume.reserve_bytes)
        ),
        "space.size_available_for_snapshots": of_usage(lambda volume, usage: max(0, volume.size_bytes - usage.all)),
        "space.snapshot_spill": of_usage(lambda volume, usage: max(0, usage.snapshots - volume.reserve_bytes)),
        "space.snapshot.autodelete_enabled": Field(
            lambda volume: volume.property_of("space.snapshot.autodelete.enabled"), Level.EXPENSIVE
        ),
        "space.snapshot.autodelete_trigger": Field(
            lambda volume: volume.property_of("space.snapshot.autodelete.trigger"), Level.EXPENSIVE
        ),
        "files.maximum": Field(_most_files, Level.EXPENSIVE),
        "files.used": Field(files, Level.EXPENSIVE),
    }


def _is_fixed(volume: Volume) -> bool:
    """Assumption: a mirror's is, unless somebody said otherwise, and what was said stays."""
    said = volume.property_of("space.filesystem_size_fixed")
    return volume.is_mirror if said is None else bool(said)


def _most_files(volume: Volume) -> int:
    said = volume.property_of("files.maximum")
    return _usable(volume) // _BYTES_PER_FILE if said is None else int(said)


def _usable(volume: Volume) -> int:
    """What of its size is not kept for snapshots."""
    return volume.size_bytes - volume.reserve_bytes


def _percent(part: int, whole: int) -> int:
    return 100 * part // whole if whole else 0
