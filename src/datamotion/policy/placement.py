"""On which aggregate a new destination volume is made: the roomiest of those that its source's aggregate maps to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from datamotion.model.group import Target
from datamotion.model.plan import Refusal
from datamotion.model.records import Volume
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView


def places_for(target: Target, seen: ClusterView, volumes: Iterable[Volume]) -> Mapping[str, str]:
    """The aggregate for each volume, by its name, with room for all those that were placed before it.

    A volume whose aggregate is not mapped, or for which no room is left, is not in it; the others are.
    """
    room = {each.name: each.available_bytes for each in seen.aggregates}
    places = {}
    for volume in volumes:
        place = max(_allowed(target, volume), key=room.__getitem__, default=None)
        if place is not None and volume.used_bytes <= room[place]:
            room[place] -= volume.used_bytes
            places[volume.name] = place
    return places


def unknown_aggregate(target: Target, seen: ClusterView, volumes: Iterable[Volume]) -> tuple[str, str] | None:
    """An aggregate that the target is configured with and its cluster does not have, and what to do about it."""
    known = {each.name for each in seen.aggregates}
    unknown = sorted({name for volume in volumes for name in _allowed(target, volume)} - known)
    if not unknown:
        return None
    return f"{target.backend.cluster} has no aggregate {unknown[0]}", "correct `aggregates` of the target"


def no_place(target: Target, volume: Volume) -> Refusal:
    """Why a volume has no place."""
    if allowed := _allowed(target, volume):
        text = (
            f"{' and '.join(allowed)} of {target.backend.cluster} has no room for {volume.name},"
            f" which holds {size_text(volume.used_bytes)}"
        )
        hint = "make room there, or map the volume to another aggregate"
    else:
        where = ", ".join(volume.aggregates)
        text = f"{volume.name} lives on {where}, for which {target.backend.name} names no aggregate"
        hint = f"add `aggregates: {{{where}: ...}}` to the target"
    return Refusal(volume=volume.name, backend=target.backend.name, text=text, hint=hint)


def _allowed(target: Target, volume: Volume) -> list[str]:
    return sorted({name for each in volume.aggregates for name in target.aggregates_for(each)})
