"""A LUN brought to another SVM of its cluster: copied by the cluster, checked, given to its hosts, then removed.

A copy holds what its LUN held when it was asked for, so hosts are kept away from then on. Both LUNs say in their
comments what is going on, and a run that was killed is gone on with by that; until the old one is deleted all can be
undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from datamotion.model.item_acts import AwaitLunCopy, CopyLun, CreateIgroup, DeleteLun, MarkLun
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import PlacedLun, lun_name
from datamotion.model.lun_mark import CopyMark, copy_mark, is_leaving, leaving, unmarked
from datamotion.model.plan import Gate, Offer, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.serving_acts import MapLun
from datamotion.model.standing import Standing
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.policy.mirrors.peering import Peering
from datamotion.policy.movers.item_steps import ItemSteps, old_one
from datamotion.policy.movers.items import (
    lun_at_goal,
    protection_notes,
    why_no_place_for,
    why_not_within_cluster,
)
from datamotion.policy.movers.lun_copies import (
    is_left,
    numbers_of,
    pair_of,
    strangers,
    why_gone,
    why_no_marks,
    why_not_as_made,
)
from datamotion.policy.movers.lun_copy_undo import way_back
from datamotion.policy.movers.offer import Mover, seconds_for
from datamotion.policy.proofs.lun_places import igroup_named, is_whole
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase

_HOLD = Phase(
    rank=50, title="Keep hosts from the LUN", because="what they write from now on would not be copied", gate=Gate.ALL
)
_COPY = Phase(rank=51, title="Copy the LUN", because="the cluster does it, between its own volumes", gate=Gate.ALL)
_AWAIT = Phase(
    rank=52,
    title="Wait until all is copied",
    because="it is given to nobody before",
    gate=Gate.ALL,
    awaits=(AwaitLunCopy,),
    way_out="end it (Ctrl-C): the cluster goes on copying; `datamotion migrate ... --abort` lets hosts use the old LUN",
)
_OFF = Phase(rank=53, title="Turn the new LUN off", because="the old one was off before", gate=Gate.ALL)
_IGROUP = Phase(
    rank=54, title="Make igroups", because="the LUN is mapped to hosts that the SVM does not know", gate=Gate.ALL
)
_MAP = Phase(rank=55, title="Map the new LUN", because="the hosts of the old one use it from now on", gate=Gate.ALL)
_NOTE = Phase(
    rank=56, title="Note that the new LUN is mapped", because="the old one may go from then on", gate=Gate.ALL
)
_DELETE = Phase(
    rank=57, title="Delete the old LUN", because="the new one is whole, and mapped as this one was", gate=Gate.ALL
)
_UNMARK = Phase(rank=58, title="Remove the new LUN's mark", because="nothing is left to do for it", gate=Gate.ALL)
_LEAVE = Phase(rank=59, title="Remove the old LUN's mark", because="it stays, and no host uses it", gate=Gate.ALL)


def _offer(migration: ItemMigration, standing: Standing) -> Offer:
    lun = pair_of(migration, standing).old
    data = lun.used_bytes if lun is not None else 0
    return Offer(
        mechanism="LUN copy",
        data=data,
        seconds=seconds_for(data),
        interruption="Hosts are kept away until all is copied, and find another serial number at the other SVM",
        needs="one cluster; SVM peers with lun_copy; room in the volume",
        why_not=_why_not(migration, standing, lun),
    )


def _is_meant(migration: ItemMigration, standing: Standing) -> bool:
    return not migration.is_within_svm  # to another cluster too: it tells that the volume goes there


def _why_not(migration: ItemMigration, standing: Standing, lun: PlacedLun | None) -> Refusal | None:
    if migration.is_within_svm:
        return Refusal(text="within one SVM nothing has to be copied, and no serial number to change")
    if refusal := why_not_within_cluster(migration) or why_no_place_for(lun, migration, standing):
        return refusal
    if standing.sites[migration.source.name].svm is None or lun is None:
        return None  # that there is nothing to copy is told
    peering = _peering(migration, standing)
    if obstacle := peering.obstacle():
        return Refusal(text=obstacle[0], hint=obstacle[1])
    return why_no_marks(lun) or next(strangers(migration, standing, lun), None)


def _peering(migration: ItemMigration, standing: Standing) -> Peering:
    sites = standing.sites
    return Peering(sites[migration.source.name], sites[migration.to.name], application="lun_copy")


def _ongoing(migration: ItemMigration, standing: Standing) -> bool:
    if migration.is_within_svm or not migration.is_within_cluster:
        return False
    if any(standing.sites[name].svm is None for name in (migration.source.name, migration.to.name)):
        return False
    old, new = pair_of(migration, standing)
    return (old is not None and is_leaving(old.comment)) or new is not None


class _Copying(ItemSteps):
    """What is left to do until the LUN is served at the other SVM and gone from this one."""

    def __init__(self, migration: ItemMigration, situation: Situation) -> None:
        super().__init__(migration)
        self._now, self._began = situation.now, pair_of(migration, situation.first).old
        self._pair = pair_of(migration, situation.now, self._began)
        self._old, self._new = self._pair
        self._mark = self._pair.mark

    @property
    def is_over(self) -> bool:
        new, old = lun_at_goal(self._migration, self._now), self._old
        if new is None or copy_mark(new.comment) is not None:
            return False
        return old is None or (self._migration.keeps_source and is_left(self._migration, old, new))

    def add_all(self) -> None:
        if self.is_over:
            return
        if refusal := why_not_as_made(self._migration, self._pair):
            self.refuse_by(replace(refusal, volume=self._migration.item))  # at both ends
        elif self._old is not None:
            self._carry(self._old)
        elif gone := why_gone(self._migration, self._now, self._pair, self._began):
            self.refuse_by(replace(gone, volume=self._migration.item))
        elif self._new is not None:
            self._unmark(self._new)

    def _carry(self, old: PlacedLun) -> None:
        """The old LUN is there: up to its removal."""
        migration, source = self._migration, self._migration.source
        name = _peering(migration, self._now).plan(self.due)
        if self.due.steps():
            then = "the LUN is copied and mapped as soon as the two SVMs are peered; "
            self.then = (then + ("the old one stays" if migration.keeps_source else "then the old one is removed"),)
            return
        if self._new is None and (refusal := why_no_place_for(old, migration, self._now)):
            self.refuse(refusal.text, refusal.hint)
            return
        was_off = not old.is_enabled and not is_leaving(old.comment)
        if old.is_enabled and (is_leaving(old.comment) or self._new is not None):
            text = "its hosts were let in again by somebody while it was copied: what they wrote is in no copy"
            self.refuse(text, "the same command with --abort undoes it; then begin again")
            return
        if not (was_off or is_leaving(old.comment)):
            change = MarkLun(uuid=old.uuid, comment=leaving(old.comment), is_enabled=False)
            self.add(_HOLD, source, change, f"{migration.item} of {source.name}: its maps stay")
        goal = lun_name(migration.to_volume, migration.to_path)
        if self._new is None:
            mark = CopyMark(old.uuid, was_off=was_off)
            change_copy = CopyLun(
                svm=migration.to.svm,
                peer=name,
                source_uuid=old.uuid,
                name=goal,
                comment=mark.write(unmarked(old.comment)),
            )
            self.add(_COPY, migration.to, change_copy, f"{migration.goal}, {size_text(old.used_bytes)} used")
        if self._new is None or not (self._pair.is_given or is_whole(self._new, old.size_bytes)):
            awaited = AwaitLunCopy(svm=migration.to.svm, name=goal, size_bytes=old.size_bytes)
            self.add(_AWAIT, migration.to, awaited, f"{migration.goal} as large as {migration.item}, and complete")
        elif self._mark is not None and self._mark.was_off and self._new.is_enabled:
            off = MarkLun(uuid=self._new.uuid, comment=self._new.comment, is_enabled=False)
            self.add(_OFF, migration.to, off, migration.goal, about="off")
        self._serve(old)
        self._part(old)

    def _serve(self, old: PlacedLun) -> None:
        """The copy is mapped to the groups that the old LUN is mapped to, under its numbers where those are free."""
        seen, to = self._now.sites[self._migration.to.name].seen, self._migration.to
        self.refuse_by(*strangers(self._migration, self._now, old))
        if not isinstance(seen, ClusterView) or self.is_refused:
            return
        maps = (each for each in seen.lun_maps or () if self._new is not None and each.lun_uuid == self._new.uuid)
        mapped = {each.igroup for each in maps}
        for name, number in old.igroups:
            ours = igroup_named(seen, self._migration.source.svm, name)
            if ours is not None and igroup_named(seen, to.svm, name) is None:
                group = CreateIgroup(
                    svm=to.svm, name=name, protocol=ours.protocol, os_type=ours.os_type, initiators=ours.initiators
                )
                self.add(_IGROUP, to, group, f"{name} of {to.svm}, as of {self._migration.source.svm}", about=name)
            if name not in mapped:
                free = None if ours is not None and number in numbers_of(seen, to.svm, ours) else number
                uuid = self._new.uuid if self._new is not None else None
                change = MapLun(svm=to.svm, lun_uuid=uuid, igroup=name, number=free)
                told = f"as number {free}" if free is not None else f"as any number, as {number} is taken there"
                self.add(_MAP, to, change, f"{self._migration.goal} to {name} {told}", about=name)

    def _part(self, old: PlacedLun) -> None:
        """From the old LUN: it is deleted, or stays as it is with nobody let in."""
        migration, mark = self._migration, self._mark
        if self._new is not None and migration.keeps_source:
            self._unmark(self._new)
        elif self._new is not None and mark is not None and not mark.is_mapped:
            comment = mark._replace(is_mapped=True).write(unmarked(self._new.comment))
            noted = MarkLun(uuid=self._new.uuid, comment=comment, is_enabled=not mark.was_off)
            self.add(_NOTE, migration.to, noted, migration.goal, about="note")
        called = f", called {old.name} by now" if old.name != lun_name(migration.volume, migration.path) else ""
        text = f"{migration.item} of {migration.source.name}{called}, {size_text(old.used_bytes)} used"
        if not migration.keeps_source:
            self.add(_DELETE, migration.source, DeleteLun(uuid=old.uuid), text)
        elif is_leaving(old.comment):
            change = MarkLun(uuid=old.uuid, comment=unmarked(old.comment), is_enabled=False)
            self.add(_LEAVE, migration.source, change, text, about="leave")

    def _unmark(self, new: PlacedLun) -> None:
        if self._mark is not None:
            change = MarkLun(uuid=new.uuid, comment=unmarked(new.comment), is_enabled=not self._mark.was_off)
            self.add(_UNMARK, self._migration.to, change, self._migration.goal, about="unmark")


def _planner(migration: ItemMigration) -> Planner:
    title = f"Copy {migration.item} of {migration.source.name} to {migration.goal}, and serve it there"

    def plan(situation: Situation) -> Plan:
        copying = _Copying(migration, situation)
        copying.add_all()
        notes, losses = _notes(migration, situation.first), old_one(migration, "LUN")
        return copying.plan(title, is_over=copying.is_over, notes=notes, losses=losses)

    return plan


def _notes(migration: ItemMigration, first: Standing) -> Iterator[Remark]:
    yield Remark(
        f"Hosts cannot use it until all is copied. They find it by the addresses of {migration.to.svm} then, under"
        " another serial number."
    )
    if migration.keeps_source:
        yield Remark("The old LUN stays, and no host uses it.")
    yield from protection_notes(migration, first)


LUN_COPY: Mover[ItemMigration] = Mover(
    offer=_offer, is_meant=_is_meant, ongoing=_ongoing, planner=_planner, way_back=way_back
)
