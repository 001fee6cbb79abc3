"""Making the copies at one back end mirrors of those that serve, whatever they followed before.

The order never drops the newest snapshot that two copies have in common: relationships that are in the way are deleted
at their destinations alone, their sources forget them and keep what was made for them, the new one is made, and only
then the copy goes back to the common snapshot and follows. What is so already is not done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datamotion.model.acts import ActId, Change
from datamotion.model.group import Target
from datamotion.model.mirror_acts import AbortTransfer, AwaitIdle, AwaitTransfer, DeleteRelationship, Initialize, Resync
from datamotion.model.mirror_records import Endpoint, Relationship
from datamotion.model.plan import Loss, Refusal
from datamotion.model.standing import Copy, CopyId, Edge, Standing
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, VolumeState
from datamotion.policy.adjustments import adjusted_relationship, adjusted_volume, mirrors_mark, wanted_relationship
from datamotion.policy.common import Common, common
from datamotion.policy.defined_policies import keep_policy
from datamotion.policy.divergence import Sizes, changed_behind_fence, divergence, is_held
from datamotion.policy.health import transfer_failure
from datamotion.policy.keeping import Keeping
from datamotion.policy.listings import Entry, release
from datamotion.policy.obstacles import Obstacle, copy_obstacle, site_obstacle
from datamotion.policy.peering import Peering
from datamotion.policy.situation import Situation
from datamotion.policy.steps import GOES_ON, Phase, StepList

_KEEP = 50  # the rank of the first of the three phases of `keeping`
_GIVE_UP = "--no-keep-divergent gives it up without keeping it"
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
_ADJUST = Phase(rank=59, title="Adjust the new mirrors", because="they are not yet as the configuration wants them")
_STARTS = (Initialize, Resync)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`discard` are the back ends of which what only they hold may be given up; `keep`: a clone of it is made first."""

    discard: frozenset[str] = frozenset()
    keep: bool = True


class Turning:
    """Adds to a list what is left to do at one target for it to mirror one source; all else comes beside it."""

    def __init__(
        self,
        situation: Situation,
        target: Target,
        source: str,
        due: StepList,
        consent: Consent,
        listed: Mapping[str, Sequence[Entry]],
        sizes: Sizes,
    ) -> None:
        """`listed` is what sources list, by the group's volume. Both back ends were seen."""
        standing = situation.now
        self._situation = situation
        self._standing = standing
        self._target = target
        self._backend = target.backend
        self._here, self._source = standing.sites[target.backend.name], standing.sites[source]
        self._due = due
        self._consent = consent
        self._listed = listed
        self._sizes = sizes
        self._keeping = Keeping(self._here, max(standing.epochs, default=1), due, _KEEP, _GIVE_UP)
        self.refusals: list[Refusal] = []
        self.losses: list[Loss] = []
        self.turned: list[Copy] = []
        self.changed: dict[str, int] = {}
        self.missing: list[str] = []
        self.holds: set[tuple[str, str | None]] = set()

    @property
    def clones(self) -> Mapping[str, str]:
        """By volume, the name of the clone that keeps what it gives up."""
        return self._keeping.clones

    def plan(self, copies: Sequence[Copy]) -> None:
        """`copies` serve at the source."""
        pairs = [
            (copy, mirror) for copy in copies if (mirror := self._standing.copy(self._backend.name, copy.id.volume))
        ]
        self.missing = [
            copy.id.volume
            for copy in copies
            if self._standing.copy(self._backend.name, copy.id.volume) is None
            and CopyId(self._backend.name, copy.id.volume) not in self._standing.hidden
        ]
        to_turn: list[tuple[Copy, Copy]] = []
        for active, mirror in pairs:
            if _follows(mirror, active) and not mirror.is_writable:
                self._follow(active, mirror)
            elif obstacle := copy_obstacle(active) or _obstacle(self._standing, mirror):
                self._refuse(mirror, *obstacle)
            elif self._may_turn(active, mirror):
                to_turn.append((active, mirror))
        if not to_turn:
            return
        if obstacle := site_obstacle(self._target, self._here, self._source):
            self.refusals.append(Refusal(backend=self._backend.name, text=obstacle[0], hint=obstacle[1]))
            return
        peering = Peering(self._source, self._here)
        if why_not := peering.obstacle() or keep_policy(self._due, self._standing, self._target):
            self.refusals.append(Refusal(backend=self._backend.name, text=why_not[0], hint=why_not[1]))
            return
        alias = peering.plan(self._due)
        for active, mirror in to_turn:
            self._turn(active, mirror, alias)

    def _refuse(self, mirror: Copy, text: str, hint: str | None) -> None:
        self.refusals.append(Refusal(volume=mirror.id.volume, backend=mirror.id.backend, text=text, hint=hint))

    def _may_turn(self, active: Copy, mirror: Copy) -> bool:
        """Whether nothing goes that was not agreed to; what goes is kept on the way."""
        volume, name, group = mirror.id.volume, self._backend.name, self._standing.group.name
        loss, shared = divergence(self._standing, mirror, active, self._sizes), common(self._standing, mirror, active)
        if mirror.is_writable and shared.newest is None:
            self._refuse(mirror, *self._no_way(active, mirror))
            return False
        if loss is None:
            return self._may_leave(active, mirror, shared)
        if name not in self._consent.discard:
            what = "may hold writes of its own" if mirror.is_writable else "holds what was carried there only"
            if shared.newest is None:
                what = f"has no snapshot in common with {active.id.backend}: all has to be carried anew"
            held = is_held(self._standing, mirror, active)
            kept = "" if held else "; a clone of it is kept" if self._consent.keep else "; nothing of it is kept"
            hint = f"datamotion reprotect {group} --discard-divergent {name} gives that up{kept}"
            if mirror.is_writable:
                hint += f"; datamotion failover {group} --to {name} --unplanned would serve it instead"
            self._refuse(mirror, f"{volume} at {name} {what}; making it a mirror gives up {loss.text}", hint)
            return False
        is_kept = self._consent.keep and not is_held(self._standing, mirror, active)
        if is_kept and not self._keep(mirror, shared):
            return False
        self.losses.append(loss)
        return True

    def _may_leave(self, active: Copy, mirror: Copy, shared: Common) -> bool:
        """What changed behind a fence, which ONTAP may have written itself, goes untold by nobody: or is kept."""
        if changed := changed_behind_fence(self._standing, mirror, active, self._sizes):
            if self._backend.name in self._consent.discard and self._consent.keep:
                return self._keep(mirror, shared)
            self.changed[mirror.id.volume] = changed
        return True

    def _keep(self, mirror: Copy, shared: Common) -> bool:
        """Whether a clone of it is kept, once all that is left to do for that is done."""
        if obstacle := self._keeping.keep(mirror, shared):
            text = f"what {mirror.id.volume} at {self._backend.name} gives up cannot be kept: {obstacle[0]}"
            self._refuse(mirror, text, obstacle[1])
        return obstacle is None

    def _no_way(self, active: Copy, mirror: Copy) -> Obstacle:
        svm, name = self._backend.svm, mirror.volume.name
        text = (
            f"{mirror.id.volume} at {self._backend.name} can be written and has no snapshot in common with"
            f" {active.id.backend}: it cannot become its mirror, which takes a new volume and"
            f" {size_text(active.volume.used_bytes)} to carry"
        )
        aside = f"volume modify -vserver {svm} -volume {name} -comment aside; volume rename -vserver {svm}"
        hint = (
            f"set it aside, at {self._backend.cluster}: {aside} -volume {name} -newname {name}_aside; then datamotion"
            f" apply {self._standing.group.name} makes a mirror in its place"
        )
        return text, hint

    def _turn(self, active: Copy, mirror: Copy, alias: str) -> None:
        """From any state in which a run may have left it."""
        volume = mirror.id.volume
        self.turned.append(mirror)
        if (
            mirror.edge is not None
            and _follows(mirror, active)
            and self._is_under_way(mirror, mirror.edge.relationship)
        ):
            return
        if mirror.edge is not None and not _follows(mirror, active):
            self._delete(mirror, mirror.edge, at=mirror)
        if active.edge is not None and active.edge.source == mirror.id:
            self._delete(mirror, active.edge, at=active)
        self._release(mirror, active)
        if not _follows(mirror, active):
            self._relate(active, mirror, alias)
        uuid = mirror.edge.relationship.uuid if mirror.edge is not None and _follows(mirror, active) else None
        if mirror.is_writable:
            shared = common(self._standing, mirror, active).newest
            back = f"{volume}: back to {shared.name if shared else 'the common snapshot'}, then what came since"
            is_new = uuid is not None and mirror.edge is not None and not mirror.edge.is_broken_off
            self._add(_RESYNC, volume, Initialize(uuid=uuid) if is_new else Resync(uuid=uuid), back)
            self._add(_AWAIT, volume, AwaitIdle(uuid=uuid), volume)
        else:
            self._carry(active, mirror, uuid)

    def _carry(self, active: Copy, mirror: Copy, uuid: str | None) -> None:
        """The first transfer of a relationship into a copy that is read-only."""
        volume, shared = mirror.id.volume, common(self._standing, mirror, active).newest
        if shared is None:
            text = f"{volume}: at most {size_text(active.volume.used_bytes)} to copy, and no copy of it there meanwhile"
            self._add(_BASELINE, volume, Initialize(uuid=uuid), text)
        else:
            self._add(_CARRY, volume, Initialize(uuid=uuid), f"{volume}: from {shared.name} on")
        self._add(_AWAIT, volume, AwaitTransfer(uuid=uuid, exported=None), volume)

    def _delete(self, mirror: Copy, edge: Edge, *, at: Copy) -> None:
        """A relationship that is in the way of this mirror is gone from where it ends, with no snapshot of it."""
        relationship, holder = edge.relationship, self._standing.sites[at.id.backend].backend
        volume, transfer = mirror.id.volume, relationship.transfer
        if at is mirror and relationship.is_transferring and transfer is not None and transfer.uuid is not None:
            abort = AbortTransfer(relationship_uuid=relationship.uuid, transfer_uuid=transfer.uuid)
            self._add(_ABORT, volume, abort, f"{volume}: {size_text(transfer.bytes_transferred or 0)} moved")
        text = f"{volume}: {at.id.backend} is no mirror of {edge.source_text} any more"
        delete = DeleteRelationship(uuid=relationship.uuid)
        self._due.add(_DELETE, self._backend, volume, delete, text, asked_of=holder, about=relationship.uuid)

    def _release(self, mirror: Copy, active: Copy) -> bool:
        """Who lists a relationship that is gone for this one, or about to be, forgets it; whether anybody does."""
        is_owed = False
        ending = {edge.relationship.uuid for edge in (mirror.edge, active.edge) if edge is not None}
        for entry in self._listed.get(mirror.id.volume, ()):
            ends = entry.copy.id if entry.copy else None
            is_turned = (entry.source.id, ends) == (mirror.id, active.id)
            is_another = ends == mirror.id and entry.source.id != active.id
            is_going = entry.relationship is None or entry.relationship.uuid in ending
            if (is_turned or is_another) and is_going:
                name = mirror.id.backend
                release(self._due, self._standing, _RELEASE, entry, keeps_snapshots=True, on_behalf_of=name)
                is_owed = True
        return is_owed

    def _relate(self, active: Copy, mirror: Copy, alias: str) -> None:
        source, destination = Endpoint(alias, active.volume.name), Endpoint(self._backend.svm, mirror.volume.name)
        self._add(_RELATE, mirror.id.volume, *wanted_relationship(self._target, source, destination))

    def _follow(self, active: Copy, mirror: Copy) -> None:
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
        elif not self._adjust(active, mirror, relationship) | self._release(mirror, active):
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
            self._refuse(mirror, *failure)
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


def _follows(mirror: Copy, active: Copy) -> bool:
    return mirror.edge is not None and mirror.edge.source == active.id


def _has_ended(before: Copy, now: Copy) -> bool:
    """Whether another transfer ended since."""
    ended = [each.edge.relationship.transfer if each.edge else None for each in (before, now)]
    return (ended[0].ended_at if ended[0] else None) != (ended[1].ended_at if ended[1] else None)


def _obstacle(standing: Standing, mirror: Copy) -> Obstacle | None:
    """Why a copy is not touched."""
    if mirror.volume.state is not VolumeState.ONLINE:
        return f"{mirror.volume.name} at {mirror.id.backend} is {mirror.volume.state}", "bring the volume online"
    if mirror.edge is not None and not isinstance(mirror.edge.source, CopyId):
        text = (
            f"{mirror.volume.name} at {mirror.id.backend} is a mirror of {mirror.edge.source}, which is another volume"
        )
        return text, f"datamotion status {standing.group.name} shows it"
    if mirror.edge is not None and mirror.edge.relationship.state is MirrorState.UNKNOWN:
        return f"the mirror of {mirror.id.volume} is in a state that is not known here", "look at it on the cluster"
    return None
