"""A file brought to another volume of its cluster: taken aside, copied by the cluster, checked, given its name there.

How far it is `file_names` tells; until the copy has its name all can be undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from datamotion.model.group import Backend
from datamotion.model.item_acts import CopyFile, DeleteFile, RenameFile
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import FileName, PlacedFile
from datamotion.model.plan import Gate, Offer, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.model.units import size_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.words import VolumeState
from datamotion.policy.mirrors.peering import Peering
from datamotion.policy.movers.file_names import aside, copied, copy_of, is_named_at, old_of, unnamed
from datamotion.policy.movers.file_undo import lost_old_one, made_anew, way_back
from datamotion.policy.movers.folders import add_folder
from datamotion.policy.movers.item_steps import ItemSteps, old_one
from datamotion.policy.movers.items import (
    file_at_goal,
    file_at_source,
    protection_notes,
    why_no_place,
    why_not_within_cluster,
)
from datamotion.policy.movers.offer import Mover, seconds_for
from datamotion.policy.proofs.file_places import is_copying, why_not_whole
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase

NAME = "file copy"
_SURELY = timedelta(seconds=5)
"""What was written to last so long ago was not written to since without that being told by its time."""
_STALE = Phase(
    rank=51, title="Delete what was left of a copy", because="nobody saw whether it was whole", gate=Gate.ALL
)
_ASIDE = Phase(
    rank=50, title="Take the file aside", because="nobody opens it by its name while it is copied", gate=Gate.ALL
)
_COPY = Phase(rank=52, title="Copy the file", because="the cluster does it, between its own volumes", gate=Gate.ALL)
_WHOLE = Phase(
    rank=53,
    title="Note that the copy is whole",
    because="what has its name from then on is known to be it",
    gate=Gate.ALL,
)
_NAME = Phase(rank=54, title="Give the copy its name", because="it is whole: clients find it there", gate=Gate.ALL)
_DELETE = Phase(rank=55, title="Delete the old file", because="the new one is whole, and has its name", gate=Gate.ALL)
_LEAVE = Phase(rank=55, title="Put the old file back", because="it is to stay", gate=Gate.ALL)


def _offer(migration: ItemMigration, standing: Standing) -> Offer:
    file = file_at_source(migration, standing) or old_of(migration, standing)
    data = file.used_bytes if file is not None else 0
    return Offer(
        mechanism=NAME,
        data=data,
        seconds=seconds_for(data),
        interruption="Clients find it nowhere until it is copied; who has it open has to stop",
        needs="one cluster; between SVMs, peers with file_copy; room in the volume",
        why_not=_why_not(migration, standing, data),
    )


def _why_not(migration: ItemMigration, standing: Standing, data: int) -> Refusal | None:
    if migration.is_within_volume:
        return Refusal(text="it stays in its volume, and nothing has to be copied for another name")
    if refusal := why_not_within_cluster(migration) or why_no_place(migration, standing, data):
        return refusal
    if not migration.is_within_svm and standing.sites[migration.source.name].svm is not None:
        obstacle = _peering(migration, standing).obstacle()
        return Refusal(text=obstacle[0], hint=obstacle[1]) if obstacle else None
    return None


def _peering(migration: ItemMigration, standing: Standing) -> Peering:
    sites = standing.sites
    return Peering(sites[migration.source.name], sites[migration.to.name], application="file_copy")


def _ongoing(migration: ItemMigration, standing: Standing) -> bool:
    if not migration.is_within_cluster or migration.to_volume not in standing.sites[migration.to.name].volumes:
        return False
    return old_of(migration, standing) is not None or copy_of(migration, standing) is not None


class _Copying(ItemSteps):
    """What is left to do until the file is at its new place and gone from the old one."""

    def __init__(self, migration: ItemMigration, situation: Situation) -> None:
        super().__init__(migration)
        self._now = standing = situation.now
        self._first = situation.first
        self._has_copied = any(act.kind is CopyFile for act in situation.accepted)
        self._has_named = any(act.about == _NAME.title for act in situation.accepted)
        self._old = old_of(migration, standing)
        self._is_checked = self._old is not None and self._old.name == copied(migration)
        self._copy = copy_of(migration, standing)
        self._source, self._new = file_at_source(migration, standing), file_at_goal(migration, standing)

    @property
    def is_over(self) -> bool:
        volume = self._now.sites[self._migration.source.name].volumes.get(self._migration.volume)
        if volume is not None and volume.state is not VolumeState.ONLINE:
            return False  # its files are not told
        is_left = self._old is None and (self._source is not None) is self._migration.keeps_source
        return is_left and self._new is not None and self._copy is None

    def add_all(self) -> None:
        if self.is_over:
            return
        if not self._migration.is_within_svm:
            _peering(self._migration, self._now).plan(self.due)
            if self.due.steps():
                self.then = ("the file is copied as soon as the two SVMs are peered",)
                return
        if self._copy is not None and self._old is None and self._source is None:
            self.refuse_by(lost_old_one(self._migration, self._copy))
        elif self._new is not None and not is_named_at(self._migration, self._now):
            self._refuse_stranger(self._new)
        elif self._old is not None and self._new is not None:
            self._part(self._old, self._new)
        elif add_folder(self._migration, self._now, self.due):
            self.then = ("the file is copied as soon as its folder is there",)
        else:
            self._carry()

    def _carry(self) -> None:
        migration, old = self._migration, self._old or self._source
        if old is None:
            return
        if self._old is not None and self._source is not None:
            self.refuse_by(made_anew(migration, self._old))
            return
        is_stale = self._copy is not None and not self._has_copied and not self._is_known_whole(old, self._copy)
        seen = self._now.sites[migration.source.name].seen
        if is_stale and isinstance(seen, ClusterView) and is_copying(seen):
            self.refuse("a copy goes on at the cluster that was asked for earlier", "run the same command in a while")
            return
        if self._copy is not None and is_stale:
            uuid = self._uuid(migration.to, migration.to_volume)
            self.add(_STALE, migration.to, DeleteFile(volume_uuid=uuid, name=self._copy.name), self._copy.name.path)
        is_to_copy = self._copy is None or is_stale
        if self._old is None or (self._is_checked and is_to_copy):
            self._rename(_ASIDE, migration.source, old.name, aside(migration).path)
        if self._copy is None or is_stale:  # as is_to_copy says
            change = CopyFile(source=aside(migration), destination=unnamed(migration))
            self.add(_COPY, migration.to, change, f"{migration.item} to {migration.goal}, {size_text(old.used_bytes)}")
        elif isinstance(seen, ClusterView) and (why := why_not_whole(old, self._copy, seen)):
            self.refuse(f"{why}: the old file stays", "stop who writes to it, then run the same command again")
            return
        elif not self._is_unchanged(old, self._copy):
            text = f"{migration.item} may have been written to while it was copied: its time is that of the copy"
            self.refuse(text, "stop who writes to it, then run the same command again")
            return
        if not self._is_checked or is_to_copy:
            self._rename(_WHOLE, migration.source, aside(migration), copied(migration).path)
        self._rename(_NAME, migration.to, unnamed(migration), migration.to_path)
        self._end()

    def _is_known_whole(self, old: PlacedFile, copy: PlacedFile) -> bool:
        """Whether a run before this one saw that the copy is, and the old one is as it was then."""
        return self._is_checked and self._is_unchanged(old, copy)

    def _refuse_stranger(self, other: PlacedFile) -> None:
        text = f"somebody made {self._migration.goal} meanwhile: it is not the copy"
        if self._old is not None:
            text += f", and the old file is aside, at {self._old.name.volume}/{self._old.name.path}"
        hint = f"move {other.name.volume}/{other.name.path} away, then run the same command again"
        self.refuse(text, f"{hint}; or with --abort, which gives the old file its name again")

    def _part(self, old: PlacedFile, new: PlacedFile) -> None:
        if not self._is_unchanged(old, new):
            text = f"the old file may have been written to after it was copied: it stays, at {old.name.path}"
            self.refuse(text, f"compare it with {self._migration.goal}, and keep the one that is wanted")
        elif old.size_bytes != new.size_bytes and not self._has_named:
            text = f"{self._migration.goal} has {new.size_bytes} bytes and the old file, aside at {old.name.path},"
            text += f" {old.size_bytes}: clients wrote to it since, or it is another one"
            self.refuse(text, "compare the two, and delete the old one by hand once nobody needs it")
        else:
            self._end()

    def _is_unchanged(self, old: PlacedFile, copy: PlacedFile) -> bool:
        """Whether the old file surely is as it was when it was copied. Times are told to the second.

        It is if it is older than the copy; or if this run copied it, and saw it before, old enough by then, as it is.
        """
        if old.modified_at < copy.modified_at:
            return True
        seen = self._first.sites[self._migration.source.name].seen
        if not (self._has_copied and isinstance(seen, ClusterView)) or seen.clock.ahead is None:
            return False
        before = file_at_source(self._migration, self._first) or old_of(self._migration, self._first)
        looked_at = seen.looked_at[Aspect.FILES] + seen.clock.ahead
        is_same = before is not None and (before.modified_at, before.size_bytes) == (old.modified_at, old.size_bytes)
        return is_same and looked_at - old.modified_at > _SURELY

    def _end(self) -> None:
        migration = self._migration
        if migration.keeps_source:
            self._rename(_LEAVE, migration.source, copied(migration), migration.path)
            return
        uuid = self._uuid(migration.source, migration.volume)
        change = DeleteFile(volume_uuid=uuid, name=copied(migration))
        self.add(_DELETE, migration.source, change, f"{migration.item} of {migration.source.name}", about="old")

    def _rename(self, phase: Phase, backend: Backend, name: FileName, to_path: str) -> None:
        change = RenameFile(volume_uuid=self._uuid(backend, name.volume), name=name, to_path=to_path)
        self.add(phase, backend, change, f"{name.volume}: {name.path} to {to_path}", about=phase.title)

    def _uuid(self, backend: Backend, volume: str) -> str:
        return self._now.sites[backend.name].volumes[volume].uuid

    def refuse(self, text: str, hint: str | None) -> None:
        if self._old is not None and self._source is None and self._new is None:
            text += ". It is aside, and clients find it nowhere"
            hint = f"{hint}; or with --abort, which gives the old file its name again"
        super().refuse(text, hint)


def _planner(migration: ItemMigration) -> Planner:
    title = f"Copy {migration.item} of {migration.source.name} to {migration.goal}"

    def plan(situation: Situation) -> Plan:
        copying = _Copying(migration, situation)
        copying.add_all()
        losses = old_one(migration, "file")
        return copying.plan(title, is_over=copying.is_over, notes=_notes(migration, situation.first), losses=losses)

    return plan


def _notes(migration: ItemMigration, first: Standing) -> Iterator[Remark]:
    yield Remark(
        "What is written to it while it is copied is noticed, and then the old file stays.", "Stop who has it open"
    )
    file = file_at_source(migration, first)
    if file is not None and file.links > 1:
        text = f"{migration.item} is one file of {file.links} names (hard links): this name becomes a file of its own."
        yield Remark(text)
    yield from protection_notes(migration, first)


FILE_COPY: Mover[ItemMigration] = Mover(
    offer=_offer,
    is_meant=lambda migration, _: not migration.is_within_volume,
    ongoing=_ongoing,
    planner=_planner,
    way_back=way_back,
)
