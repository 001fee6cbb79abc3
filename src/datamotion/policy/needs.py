"""Where clients find a volume and who lets them in: junction path and export policy, which no mirror carries.

They stand in the marks of all copies, so that they are known with the served copy gone. What else clients had is in
`provision.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from datamotion.model.mark import Mark
from datamotion.model.names import counted
from datamotion.model.standing import FENCE, Copy, Site, Standing
from datamotion.model.view import ClusterView

DEFAULT = "default"
"""The export policy that every SVM has from the beginning."""


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


def export_policies(site: Site) -> frozenset[str]:
    """The names of those that the SVM of a back end has, as far as was looked."""
    seen, svm = site.seen, site.backend.svm
    policies = seen.export_policies if isinstance(seen, ClusterView) else ()
    return frozenset(each.name for each in policies if each.svm == svm)


def opening(standing: Standing, copy: Copy, known: frozenset[str]) -> str | None:
    """The export policy that a copy gets when it is served; None where it keeps its own. `known` are those of its SVM.

    It is the configured one; else what its mark notes, which its source had, unless somebody gave the copy another one
    than a new volume has. A copy that is shut gets ONTAP's own `default` where its SVM has none of that name.
    """
    if copy.volume.export is None:
        return None
    target, mark = standing.group.target(copy.id.backend), copy.mark or mark_of(standing, copy.id.volume)
    wanted = target.export_policy if target else None
    if wanted not in known:
        noted = mark.export if mark else None
        own = DEFAULT if copy.volume.export == FENCE else copy.volume.export
        wanted = noted if noted in known and own == DEFAULT else own
    return None if wanted == copy.volume.export else wanted


def paths_above(path: str) -> list[str]:
    """The paths that a junction may lie below, the nearest first; the root is always there.

    >>> paths_above("/a/b/c"), paths_above("/a")
    (['/a/b', '/a'], [])
    """
    names = path.strip("/").split("/")
    return ["/" + "/".join(names[:depth]) for depth in range(len(names) - 1, 0, -1)]


def names_text(volumes: Sequence[str]) -> str:
    """The first of them by name, and how many more."""
    shown = sorted(volumes, key=counted)[:4]
    more = f" and {len(volumes) - len(shown)} more" if len(volumes) > len(shown) else ""
    return ", ".join(shown) + more
