"""Keeping what a copy gives up before it becomes a mirror: a clone of it as it is, split off so that it stands alone.

A resync removes what is newer than the common snapshot, so a snapshot alone would not last; and it cannot while a clone
depends on one. What can be written gets a snapshot first, a mirror is cloned at the newest that it holds. Which clone
keeps what stands in its comment, so that nothing is kept twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from datamotion.model.kept import Kept, kept_prefix, read_kept
from datamotion.model.standing import Copy, Site
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import CloneVolume, SetAside, SplitClone, TakeSnapshot
from datamotion.model.volume_records import Snapshot
from datamotion.policy.copies.common import Common, newest_kept
from datamotion.policy.obstacles import Obstacle, no_clones
from datamotion.policy.steps import Phase, StepList

# Ranks are their order, behind the first one's.
_SNAPSHOT = Phase(rank=0, title="Take snapshots of what is given up", because="clones are made of them")
_CLONE = Phase(rank=1, title="Clone what is given up", because="it can be looked at afterwards")
_SPLIT = Phase(rank=2, title="Split the clones off", because="a mirror cannot go back behind what a clone depends on")
_WHOLE = "all"  # what stands for the snapshot of a volume that is kept itself


class Keeping:
    """Of the copies at one back end that was seen, in one epoch. `clones` are the names of those kept, by volume.

    `rank` is that of the first of three phases, `give_up` says how to do without.
    """

    def __init__(self, site: Site, epoch: int, due: StepList, rank: int, give_up: str) -> None:
        assert isinstance(site.seen, ClusterView)
        self._site = site
        self._seen = site.seen
        self._epoch = epoch
        self._due = due
        self._snapshot_phase, self._clone_phase, self._split_phase = (
            replace(phase, rank=rank + phase.rank) for phase in (_SNAPSHOT, _CLONE, _SPLIT)
        )
        self._give_up = give_up
        self._room = {each.name: each.available_bytes for each in site.seen.aggregates}
        self._kept = {kept: each for each in site.volumes.values() if (kept := read_kept(each.comment))}
        self.clones: dict[str, str] = {}

    def keep(self, copy: Copy, shared: Common, but: Collection[Snapshot] = ()) -> Obstacle | None:
        """What is left to do until this copy's state is kept; or why it cannot be. `but` do not hold all of it."""
        snapshot = self._snapshot(copy, shared, but)
        name = self._free_name(copy, is_taken=snapshot is not None)
        wanted = Kept(copy.volume.uuid, snapshot.name if snapshot else name.snapshot)
        clone = self._kept.get(wanted)
        if clone is None and (obstacle := self._obstacle(copy)):
            return obstacle
        backend, volume = self._site.backend, copy.id.volume
        if snapshot is None:
            take = TakeSnapshot(volume_uuid=copy.volume.uuid, name=wanted.snapshot)
            self._due.add(self._snapshot_phase, backend, volume, take, f"{volume}: {wanted.snapshot}")
        if clone is None:
            make = CloneVolume(
                volume=name.volume,
                svm=backend.svm,
                parent_uuid=copy.volume.uuid,
                snapshot=wanted.snapshot,
                comment=wanted.write(self._what(volume)),
            )
            text = f"{volume}: {name.volume} of {wanted.snapshot}, mounted nowhere"
            self._due.add(self._clone_phase, backend, volume, make, text)
        if clone is None or clone.is_clone:
            text = f"{volume}: {clone.name if clone else name.volume}, {size_text(copy.volume.used_bytes)} to copy"
            self._due.add(self._split_phase, backend, volume, SplitClone(uuid=clone.uuid if clone else None), text)
        self.clones[volume] = clone.name if clone else name.volume
        return None

    def set_aside(self, copy: Copy, phase: Phase) -> None:
        """It is kept itself, under another name: for a copy that cannot become a mirror."""
        name, volume = self._free_name(copy, is_taken=True), copy.id.volume
        change = SetAside(
            uuid=copy.volume.uuid,
            name=name.volume,
            comment=Kept(copy.volume.uuid, _WHOLE).write(self._what(volume)),
            is_mounted=bool(copy.volume.path),
        )
        self._due.add(phase, self._site.backend, volume, change, f"{volume}: kept as {name.volume}, mounted nowhere")
        self.clones[volume] = name.volume

    def _what(self, volume: str) -> str:
        return f"what {self._site.backend.name} held of {volume} in epoch {self._epoch}"

    def _snapshot(self, copy: Copy, shared: Common, but: Collection[Snapshot]) -> Snapshot | None:
        """That of which a clone is made, if it is there: of what can be written, one that was taken for this.

        That is told by its name: by a clock that was set back it may be older than what both copies hold.
        """
        if not copy.is_writable:
            return shared.beyond[-1] if shared.beyond else shared.newest
        return newest_kept(copy, self._site.snapshots.get(copy.volume.uuid, ()), but)

    def _free_name(self, copy: Copy, *, is_taken: bool) -> _Name:
        """That of a clone, and of its snapshot if that is not taken yet."""
        taken = set() if is_taken else {each.name for each in self._site.snapshots.get(copy.volume.uuid, ())}
        for number in count(1):
            suffix = "" if number == 1 else f"_{number}"
            volume = f"{copy.volume.name}_kept_e{self._epoch}{suffix}"
            snapshot = f"{kept_prefix(self._site.backend.name)}{self._epoch}_{number}"
            if volume not in self._site.volumes and snapshot not in taken:
                return _Name(volume, snapshot)
        raise AssertionError  # it counts on for ever

    def _obstacle(self, copy: Copy) -> Obstacle | None:
        """Why no clone is made of it; room for it is taken where one is."""
        if text := no_clones(self._site):
            return text, f"install it; or {self._give_up}"
        aggregates, needed = copy.volume.aggregates, copy.volume.used_bytes
        share = needed // max(len(aggregates), 1)
        if full := [each for each in aggregates if self._room.get(each, 0) < share]:
            text = f"{full[0]} of {self._site.backend.cluster} has no room for {size_text(needed)} more"
            return text, f"make room there; or {self._give_up}"
        for each in aggregates:
            self._room[each] -= share
        return None


class _Name(NamedTuple):
    volume: str
    snapshot: str
