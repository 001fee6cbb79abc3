"""Fields of a volume that follow from others, and what no volume of the lab has but clients look for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Level

_BYTES_PER_FILE = 32 * 1024
"""What ONTAP counts on for each file where nobody said how many there may be."""

_SAVINGS = ("compression", "dedupe", "compaction", "cross_volume_dedupe")


def afs_bytes(volume: Volume) -> int:
    """What the active file system may hold: the size without the snapshot reserve."""
    return volume.size_bytes - volume.size_bytes * int(volume.property_of("space.snapshot.reserve_percent")) // 100


def _efficiency(volume: Volume) -> str:
    saves = any(volume.property_of(f"efficiency.{how}") != "none" for how in _SAVINGS)
    return "enabled" if saves else "disabled"


def _most_files(volume: Volume) -> int:
    said = volume.property_of("files.maximum")
    return afs_bytes(volume) // _BYTES_PER_FILE if said is None else int(said)


DERIVED: Mapping[str, Field[Volume]] = MappingProxyType(
    {
        "space.afs_total": Field(afs_bytes, Level.EXPENSIVE),
        "files.maximum": Field(_most_files, Level.EXPENSIVE),
        "efficiency.state": Field(_efficiency, Level.EXPENSIVE),
        "error_state.has_bad_blocks": Field(lambda volume: False, Level.EXPENSIVE),
        "error_state.is_inconsistent": Field(lambda volume: False, Level.EXPENSIVE),
        "snaplock.type": Field(lambda volume: "non_snaplock", Level.EXPENSIVE),
    }
)
