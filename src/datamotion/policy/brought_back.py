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
    is_unmounted = served.volume.path is None and served.mark is not None and served.mark.path is not None
    return is_unmounted or served.volume.export == FENCE or served.is_fenced
