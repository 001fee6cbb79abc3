"""Mounting mirrors ahead, at the paths where clients will look for them, so that a failover only has to let them in.

A break makes a mounted mirror writable at once. So it bears the fence's export policy, which lets no NFS client in,
before it is mounted, and until it is served: two steps, so that it is never seen mounted without. What lets clients in
then is what the configuration names, else what its source had, and the SVM has to have it. Where one of these cannot be
had, a mirror is mounted at a failover, as without `mount: ahead`, and the plan says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from datamotion.model.group import Target
from datamotion.model.mark import Mark
from datamotion.model.remark import Remark
from datamotion.model.standing import FENCE, Copy, Site, Standing
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import Mount, Role, VolumeType
from datamotion.policy.clients.fence import fence_policy, lets_in
from datamotion.policy.copies.junctions import taken_paths
from datamotion.policy.mirrors.adjustments import wanted_mark
from datamotion.policy.needs import export_policies, names_text, opening, paths_above
from datamotion.policy.steps import Phase, StepList

_UNMOUNT = Phase(rank=46, title="Unmount mirrors", because="they are to be mounted when they are served, not before")
_SHUT = Phase(
    rank=47, title="Shut mirrors", because="once mounted, a break would let clients write: none may come in before"
)
_MOUNT = Phase(
    rank=48,
    title="Mount mirrors ahead",
    because="a failover then only lets clients in; until then they are read-only, and SMB hosts may see them",
)


def is_mounted_ahead(copy: Copy) -> bool:
    """Whether a mirror is mounted, and no NFS client is let in by the policy of its volume."""
    return copy.role is Role.MIRROR and copy.volume.path is not None and copy.volume.export == FENCE


class Mounting:
    """Adds what mounts one target's mirrors, or unmounts them, to a list; beside it why some are left for later."""

    def __init__(self, standing: Standing, target: Target, source: Site, due: StepList) -> None:
        here = standing.sites[target.backend.name]
        assert isinstance(here.seen, ClusterView)
        self._standing = standing
        self._target = target
        self._here = here
        self._source = source
        self._due = due
        self._left: dict[str, list[str]] = {}

    def plan(self, copy: Copy, mirror: Copy | None) -> bool:
        """Whether anything is due for the mirror of this copy, which has been initialized by then; None: it is made."""
        if self._target.mount is Mount.AT_FAILOVER:
            return mirror is not None and is_mounted_ahead(mirror) and self._unmount(mirror, self._opening(mirror))
        mark = wanted_mark(self._standing, copy)
        if mark.path is None:
            return False
        if why := self._why_not(copy, mirror, mark):
            self._left.setdefault(why, []).append(copy.id.volume)
            return mirror is not None and is_mounted_ahead(mirror) and self._unmount(mirror, None)
        return self._mount(copy, mirror, mark)

    def notes(self) -> list[Remark]:
        """Which mirrors are mounted at a failover only, and why."""
        name = self._target.backend.name
        return [
            Remark(f"{names_text(volumes)}: not mounted ahead at {name}, but at a failover: {why}.")
            for why, volumes in self._left.items()
        ]

    @cached_property
    def _policies(self) -> frozenset[str]:
        return export_policies(self._here)

    @cached_property
    def _taken(self) -> Mapping[str, str]:
        return taken_paths(self._here)

    @cached_property
    def _served(self) -> Mapping[str, str]:
        return taken_paths(self._source)

    @cached_property
    def _no_fence(self) -> str | None:
        """Why the fence cannot be had there; else it is there, or made first."""
        refusal = fence_policy(self._due, self._here)
        return refusal.text if refusal else None

    def _opening(self, mirror: Copy) -> str | None:
        return opening(self._standing, mirror, self._policies)

    def _unmount(self, mirror: Copy, export: str | None) -> bool:
        """Given back to whom its clients will be, unless it cannot be told whether that would let them in too early."""
        volume = mirror.id.volume
        change = ModifyVolume(uuid=mirror.volume.uuid, path="", export=export)
        policy = f", export policy {export} where {FENCE} was" if export else ""
        text = f"{volume}: from {mirror.volume.path}{policy}; a failover mounts it"
        self._due.add(_UNMOUNT, self._target.backend, volume, change, text, about="unmount")
        return True

    def _mount(self, copy: Copy, mirror: Copy | None, mark: Mark) -> bool:
        backend, volume = self._target.backend, copy.id.volume
        uuid = mirror.volume.uuid if mirror else None
        has = mirror.volume if mirror else None
        is_shut = has is not None and has.export == FENCE
        if not is_shut:
            where = f" where {has.export} was" if has else ""
            text = f"{volume}: no NFS client may come{where}; a failover lets them in by {self._opens_by(mark)}"
            self._due.add(_SHUT, backend, volume, ModifyVolume(uuid=uuid, export=FENCE), text, about="shut")
        path = mark.path or ""
        is_there = has is not None and (has.path or "").casefold() == path.casefold()
        if not is_there:
            text = f"{volume}: at {path}, read-only"
            self._due.add(_MOUNT, backend, volume, ModifyVolume(uuid=uuid, path=path), text, about="mount")
        return not (is_shut and is_there)

    def _opens_by(self, mark: Mark) -> str | None:
        """The policy that lets clients in, where the SVM has it."""
        found = (each for each in (self._target.export_policy, mark.export) if each)
        return next((each for each in found if each in self._policies), None)

    def _why_not(self, copy: Copy, mirror: Copy | None, mark: Mark) -> str | None:
        """Why a mirror is not mounted before it is served; None where it can be."""
        if (mirror is not None and mirror.volume.export is None) or not self._policies:
            return "its SVM tells no export policy, so nothing would keep clients out"
        if self._opens_by(mark) is None:
            wanted = " nor ".join(each for each in (self._target.export_policy, mark.export) if each) or "its source's"
            return f"{self._here.backend.svm} has no export policy {wanted} to let clients in by"
        if mirror is not None and (open_ones := [each.name for each in mirror.doors.qtrees if lets_in(mirror, each)]):
            return f"qtree {names_text(open_ones)} has an export policy of its own, which would let clients in"
        return self._path_obstacle(copy, mirror, mark.path or "") or self._no_fence

    def _path_obstacle(self, copy: Copy, mirror: Copy | None, path: str) -> str | None:
        other = self._taken.get(path.casefold())
        if other not in (None, mirror.volume.name if mirror else copy.volume.name):
            return f"its junction path {path} is taken by volume {other}"
        for above in paths_above(path):
            if (parent := self._taken.get(above.casefold())) is not None:
                is_mirror = self._here.volumes[parent].type is not VolumeType.RW
                return f"a mirror, {parent}, is mounted at {above}: no junction is made in one" if is_mirror else None
            if above.casefold() in self._served:
                return f"no volume is mounted at {above} there, as one is where it is served"
        return None
