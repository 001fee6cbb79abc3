"""On which aggregates a new destination volume is made: the roomiest of those that its source's map to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datamotion.model.group import Target
from datamotion.model.plan import Refusal
from datamotion.model.units import size_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_records import Volume
from datamotion.policy.gaps import HINT


@dataclass(frozen=True, slots=True)
class Place:
    """Aggregates of a new volume; `each` constituents on every one of them, None for a FlexVol."""

    aggregates: tuple[str, ...]
    each: int | None = None


def needed_bytes(volume: Volume) -> int:
    """What a copy takes of its aggregates at once: all of its size where that is guaranteed, else what is used."""
    return volume.size_bytes if volume.guarantee == "volume" else volume.used_bytes


def places_for(target: Target, seen: ClusterView, volumes: Iterable[Volume]) -> Mapping[str, Place]:
    """The place for each volume, by its name, with room for all those that were placed before it.

    A volume whose aggregates are not mapped, or for which no room is left, is not in it; the others are. A FlexGroup
    gets as many constituents as its source has, spread evenly.
    """
    room = {each.name: each.available_bytes for each in seen.aggregates}
    places = {}
    for volume in volumes:
        roomiest = sorted(_allowed(target, volume), key=lambda name: (-room[name], name))
        count = volume.constituents or 1
        spread = next((n for n in range(min(len(roomiest), count), 0, -1) if count % n == 0), 0)
        share = needed_bytes(volume) // max(spread, 1)
        if spread and share <= room[roomiest[spread - 1]]:
            for name in roomiest[:spread]:
                room[name] -= share
            each = count // spread if volume.constituents else None
            places[volume.name] = Place(tuple(roomiest[:spread]), each)
    return places


def unknown_aggregate(target: Target, seen: ClusterView, volumes: Iterable[Volume]) -> tuple[str, str] | None:
    """An aggregate that the target is configured with and its cluster does not have, and what to do about it."""
    found = no_aggregate(target.backend.cluster, seen, (name for each in volumes for name in _allowed(target, each)))
    if found is None or found[1] == HINT:
        return found
    return found[0], f"{found[1]}: correct `aggregates` of the target"


def no_aggregate(cluster: str, seen: ClusterView, names: Iterable[str]) -> tuple[str, str] | None:
    """One of these that the cluster does not have, and which ones it has."""
    known = {each.name for each in seen.aggregates}
    unknown = sorted({*names} - known)
    if not unknown:
        return None
    if gap := seen.gap(Aspect.AGGREGATES, unknown[0]):
        return f"aggregate {unknown[0]} of {cluster} cannot be seen: {gap}", HINT
    has = ", ".join(sorted(known)) or "none that this account sees"
    return f"{cluster} has no aggregate {unknown[0]}", f"it has {has}"


def no_place(target: Target, volume: Volume) -> Refusal:
    """Why a volume has no place."""
    if allowed := _allowed(target, volume):
        what = "which is thick, of" if volume.guarantee == "volume" else "which holds"
        text = (
            f"{' and '.join(allowed)} of {target.backend.cluster} has no room for {volume.name},"
            f" {what} {size_text(needed_bytes(volume))}"
        )
        hint = "make room there, or map the volume to another aggregate"
    else:
        where = ", ".join(volume.aggregates)
        text = f"{volume.name} lives on {where}, for which {target.backend.name} names no aggregate"
        hint = f"add `aggregates: {{{where}: ...}}` to the target"
    return Refusal(volume=volume.name, backend=target.backend.name, text=text, hint=hint)


def _allowed(target: Target, volume: Volume) -> list[str]:
    return sorted({name for each in volume.aggregates for name in target.aggregates_for(each)})
