"""Who serves a group: the highest epoch among the marks that claim to.

A claim stands in a volume's comment, and holds without the relationship that the volume was a mirror by: that one may
have been deleted since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from datamotion.model.group import Group, Target
from datamotion.model.mark import Mark, read_mark
from datamotion.model.records import Volume
from datamotion.model.view import ClusterView, View
from datamotion.model.words import Role
from datamotion.policy.mirrors import mirrors_at

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The back end whose copy of a volume is active, and since which epoch."""

    backend: str
    epoch: int


def home_volumes(group: Group, view: ClusterView) -> tuple[Volume, ...]:
    """The volumes of the home that the group protects, in the order of their names."""
    volumes = view.volumes_of(group.home.svm).values()
    return tuple(sorted((v for v in volumes if group.home.protects(v.name)), key=lambda v: v.name))


def mark_of(group: Group, volume: Volume) -> Mark | None:
    """The volume's mark if it is this group's."""
    mark = read_mark(volume.comment)
    return mark if mark is not None and mark.group == group.name else None


def serving_target(group: Group, view: View) -> Serving | None:
    """The target that serves the group or a part of it, by destination-side marks; None while its home does.

    Of two with one epoch (the one could not be seen when the other took over) the later one serves.
    """
    claims = [
        (mark.epoch, mark.since or _LONG_AGO, target.backend.name)
        for target in group.targets
        if isinstance(seen := view.get(target.backend.cluster), ClusterView)
        for volume in seen.volumes_of(target.backend.svm).values()
        if (mark := mark_of(group, volume)) is not None and mark.role is Role.ACTIVE
    ]
    if not claims:
        return None
    epoch, _, backend = max(claims, key=lambda claim: claim[:2])
    return Serving(backend=backend, epoch=epoch)


def served_volumes(group: Group, target: Target, view: ClusterView) -> frozenset[str]:
    """The volumes of the group that a target claims to serve, by the names they have at home."""
    names = {
        mirror.destination.name: volume
        for volume, mirror in mirrors_at(group, target, view).items()
        if mirror.destination is not None
    }
    return frozenset(
        names.get(name, name)
        for name, volume in view.volumes_of(target.backend.svm).items()
        if (mark := mark_of(group, volume)) is not None and mark.role is Role.ACTIVE
    )


def mirrored_epoch(group: Group, view: View) -> int:
    """The epoch that the mirrors were last told of: 1 for a group that has never been failed over."""
    epochs = [
        mirror.mark.epoch
        for target in group.targets
        if isinstance(seen := view.get(target.backend.cluster), ClusterView)
        for mirror in mirrors_at(group, target, seen).values()
        if mirror.mark is not None and mirror.mark.role is Role.MIRROR
    ]
    return max(epochs, default=1)
