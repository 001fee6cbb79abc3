"""Making a destination that was broken off a mirror again of the copy that serves: the one way in which that is done.

ONTAP takes the destination back to the newest snapshot that both ends hold, and carries from there. What was written at
the destination since is gone, for good: so where it may hold writes of its own nothing is done before that is agreed
to by name, at the loss that is stated: since when, at most, and how many bytes the copy differs by from the newest
snapshot that both hold, where its cluster tells. Where no snapshot is held by both, ONTAP refuses and nothing has
changed.

The fence of a copy that served once stays on the mirror: the export policy and those of its qtrees, as its mark notes
them. Serving it again lifts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from datamotion.model.acts import ActId
from datamotion.model.group import Group
from datamotion.model.mirror_acts import AwaitIdle, Resync
from datamotion.model.paused import paused_of, with_paused
from datamotion.model.plan import Loss, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import FENCE, Copy, CopyId, Standing
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.volume_records import Snapshot
from datamotion.model.words import MirrorState, Operation, Role, VolumeState
from datamotion.policy.copies.common import common
from datamotion.policy.copies.divergence import Sizes, blocks_text
from datamotion.policy.copies.health import transfer_failure
from datamotion.policy.copies.losses import resync_loss, worst_first
from datamotion.policy.home import takes_up
from datamotion.policy.mirrors.update import group_refusal
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import Obstacle, copy_obstacle, unknown_server
from datamotion.policy.selection import Selection, select
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import GOES_ON, Phase, StepList

_RESYNC = Phase(
    rank=1, title="Resync", because="each destination goes back to the newest snapshot that both hold, and follows"
)
_AWAIT = Phase(
    rank=2,
    title="Wait for the transfers",
    because="a copy counts when it is complete",
    awaits=(AwaitIdle,),
    way_out=GOES_ON,
)
_CLEAR = Phase(rank=3, title="Clear who paused them", because="they are not paused any more")


def resync_planner(
    group: Group, selection: Selection, *, discard: bool, sizes: Sizes = MappingProxyType({})
) -> Planner:
    """The planner for `datamotion resync`, at one back end. `discard`: what was written there may be given up.

    `sizes` are what was told of the snapshots that `newest_common` names.
    """

    def plan(situation: Situation) -> Plan:
        title = f"Make the copies of {group.name} at {selection.at} mirrors again"
        if refusal := group_refusal(situation.now):  # nor is anything thrown away while a failover may go on
            return Plan(operation=Operation.RESYNC, group=group.name, title=title, refusals=(refusal,))
        selected = select(situation.now, selection, lambda copy: _obstacle(situation.now, copy))
        resyncing = _Resyncing(situation, discard, sizes)
        for copy in selected.copies:
            resyncing.plan(copy)
        return Plan(
            operation=Operation.RESYNC,
            group=group.name,
            title=title,
            steps=resyncing.due.steps(),
            losses=worst_first(resyncing.losses),
            refusals=(*selected.refusals, *resyncing.refusals),
            notes=tuple(_notes(resyncing.going)),
            holds=frozenset(resyncing.holds),
        )

    return plan


@dataclass(slots=True)
class _Resyncing:
    situation: Situation
    discard: bool
    sizes: Sizes
    due: StepList = field(default_factory=StepList)
    refusals: list[Refusal] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    going: list[Copy] = field(default_factory=list)
    holds: set[tuple[str, str | None]] = field(default_factory=set)

    def plan(self, copy: Copy) -> None:
        """What is left to do until this copy is a complete mirror."""
        assert copy.edge is not None
        relationship, volume = copy.edge.relationship, copy.id.volume
        group = self.situation.now.group
        backend = group.backend(copy.id.backend)
        if copy.is_writable and isinstance(copy.edge.source, CopyId):
            loss = self._loss(copy, copy.edge.source)
            if not self.discard:
                text = f"{volume} at {backend.name} may hold writes of its own, and a resync gives up {loss.text}"
                serves = f"datamotion failover {group.name} --to {backend.name} --unplanned would serve it"
                self._refuse(copy, text, f"--discard {backend.name} gives that up; {serves}")
                return
            self.losses.append(loss)
        if relationship.is_transferring:
            self.due.add(_AWAIT, backend, volume, AwaitIdle(uuid=relationship.uuid), volume)
        elif copy.edge.is_broken_off:
            if failure := self._came_to_nothing(copy):
                self._refuse(copy, *failure)
                return
            self.going.append(copy)
            back = (
                f", back to {relationship.exported_snapshot} or an older one" if relationship.exported_snapshot else ""
            )
            text = f"{volume}: {relationship.source} -> {relationship.destination}{back}"
            self.due.add(_RESYNC, backend, volume, Resync(uuid=relationship.uuid), text)
            self.due.add(_AWAIT, backend, volume, AwaitIdle(uuid=relationship.uuid), volume)
        elif relationship.state is not MirrorState.PAUSED and copy.mark is not None and paused_of(copy.mark):
            comment = with_paused(copy.mark, None).write(copy.volume.comment)
            self.due.add(_CLEAR, backend, volume, ModifyVolume(uuid=copy.volume.uuid, comment=comment), volume)
        else:
            self.holds.add(copy.id)

    def _loss(self, copy: Copy, source: CopyId) -> Loss:
        """With what was measured."""
        loss, newest = resync_loss(self.situation.now, copy, source), _common(self.situation.now, copy)
        size = self.sizes.get((copy.id.backend, newest.uuid)) if newest is not None else None
        return replace(loss, size_bytes=size, text=loss.text + blocks_text(size))

    def _came_to_nothing(self, copy: Copy) -> Obstacle | None:
        """Why the transfer of a resync that this run asked for left no mirror; None while it may still do so."""
        backend = self.situation.now.sites[copy.id.backend].backend
        before = self.situation.accepted.get(ActId(backend.cluster, backend.name, copy.id.volume, Resync))
        if before is None or _ended_at(before.copies.get(copy.id)) == _ended_at(copy):
            return None
        return transfer_failure(copy)

    def _refuse(self, copy: Copy, text: str, hint: str | None) -> None:
        self.refusals.append(Refusal(volume=copy.id.volume, backend=copy.id.backend, text=text, hint=hint))


def newest_common(standing: Standing, selection: Selection) -> Mapping[str, Sequence[Snapshot]]:
    """By back end, of each copy that would give something up the newest snapshot in common with its source."""
    copies = (copy for copy in standing.copies.values() if copy.id.backend == selection.at and copy.is_writable)
    wanted = (copy for copy in copies if not selection.volumes or copy.id.volume in selection.volumes)
    found = [newest for copy in wanted if (newest := _common(standing, copy)) is not None]
    return {selection.at: found} if selection.at is not None and found else {}


def _common(standing: Standing, copy: Copy) -> Snapshot | None:
    source = copy.edge.source if copy.edge is not None else None
    served = standing.copies.get(source) if isinstance(source, CopyId) else None
    return common(standing, copy, served).newest if served is not None else None


def _obstacle(standing: Standing, copy: Copy) -> Obstacle | None:
    """Why a copy is not made a mirror again, and what would have to be so."""
    active, group = standing.active[copy.id.volume], standing.group.name
    if active is None:
        return unknown_server(standing, copy.id.volume)
    if copy.volume.state is not VolumeState.ONLINE:
        return f"its volume {copy.volume.name} is {copy.volume.state}", "bring the volume online"
    if copy.role is Role.OVERTAKEN:
        return "it served before, and clients can still write to it", f"datamotion apply {group} fences it first"
    return _source_obstacle(standing, active) or _edge_obstacle(standing, copy, active)


def _source_obstacle(standing: Standing, active: CopyId) -> Obstacle | None:
    """Why nothing can be carried from the copy that serves."""
    served = standing.copies.get(active)
    if served is not None:
        return copy_obstacle(served)
    unseen = standing.sites[active.backend].unseen
    reason = unseen.reason if unseen else standing.hidden.get(active)
    why = f"cannot be seen: {reason}" if reason else "holds no copy that can be seen"
    hint = (unseen.hint if unseen else None) or f"run it again when {active.backend} answers"
    return f"{active.backend}, which serves it, {why}", hint


def _edge_obstacle(standing: Standing, copy: Copy, active: CopyId) -> Obstacle | None:
    """Why the relationship that ends in a copy, if one does, makes it no mirror of the copy that serves."""
    group = standing.group.name
    needed = f"a relationship from {active.backend} into it would be needed"
    if copy.edge is None:
        makes = f"{needed}: datamotion reprotect {group} makes one"
        return "no relationship ends in it", makes if copy.is_writable else takes_up(group)
    if copy.edge.source != active:
        whence = copy.edge.source.backend if isinstance(copy.edge.source, CopyId) else str(copy.edge.source)
        text = f"its relationship comes from {whence}, and {active.backend} serves it"
        return text, f"{needed}: datamotion reprotect {group} makes one"
    if copy.edge.relationship.state is MirrorState.UNKNOWN:
        return "it is in a state that is not known here", "look at it on the cluster"
    if copy.edge.relationship.state is MirrorState.UNINITIALIZED:
        if copy.is_writable:
            return "its relationship was made and nothing was carried yet", f"datamotion reprotect {group} goes on"
        return "it never held a complete copy", f"datamotion apply {group} starts its first transfer"
    return None


def _notes(going: Iterable[Copy]) -> Iterator[Remark]:
    """What stays, and who is cut off."""
    going = list(going)
    if fenced := [copy.id.volume for copy in going if copy.role is Role.FENCED]:
        yield Remark(f"{names_text(fenced)}: the fence stays until it is served again.")
    if mounted := [copy.id.volume for copy in going if copy.volume.path and copy.volume.export != FENCE]:
        yield Remark(f"{names_text(mounted)}: it stays mounted, and who writes there is cut off.")


def _ended_at(copy: Copy | None) -> object:
    transfer = copy.edge.relationship.transfer if copy and copy.edge else None
    return transfer.ended_at if transfer else None
