"""What it takes to end the mirrors of volumes: at the destination, at the source, and the copies if that is wanted.

Each step begins with what is there: what an earlier run did is not done again. That a copy without a relationship was a
mirror of what serves is known by what that still lists, or by what was seen first. So its release comes last, before
the marks go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from datamotion.model.acts import Subject
from datamotion.model.mark import without_mark
from datamotion.model.mirror_acts import AbortTransfer, DeleteRelationship
from datamotion.model.plan import Gate, Loss, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import FENCE, Copy, CopyId, Edge, Standing
from datamotion.model.units import duration_text, size_text
from datamotion.model.volume_acts import DeleteVolume, ModifyVolume
from datamotion.model.words import MirrorState, Role, VolumeType
from datamotion.policy.copies.common import snapshots_of
from datamotion.policy.copies.health import EMPTY_BYTES
from datamotion.policy.mirrors.listings import Entry, entries, release
from datamotion.policy.needs import names_text
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_ABORT = Phase(rank=1, title="Abort running transfers", because="a relationship is not deleted while one runs")
_DELETE = Phase(rank=2, title="Delete relationships", because="nothing is to be carried to these destinations any more")
_UNMOUNT = Phase(rank=3, title="Unmount copies", because="a volume that is mounted is not deleted")
_DISCARD = Phase(rank=4, title="Delete copies", because="--delete-copies asks for it")
_RELEASE = Phase(
    rank=5, title="Release at the source", because="until then it keeps the snapshots that were made for the mirror"
)
_UNMARK = Phase(
    rank=6, title="Remove the marks", because="whoever finds a mark takes the volume for a member", gate=Gate.VOLUME
)
_UNMARK_LAST = Phase(
    rank=7,
    title="Remove the marks of what serves",
    because="up to now they say what the other copies are",
    gate=Gate.VOLUME,
)
_ONCE_IT_IS = "once it is, the same command again goes on"


class Ending:
    """Adds what is left to do for these volumes to `due`; losses, refusals and what holds come beside it."""

    def __init__(
        self,
        situation: Situation,
        leaving: Sequence[str],
        *,
        delete_copies: bool,
        at: Collection[str] | None = None,
        because: str = _DISCARD.because,
        goes_too: Callable[[Standing, Copy], bool] | None = None,
    ) -> None:
        """`at`: only what is at these back ends ends; None: all of it. `because`: why copies are deleted.

        `goes_too`: whether one that is no mirror of what serves ends as well. With it, what mirrors anything and does
        not go is refused, and keeps its mark: nothing else tells whose it is.
        """
        self._discard = replace(_DISCARD, because=because)
        self._first = situation.first
        self._now = situation.now
        self._leaving = dict.fromkeys(leaving)
        self._deletes = delete_copies
        self._at = frozenset(situation.now.sites) if at is None else frozenset(at)
        self._goes_too = goes_too
        self._left: dict[tuple[str, str], list[str]] = {}
        self._keeps_copies = False
        self._keeps_fence = False
        self.due = StepList()
        self.losses: list[Loss] = []
        self.refusals: list[Refusal] = []

    def plan(self) -> None:
        by_volume: dict[str, list[Entry]] = {}
        for entry in entries(self._now):
            if entry.at is None or entry.at in self._at:
                by_volume.setdefault(entry.source.id.volume, []).append(entry)
        for volume in self._leaving:
            if self._deletes and (refusal := self._not_to_be_deleted(volume)):
                self.refusals.append(refusal)
            else:
                self._end_all(volume, by_volume.get(volume, ()))

    def _end_all(self, volume: str, listed: Sequence[Entry]) -> None:
        copies = [copy for copy in self._now.copies_of(volume) if copy.id.backend in self._at]
        mirrored = {
            each.copy.id for each in listed if each.copy is not None and each.source.id == self._now.active[volume]
        }
        mirrored |= self._mirrored_at_first(volume)
        ends: dict[CopyId, Copy] = {}
        kept: set[CopyId] = set()
        for copy in copies:
            if copy.id == self._now.active[volume]:
                continue
            why = own(self._now, copy, mirrored)
            if why is None or (self._goes_too is not None and self._goes_too(self._now, copy)):
                ends[copy.id] = copy
                self._end(copy)
            elif self._goes_too is not None and copy.edge is not None:
                self.refusals.append(_kept_with_its_mark(self._now, copy, copy.edge, why))
                kept.add(copy.id)
            else:
                self._left.setdefault((copy.id.backend, why), []).append(volume)
        for entry in listed:
            self._release(entry, ends)
        for copy in copies:
            if copy.id not in kept:
                self._part_with(copy, is_mirror=copy.id in ends)

    def _mirrored_at_first(self, volume: str) -> set[CopyId]:
        """The mirrors of what serves when this run began: who has released one before does not list it."""
        active = self._now.active.get(volume)  # none of what left already
        if active is None or self._first.active.get(volume) != active:
            return set()
        mirrors = [each for each in self._first.copies_of(volume) if each.edge and own(self._first, each, ()) is None]
        now = self._now.copies
        return {each.id for each in mirrors if each.id in now and now[each.id].volume.uuid == each.volume.uuid}

    def holds(self) -> frozenset[Subject]:
        """What was to end, and is seen to have ended."""
        concerned: set[Subject] = {copy.id for each in self._leaving for copy in self._first.copies_of(each)}
        concerned |= {
            CopyId(each.at, each.source.id.volume)
            for each in entries(self._first)
            if each.at is not None and each.is_owed and each.source.id.volume in self._leaving
        }
        is_open = {act.subject for step in self.due.steps() for act in step.acts}
        refused = {each.volume for each in self.refusals}
        return frozenset(
            (backend, volume)
            for backend, volume in concerned - is_open
            if backend in self._at
            and self._now.sites[backend].unseen is None
            and volume not in refused
            and CopyId(backend, volume or "") not in self._now.hidden
        )

    def notes(self) -> list[Remark]:
        notes = [
            Remark(f"{backend}: {names_text(volumes)}: left as they are, {why}.")
            for (backend, why), volumes in self._left.items()
        ]
        if self._keeps_copies:
            stay = "The destination volumes stay as they are, read-only."
            notes.append(Remark(stay, "--delete-copies would delete them"))
        if self._keeps_fence:
            text = f"Copies that were mounted ahead keep export policy {FENCE}, which lets no NFS client in."
            notes.append(Remark(text))
        return notes

    def _end(self, copy: Copy) -> None:
        if copy.edge is None:
            return
        relationship, backend = copy.edge.relationship, self._now.group.backend(copy.id.backend)
        volume, transfer = copy.id.volume, relationship.transfer
        if relationship.is_transferring and transfer is not None and transfer.uuid is not None:
            abort = AbortTransfer(relationship_uuid=relationship.uuid, transfer_uuid=transfer.uuid)
            self.due.add(
                _ABORT, backend, volume, abort, f"{volume}: {size_text(transfer.bytes_transferred or 0)} moved"
            )
        text = f"{volume}: {relationship.destination} is no mirror of {relationship.source} any more"
        self.due.add(_DELETE, backend, volume, DeleteRelationship(uuid=relationship.uuid), text)

    def _release(self, entry: Entry, ends: dict[CopyId, Copy]) -> None:
        """What the source lists for a mirror that ends, or that ended before."""
        ended = entry.copy is not None and entry.copy.id in ends
        if ended or (entry.is_owed and entry.copy is None):
            release(self.due, self._now, _RELEASE, entry)
        else:
            what = f"it lists {entry.listed.destination}, which is left too"
            if entry.at is None:
                what = f"it lists {entry.listed.destination}, which is at no back end of the group that is seen"
            self._left.setdefault((entry.source.id.backend, what), []).append(entry.source.id.volume)

    def _part_with(self, copy: Copy, *, is_mirror: bool) -> None:
        """The copy is deleted, or bears no mark any more."""
        backend, volume = self._now.group.backend(copy.id.backend), copy.id.volume
        if is_mirror and self._deletes and not self._now.edges_from(copy.id):
            if copy.volume.path:
                unmount = ModifyVolume(uuid=copy.volume.uuid, path="")
                self.due.add(_UNMOUNT, backend, volume, unmount, f"{volume}: from {copy.volume.path}")
            text = f"{volume}: {copy.volume.name}, {size_text(copy.volume.used_bytes)} used, with its snapshots"
            self.due.add(self._discard, backend, volume, DeleteVolume(uuid=copy.volume.uuid), text)
            self.losses.append(_loss(copy))
            return
        if is_mirror and self._deletes:
            self._left.setdefault((backend.name, "others are mirrors of these copies"), []).append(volume)
        self._keeps_copies = self._keeps_copies or (is_mirror and not self._deletes)
        if copy.mark is not None:
            was_ahead = is_mirror and copy.volume.path is not None and copy.volume.export == FENCE
            self._keeps_fence = self._keeps_fence or was_ahead
            comment = without_mark(copy.volume.comment)
            change = ModifyVolume(uuid=copy.volume.uuid, comment=comment, path="" if was_ahead else None)
            unmounted = ", and is not mounted" if was_ahead else ""
            text = f"{volume}: {copy.volume.name} is no member of {self._now.group.name} any more{unmounted}"
            phase = _UNMARK_LAST if copy.id == self._now.active[volume] else _UNMARK
            self.due.add(phase, backend, volume, change, text)

    def _not_to_be_deleted(self, volume: str) -> Refusal | None:
        """Copies go only while what they are copies of is there. One that left the group already has none to delete."""
        if volume not in self._now.active:
            return None
        active = self._now.active[volume]
        served = self._now.copies.get(active) if active else None
        if served is not None and served.is_writable and served.is_online:
            return None
        site = self._now.sites[active.backend] if active else None
        what = f"what serves {volume} is not seen to be writable and online"
        return Refusal(
            volume=volume,
            text=f"its copies are not deleted: {what}{f': {site.unseen.reason}' if site and site.unseen else ''}",
            hint="without --delete-copies they stay" if self._goes_too is None else _ONCE_IT_IS,
            unseen=site.unseen if site else None,
        )


def own(standing: Standing, copy: Copy, mirrored: Collection[CopyId]) -> str | None:
    """Why a copy is no mirror that could end: it may hold what nothing else holds. None where it is one.

    `mirrored` are those that what serves lists.
    """
    if copy.role not in (Role.MIRROR, Role.DETACHED):
        return f"{copy.role} there"
    if copy.volume.type is not VolumeType.DP or (copy.edge is not None and copy.edge.is_broken_off):
        return "of which nobody can tell whether they hold writes of their own"
    if copy.edge is None:
        is_empty = copy.volume.used_bytes <= EMPTY_BYTES and not snapshots_of(standing, copy)
        return None if copy.id in mirrored or is_empty else "without a relationship, and not listed by what serves"
    if copy.edge.relationship.state is MirrorState.UNKNOWN:
        return "in a state that is not known here"
    return None if copy.edge.source == standing.active[copy.id.volume] else "mirrors of what does not serve"


def _kept_with_its_mark(standing: Standing, copy: Copy, edge: Edge, why: str) -> Refusal:
    backend = standing.group.backend(copy.id.backend)
    return Refusal(
        volume=copy.id.volume,
        backend=backend.name,
        text=f"{copy.volume.name} at {backend.name} is not deleted, and keeps its mark: {why}",
        hint=f"if nothing in it is needed, at {backend.cluster}: snapmirror delete -destination-path"
        f" {edge.relationship.destination}, and delete the volume; then run the same command again",
    )


def _loss(copy: Copy) -> Loss:
    """What is deleted is a state of what serves, and older ones; nothing that was written is only there."""
    age = f", {duration_text(copy.lag)} old" if copy.lag is not None else ""
    return Loss(
        volume=copy.id.volume,
        backend=copy.id.backend,
        given_up_at=copy.id.backend,
        kept=None,
        age=None,
        text=f"the copy at {copy.id.backend}{age}, and every snapshot in it",
    )
