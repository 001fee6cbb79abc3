"""Mirrors that no update mends: taken away with their volumes, so that they can be made anew, where that was agreed to.

Only a copy goes of which what serves holds everything, by the relationship that it has or by what its source still
lists of it; what serves has to be seen, writable and online, and every back end in sight. What a killed run took away
already is not taken away again.
"""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.group import Backend
from datamotion.model.mirror_acts import AbortTransfer, DeleteRelationship
from datamotion.model.paused import paused_of
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.units import size_text
from datamotion.model.volume_acts import DeleteVolume, ModifyVolume
from datamotion.model.words import MirrorState
from datamotion.policy.copies.geometry import Geometry, changed_geometry
from datamotion.policy.drills.clones import drills_at
from datamotion.policy.mirrors.listings import Entry, entries, release
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.removal.ending import own
from datamotion.policy.steps import Phase, StepList

_BECAUSE = "--recreate asks for it: no update gives these mirrors the shape of their sources"
_ABORT = Phase(rank=34, title="Abort running transfers", because="a relationship is not deleted while one runs")
_DELETE = Phase(rank=35, title="Delete relationships", because=_BECAUSE)
_UNMOUNT = Phase(rank=36, title="Unmount copies", because="a volume that is mounted is not deleted")
_DISCARD = Phase(rank=37, title="Delete copies that are made anew", because=_BECAUSE)
_RELEASE = Phase(
    rank=38, title="Release at the source", because="until then it keeps the snapshots that were made for the mirror"
)


def unmendable(copy: Copy, mirror: Copy) -> Geometry | None:
    """The shapes of an active copy and its mirror, where no update makes them alike; None where one may, or they are.

    What can be written, or follows another copy, is not told: that is not about its shape.
    """
    edge = mirror.edge
    geometry = changed_geometry(copy.volume, mirror.volume)
    if geometry is None or mirror.is_writable or (edge is not None and edge.source != copy.id):
        return None
    state = edge.relationship.state if edge is not None else MirrorState.UNINITIALIZED
    if state in (MirrorState.BROKEN_OFF, MirrorState.UNKNOWN):
        return None
    return geometry if not geometry.is_grown or state is MirrorState.UNINITIALIZED else None


class Recreating:
    """What it takes at one back end to be rid of a mirror, added to a list."""

    def __init__(self, standing: Standing, backend: Backend, due: StepList) -> None:
        self._standing = standing
        self._backend = backend
        self._due = due
        self._listed: dict[str, list[Entry]] = {}
        for entry in entries(standing):
            if entry.at == backend.name and entry.source.id == standing.active[entry.source.id.volume]:
                self._listed.setdefault(entry.source.id.volume, []).append(entry)

    def obstacle(self, copy: Copy, mirror: Copy) -> Obstacle | None:
        """Why a mirror is not taken away, though that was agreed to."""
        found = self._unsettled() or self._needed(copy, mirror)
        return (f"{mirror.volume.name} is not deleted: {found[0]}", found[1]) if found else None

    def _unsettled(self) -> Obstacle | None:
        """Why nobody can tell what else there is."""
        standing, group = self._standing, self._standing.group.name
        unseen = next((site for site in standing.sites.values() if site.unseen is not None), None)
        if unseen is not None:
            assert unseen.unseen is not None
            text = f"{unseen.backend.name} cannot be seen: {unseen.unseen.reason}"
            return text, unseen.unseen.hint or "run it again when every back end answers"
        if len(standing.contenders) > 1:
            return f"two back ends claim to serve {group}", f"datamotion settle {group} says which one does"
        return None

    def _needed(self, copy: Copy, mirror: Copy) -> Obstacle | None:
        """What the copy is there for, or may be."""
        standing, group = self._standing, self._standing.group.name
        if why := own(standing, mirror, self._mirrored(copy)):
            return why, f"datamotion status {group} shows it"
        if others := [each.id.backend for each in standing.edges_from(mirror.id)]:
            hint = f"datamotion reprotect {group} makes that follow {copy.id.backend}"
            return f"{' and '.join(others)} mirrors it", hint
        site = standing.sites[self._backend.name]
        drill = next((v for v, each in drills_at(site) if (each.group, each.volume) == (group, copy.id.volume)), None)
        if drill is not None:
            return f"{drill.name} is its clone, of a drill", f"datamotion drill stop {group}"
        if mirror.edge is not None and (paused := paused_of(mirror.mark)):
            return f"it is {paused.text}", f"datamotion resume {group} ends that"
        return None

    def take_away(self, mirror: Copy, geometry: Geometry) -> None:
        """Relationship and volume, and what the source keeps for them."""
        volume, uuid = mirror.id.volume, mirror.volume.uuid
        if mirror.edge is not None:
            relationship = mirror.edge.relationship
            transfer = relationship.transfer
            if relationship.is_transferring and transfer is not None and transfer.uuid is not None:
                abort = AbortTransfer(relationship_uuid=relationship.uuid, transfer_uuid=transfer.uuid)
                moved = f"{volume}: {size_text(transfer.bytes_transferred or 0)} moved"
                self._due.add(_ABORT, self._backend, volume, abort, moved)
            text = f"{volume}: {relationship.destination} is no mirror of {relationship.source} any more"
            self._due.add(_DELETE, self._backend, volume, DeleteRelationship(uuid=relationship.uuid), text)
        if mirror.volume.path:
            unmount = ModifyVolume(uuid=uuid, path="")
            self._due.add(_UNMOUNT, self._backend, volume, unmount, f"{volume}: from {mirror.volume.path}")
        text = f"{volume}: {mirror.volume.name}, which has {geometry.text}, with its snapshots"
        self._due.add(_DISCARD, self._backend, volume, DeleteVolume(uuid=uuid), text)
        for entry in self._listed.get(volume, ()):
            if entry.copy is not None and entry.copy.id == mirror.id:
                release(self._due, self._standing, _RELEASE, entry)

    def release(self, volume: str) -> None:
        """What its source still lists of one that is gone."""
        for entry in self._listed.get(volume, ()):
            if entry.is_owed and entry.copy is None:
                release(self._due, self._standing, _RELEASE, entry)

    def _mirrored(self, copy: Copy) -> Collection[CopyId]:
        return [each.copy.id for each in self._listed.get(copy.id.volume, ()) if each.copy is not None]
