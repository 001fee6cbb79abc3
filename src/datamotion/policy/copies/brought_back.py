"""Copies that were overtaken, and are all that clients find: brought back by hand, as far as can be seen."""

from __future__ import annotations

from datamotion.model.standing import FENCE, Copy, Standing
from datamotion.model.words import Role


def is_found_alone(standing: Standing, copy: Copy) -> bool:
    """Whether clients find a copy that was overtaken, and nowhere what overtook it: somebody may have brought it back.

    While an epoch was never seen to be served, what took it goes on to the end.
    """
    active = standing.active[copy.id.volume]
    served = standing.copies.get(active) if active is not None else None
    if copy.role is not Role.OVERTAKEN or served is None or any(not each.served for each in standing.contenders):
        return False
    return is_shut(served)


def is_shut(copy: Copy) -> bool:
    """Whether no client finds a copy where it is to be served: it is fenced, or not mounted where its mark says."""
    is_unmounted = copy.volume.path is None and copy.mark is not None and copy.mark.path is not None
    return copy.is_fenced or copy.volume.export == FENCE or is_unmounted
