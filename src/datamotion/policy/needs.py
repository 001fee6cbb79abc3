"""What the clients of a volume need and its mirror does not carry: junction path, export, snapshot and QoS policy.

It stands in the marks of all copies, so that it is known with the served copy gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from datamotion.model.mark import Mark
from datamotion.model.names import counted
from datamotion.model.standing import Copy, Standing


class Served(NamedTuple):
    """Where clients find a volume; None: it was mounted nowhere. `is_assumed`: no mark that was seen tells."""

    path: str | None
    is_assumed: bool = False


def mark_of(standing: Standing, volume: str) -> Mark | None:
    """A mark of the volume: the active copy's, else that of any other copy."""
    active = standing.active[volume]
    served = standing.copies.get(active) if active is not None else None
    if served is not None and served.mark is not None:
        return served.mark
    return next((copy.mark for copy in standing.copies_of(volume) if copy.mark is not None), None)


def path_of(standing: Standing, volume: str) -> Served:
    """The junction path that a volume is served at: the noted one, else where it is mounted, else that of its name."""
    mark, active = mark_of(standing, volume), standing.active[volume]
    if mark is not None:
        return Served(mark.path)
    copy = standing.copies.get(active) if active is not None else None
    return Served(copy.volume.path) if copy and copy.volume.path else Served(f"/{volume}", is_assumed=True)


def differences(standing: Standing, copies: Sequence[Copy], fence: str) -> list[str]:
    """What clients had and these copies have instead, by name; the same difference of many volumes once."""
    found: dict[str, list[str]] = {}
    for copy in copies:
        mark = mark_of(standing, copy.id.volume)
        if mark is None:
            continue
        volume = copy.volume
        for what, had, has in (
            ("export policy", mark.export, mark.export if volume.export == fence else volume.export),
            ("snapshot policy", mark.snapshots, volume.snapshots),
            ("QoS policy", mark.qos, volume.qos),
        ):
            if had != has and had is not None:
                text = f"{what} {has or 'none'} where clients had {had}"
                found.setdefault(text, []).append(copy.id.volume)
    return [f"{names_text(volumes)}: {text}" for text, volumes in sorted(found.items(), key=lambda each: -len(each[1]))]


def names_text(volumes: Sequence[str]) -> str:
    """The first of them by name, and how many more."""
    shown = sorted(volumes, key=counted)[:4]
    more = f" and {len(volumes) - len(shown)} more" if len(volumes) > len(shown) else ""
    return ", ".join(shown) + more
