"""A copy that is to follow the one that serves: what is in its way goes, it is told what it mirrors, and it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from datamotion.model.acts import ActId, Change
from datamotion.model.group import Target
from datamotion.model.mirror_acts import (
    AbortTransfer,
    AwaitIdle,
    AwaitTransfer,
    DeleteRelationship,
    Initialize,
    Resync,
)
from datamotion.model.mirror_records import Endpoint, Relationship
from datamotion.model.paused import paused_of
from datamotion.model.plan import Refusal
from datamotion.model.standing import Copy, CopyId, Edge, Standing
from datamotion.model.units import size_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState
from datamotion.policy.copies.common import common, snapshots_of
from datamotion.policy.copies.health import has_failed_for_good, transfer_failure
from datamotion.policy.mirrors.adjustments import (
    adjusted_relationship,
    adjusted_volume,
    mirrors_mark,
    wanted_relationship,
)
from datamotion.policy.mirrors.listings import Entry, release
from datamotion.policy.mirrors.marking import no_room
from datamotion.policy.mirrors.pause import resume_stray
from datamotion.policy.placement import Place
from datamotion.policy.protect.new_mirrors import create_volume, relate
from datamotion.policy.situation import Situation
from datamotion.policy.steps import GOES_ON, Phase, StepList

_MARK = Phase(
    rank=52, title="Mark the copies again", because="only their relationships tell whose copies they are, and those go"
)
_ABORT = Phase(rank=53, title="Abort running transfers", because="a relationship is not deleted while one runs")
_DELETE = Phase(rank=54, title="Delete relationships", because="they run against who serves now; no snapshot goes")
_RELEASE = Phase(
    rank=55, title="Release information at the sources", because="they list what is gone; the snapshots are kept"
)
_RELATE = Phase(rank=56, title="Create relationships", because="each copy has to be told what it mirrors now")
_RESYNC = Phase(rank=57, title="Resync", because="each goes back to the newest common snapshot, and follows from there")
_CARRY = Phase(rank=57, title="Carry on", because="read-only copies follow from the newest common snapshot")
_BASELINE = Phase(rank=57, title="Carry everything anew", because="no snapshot is common from which they could follow")
_AWAIT = Phase(
    rank=58,
    title="Wait for the transfers",
    because="a copy counts when it is complete",
    awaits=(AwaitIdle, AwaitTransfer),
    way_out=GOES_ON,
)
_RESUME = Phase(
    rank=59, title="Resume", because="`pause` did not pause them: a failover to them that was overruled has, say"
)
_ADJUST = Phase(rank=59, title="Adjust the new mirrors", because="they are not yet as the configuration wants them")
_STARTS = (Initialize, Resync)
_BEFORE_VOLUMES = -18  # what is added to a rank to come before volumes are made


class TurnedMirrors:
    """Adds to a list what is left to do at one target for its copies to mirror those that serve."""

    def __init__(
        self,
        situation: Situation,
        target: Target,
        due: StepList,
        listed: Mapping[str, Sequence[Entry]],
        refusals: list[Refusal],
    ) -> None:
        """`listed` is what sources list, by the group's volume; transfers that fail are added to `refusals`."""
        self._situation = situation
        self._standing = situation.now
        self._target = target
        self._backend = target.backend
        self._here = self._standing.sites[target.backend.name]
        self._due = due
        self._listed = listed
        self._refusals = refusals
        self.holds: set[tuple[str, str | None]] = set()

    def turn(self, active: Copy, mirror: Copy, alias: str) -> None:
        """From any state in which a run may have left it."""
        volume = mirror.id.volume
        if mirror.edge is not None and follows(mirror, active) and self._is_under_way(mirror, mirror.edge.relationship):
            return
        if mirror.mark is None and not self._mark(active, mirror):
            return
        stays = follows(mirror, active) and not is_severed(self._situation.first, active, mirror)
        self._part(active, mirror, but=active.id if stays else None)
        if not stays:
            self._relate(active, mirror, alias)
        uuid = mirror.edge.relationship.uuid if mirror.edge is not None and stays else None
        if mirror.is_writable:
            shared = common(self._standing, mirror, active).newest
            back = f"{volume}: back to {shared.name if shared else 'the common snapshot'}, then what came since"
            is_new = uuid is not None and mirror.edge is not None and not mirror.edge.is_broken_off
            self._add(_RESYNC, volume, Initialize(uuid=uuid) if is_new else Resync(uuid=uuid), back)
            self._add(_AWAIT, volume, AwaitIdle(uuid=uuid), volume)
        else:
            self._carry(active, mirror, uuid)

    def part(self, active: Copy, mirror: Copy) -> None:
        """Nothing leads from one to the other any more, nor from any other one to this, before volumes are made."""
        self._part(active, mirror, rank=_BEFORE_VOLUMES)

    def make(self, active: Copy, place: Place, alias: str) -> None:
        """Where there is none, or will be none once what was there is set aside: a volume, and all it is to hold."""
        volume = active.id.volume
        create_volume(self._due, self._standing, self._target, active, place)
        relate(self._due, self._target, alias, active, active.volume.name)
        self._add(
            _BASELINE, volume, Initialize(uuid=None), f"{volume}: at most {size_text(active.volume.used_bytes)} to copy"
        )
        self._add(_AWAIT, volume, AwaitTransfer(uuid=None, exported=None), volume)

    def _part(self, active: Copy, mirror: Copy, *, but: CopyId | None = None, rank: int = 0) -> None:
        """Relationships that are in the way go, but one that comes from there, and who lists them forgets them."""
        if mirror.edge is not None and mirror.edge.source != but:
            self._delete(mirror, mirror.edge, at=mirror, rank=rank)
        if active.edge is not None and active.edge.source == mirror.id:
            self._delete(mirror, active.edge, at=active, rank=rank)
        self._release(mirror, active, but=but, rank=rank)

    def _mark(self, active: Copy, mirror: Copy) -> bool:
        """Whether there is room for its mark, by which it is known from then on."""
        mark, volume = mirrors_mark(self._standing, active, mirror), mirror.id.volume
        if not mark.fits(mirror.volume.comment):
            self._refusals.append(no_room(mirror))
            return False
        change = ModifyVolume(uuid=mirror.volume.uuid, comment=mark.write(mirror.volume.comment))
        self._add(_MARK, volume, change, f"{volume}: a copy of what {active.id.backend} serves")
        return True

    def _carry(self, active: Copy, mirror: Copy, uuid: str | None) -> None:
        """The first transfer of a relationship into a copy that is read-only."""
        volume, shared = mirror.id.volume, common(self._standing, mirror, active).newest
        if shared is None:
            text = f"{volume}: at most {size_text(active.volume.used_bytes)} to copy, and no copy of it there meanwhile"
            self._add(_BASELINE, volume, Initialize(uuid=uuid), text)
        else:
            self._add(_CARRY, volume, Initialize(uuid=uuid), f"{volume}: from {shared.name} on")
        self._add(_AWAIT, volume, AwaitTransfer(uuid=uuid, exported=None), volume)

    def _delete(self, mirror: Copy, edge: Edge, *, at: Copy, rank: int) -> None:
        """A relationship that is in the way of this mirror is gone from where it ends, with no snapshot of it."""
        relationship, holder = edge.relationship, self._standing.sites[at.id.backend].backend
        volume, transfer = mirror.id.volume, relationship.transfer
        if at is mirror and relationship.is_transferring and transfer is not None and transfer.uuid is not None:
            abort = AbortTransfer(relationship_uuid=relationship.uuid, transfer_uuid=transfer.uuid)
            self._add(
                _ranked(_ABORT, rank), volume, abort, f"{volume}: {size_text(transfer.bytes_transferred or 0)} moved"
            )
        text = f"{volume}: {at.id.backend} is no mirror of {edge.source_text} any more"
        delete = DeleteRelationship(uuid=relationship.uuid)
        phase = _ranked(_DELETE, rank)
        self._due.add(phase, self._backend, volume, delete, text, asked_of=holder, about=relationship.uuid)

    def _release(self, mirror: Copy, active: Copy, *, but: CopyId | None, rank: int = 0) -> bool:
        """Who lists a relationship that is gone for this one, or about to be, forgets it; whether anybody does."""
        is_owed = False
        ending = {edge.relationship.uuid for edge in (mirror.edge, active.edge) if edge is not None}
        for entry in self._listed.get(mirror.id.volume, ()):
            ends = entry.copy.id if entry.copy else None
            is_turned = (entry.source.id, ends) == (mirror.id, active.id)
            is_another = ends == mirror.id and entry.source.id != but
            is_going = entry.relationship is None or entry.relationship.uuid in ending
            if (is_turned or is_another) and is_going:
                name = mirror.id.backend
                release(
                    self._due, self._standing, _ranked(_RELEASE, rank), entry, keeps_snapshots=True, on_behalf_of=name
                )
                is_owed = True
        return is_owed

    def _relate(self, active: Copy, mirror: Copy, alias: str) -> None:
        source, destination = Endpoint(alias, active.volume.name), Endpoint(self._backend.svm, mirror.volume.name)
        self._add(_RELATE, mirror.id.volume, *wanted_relationship(self._target, source, destination))

    def follow(self, active: Copy, mirror: Copy) -> None:
        """It is read-only, and its relationship comes from the copy that serves: what is left until it is whole."""
        assert mirror.edge is not None
        relationship, volume = mirror.edge.relationship, mirror.id.volume
        if self._is_under_way(mirror, relationship):
            return
        if relationship.state is MirrorState.BROKEN_OFF:
            self._add(_RESYNC, volume, Resync(uuid=relationship.uuid), f"{volume}: goes on")
            self._add(_AWAIT, volume, AwaitIdle(uuid=relationship.uuid), volume)
        elif relationship.state is MirrorState.UNINITIALIZED:
            self._carry(active, mirror, relationship.uuid)
        elif relationship.state is MirrorState.PAUSED and not mirror.edge.holds_copy:
            text = f"{volume} at {mirror.id.backend} was paused before anything was carried there"
            hint = f"datamotion resume {self._standing.group.name}, then the same command again"
            self._refusals.append(Refusal(volume=volume, backend=mirror.id.backend, text=text, hint=hint))
        elif relationship.state is MirrorState.PAUSED and paused_of(mirror.mark) is None:
            resume_stray(self._due, _RESUME, self._backend, volume, relationship)
        elif not self._adjust(active, mirror, relationship) | self._release(mirror, active, but=active.id):
            self.holds.add(mirror.id)

    def _is_under_way(self, mirror: Copy, relationship: Relationship) -> bool:
        """Whether the transfer that makes it a mirror runs, or came to nothing in this run: that is refused."""
        assert mirror.edge is not None
        asked, volume = self._asked(mirror.id.volume), mirror.id.volume
        if relationship.is_transferring:
            if asked is None and not mirror.edge.leaves_writable:
                return False  # an update like any other
            self._add(_AWAIT, volume, AwaitIdle(uuid=relationship.uuid), volume)
            return True
        failure = transfer_failure(mirror) if asked is not None and _has_ended(asked, mirror) else None
        if failure is not None and mirror.edge.leaves_writable:
            text, hint = failure
            self._refusals.append(Refusal(volume=volume, backend=mirror.id.backend, text=text, hint=hint))
            return True
        return False

    def _adjust(self, active: Copy, mirror: Copy, relationship: Relationship) -> bool:
        """Whether mark, size, policy, schedule or throttle are not as `apply` would have them."""
        mark = mirrors_mark(self._standing, active, mirror)
        assert isinstance(self._here.seen, ClusterView)
        present = self._here.seen.schedule_of(relationship)
        found: list[tuple[Change, str] | None] = [
            adjusted_volume(active, mirror, mark) if mark.fits(mirror.volume.comment) else None,
            adjusted_relationship(mirror.id.volume, self._target, relationship, present),
        ]
        for each in filter(None, found):
            self._add(_ADJUST, mirror.id.volume, *each)
        return any(found)

    def _asked(self, volume: str) -> Copy | None:
        """The copy as it stood when this run had its transfer started; None where it did not."""
        place = (self._backend.cluster, self._backend.name, volume)
        accepted = self._situation.accepted
        before = next((accepted[each] for kind in _STARTS if (each := ActId(*place, kind)) in accepted), None)
        return before.copies.get(CopyId(self._backend.name, volume)) if before else None

    def _add(self, phase: Phase, volume: str, change: Change, text: str) -> None:
        self._due.add(phase, self._backend, volume, change, text)


def _ranked(phase: Phase, rank: int) -> Phase:
    return replace(phase, rank=phase.rank + rank) if rank else phase


def follows(mirror: Copy, active: Copy) -> bool:
    return mirror.edge is not None and mirror.edge.source == active.id


def is_severed(first: Standing, active: Copy, mirror: Copy) -> bool:
    """Whether nothing will come any more by the relationship between the two: it was released at its source, or what
    it went by is gone from there. As it was at first sight: of what a run makes not all is looked at again.
    """
    served, before = first.copies.get(active.id), first.copies.get(mirror.id)
    if served is None or before is None or mirror.edge is None or before.edge is None:
        return False
    if mirror.edge.relationship.uuid != before.edge.relationship.uuid:
        return False
    if not before.edge.holds_copy or before.edge.relationship.is_transferring:
        return False
    if has_failed_for_good(before):
        return True
    held = [*snapshots_of(first, served), *snapshots_of(first, before)]
    is_told = _are_told(first, served) and _are_told(first, before) and all(each.version is not None for each in held)
    return is_told and bool(snapshots_of(first, before)) and common(first, before, served).newest is None


def _are_told(standing: Standing, copy: Copy) -> bool:
    """Whether all snapshots of a copy were looked at, and could be read."""
    seen, name = standing.sites[copy.id.backend].seen, copy.volume.name
    if not isinstance(seen, ClusterView) or Aspect.SNAPSHOTS not in seen.looked_at:
        return False
    return seen.gap(Aspect.SNAPSHOTS, name, copy.volume.svm) is None


def _has_ended(before: Copy, now: Copy) -> bool:
    """Whether another transfer ended since."""
    ended = [each.edge.relationship.transfer if each.edge else None for each in (before, now)]
    return (ended[0].ended_at if ended[0] else None) != (ended[1].ended_at if ended[1] else None)
