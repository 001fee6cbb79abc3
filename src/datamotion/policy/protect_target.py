"""One target's part of protecting a group: peering, destination volumes, relationships, first transfers.

What can be known before is checked before: cluster peering, policy, schedule, aggregates, room. What exists already is
adopted, under another destination name too; what is in the way is refused, never removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datamotion.model.acts import (
    AwaitTransfer,
    CreateRelationship,
    CreateVolume,
    Initialize,
    ModifyRelationship,
    ModifyVolume,
    Resume,
)
from datamotion.model.group import Group, Target
from datamotion.model.mark import Mark, read_mark
from datamotion.model.plan import Refusal
from datamotion.model.records import Endpoint, Volume
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Role, VolumeType
from datamotion.policy.mirrors import Mirror, mirrors_at
from datamotion.policy.peering import Peering
from datamotion.policy.placement import no_place, places_for, unknown_aggregate
from datamotion.policy.situation import Situation, since
from datamotion.policy.steps import Stage, StepList
from datamotion.policy.transfers import relationship_before, transfer_failure, transfer_has_ended

_VOLUME = Stage(rank=3, title="Create destination volumes", because="these volumes have no mirror there yet")
_ADJUST = Stage(rank=3, title="Adjust destination volumes", because="they no longer match their sources")
_RELATE = Stage(rank=4, title="Create relationships", because="each destination has to be told what it mirrors")
_MODIFY = Stage(rank=4, title="Change relationships", because="policy or schedule differ from the configuration")
_INITIALIZE = Stage(rank=5, title="Initialize", because="the destinations hold no copy yet")
_RESUME = Stage(rank=5, title="Resume", because="a paused mirror receives nothing and grows old")
_AWAIT = Stage(rank=6, title="Wait for the first transfers", because="until then there is nothing to fail over to")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCopy:
    """A volume of the home that is to be mirrored, and the epoch since which it serves."""

    volume: Volume
    epoch: int


class TargetPlanner:
    """Adds one target's acts to the list; what it cannot plan comes back as refusals."""

    def __init__(self, group: Group, target: Target, situation: Situation, due: StepList) -> None:
        home, seen = situation.now[group.home.cluster], situation.now[target.backend.cluster]
        assert isinstance(home, ClusterView)
        assert isinstance(seen, ClusterView)
        self._group = group
        self._target = target
        self._situation = situation
        self._home = home
        self._seen = seen
        self._due = due
        self._backend = target.backend
        self._places: Mapping[str, str] = {}

    def plan(self, copies: Sequence[HomeCopy]) -> list[Refusal]:
        mirrors = mirrors_at(self._group, self._target, self._seen)
        there = self._seen.volumes_of(self._backend.svm)
        new = [each.volume for each in copies if each.volume.name not in mirrors and each.volume.name not in there]
        if obstacle := self._obstacle() or unknown_aggregate(self._target, self._seen, new):
            return [Refusal(backend=self._backend.name, text=obstacle[0], hint=obstacle[1])]
        self._places = places_for(self._target, self._seen, new)
        alias = Peering(self._group.home, self._home, self._backend, self._seen).plan(self._due) if copies else ""
        refusals = (self._mirror(copy, alias, mirrors.get(copy.volume.name)) for copy in copies)
        return [refusal for refusal in refusals if refusal]

    def _obstacle(self) -> tuple[str, str] | None:
        """What stands in the way of the whole target, and what to do about it."""
        seen, target, cluster = self._seen, self._target, self._backend.cluster
        svm = seen.svm(self._backend.svm)
        if svm is None:
            return f"SVM {self._backend.svm} is not on {cluster}", "create it, or correct `svm` in the configuration"
        if not self._is_same_cluster and not any(
            p.available and p.name == self._home_cluster for p in seen.cluster_peers
        ):
            return (
                f"{cluster} has no available cluster peer {self._home_cluster}",
                "peer the two clusters first (`cluster peer create` on both)",
            )
        if not any(p.name == target.policy and p.svm in (None, self._backend.svm) for p in seen.policies):
            return f"{cluster} has no SnapMirror policy {target.policy}", "create it there, or correct `policy`"
        if target.schedule is not None and target.schedule not in seen.schedules:
            return f"{cluster} has no schedule {target.schedule}", "create it there, or correct `schedule`"
        return None

    @property
    def _home_cluster(self) -> str:
        assert self._home.identity is not None
        return self._home.identity.name

    @property
    def _is_same_cluster(self) -> bool:
        return self._seen.identity == self._home.identity

    def _mirror(self, copy: HomeCopy, alias: str, mirror: Mirror | None) -> Refusal | None:
        """What is left to do for one volume; a refusal if something stands in its way."""
        if mirror is None:
            return self._new_mirror(copy, alias)
        name, relationship = copy.volume.name, mirror.relationship
        if relationship.state is MirrorState.BROKEN_OFF:
            return Refusal(
                volume=name,
                backend=self._backend.name,
                text=f"the mirror of {name} is broken off; nothing is resynced, its destination may hold newer writes",
                hint=f"if a failover was cut short: datamotion failover {self._group.name} --to {self._backend.name}",
            )
        if relationship.state is MirrorState.UNKNOWN:
            return Refusal(
                volume=name,
                backend=self._backend.name,
                text=f"the mirror of {name} is in a state that is not known here; it is left as it is",
                hint="look at it on the cluster, or use a release of datamotion that knows this ONTAP",
            )
        if mirror.destination is not None:
            self._adjust_volume(copy, mirror.destination)
        self._adjust_relationship(name, mirror)
        if relationship.is_transferring and relationship.state is MirrorState.UNINITIALIZED:
            self._due.add(_AWAIT, self._backend, name, AwaitTransfer(uuid=relationship.uuid), name)
        elif relationship.state is MirrorState.UNINITIALIZED:
            return self._first_transfer(copy, mirror)
        elif relationship.state is MirrorState.PAUSED:
            self._due.add(
                _RESUME, self._backend, name, Resume(uuid=relationship.uuid), f"{name}: {relationship.destination}"
            )
        return None

    def _new_mirror(self, copy: HomeCopy, alias: str) -> Refusal | None:
        name = copy.volume.name
        source, destination = Endpoint(alias, name), Endpoint(self._backend.svm, name)
        existing = self._seen.volumes_of(self._backend.svm).get(name)
        if existing is None:
            if name not in self._places:
                return no_place(self._target, copy.volume)
            self._create_volume(copy, self._places[name])
        elif refusal := self._in_the_way(existing, destination):
            return refusal
        change = CreateRelationship(
            source=source, destination=destination, policy=self._target.policy, schedule=self._target.schedule
        )
        when = f", {self._target.schedule}" if self._target.schedule else ""
        self._due.add(_RELATE, self._backend, name, change, f"{source} -> {destination} ({self._target.policy}{when})")
        self._initialize(copy, None)
        return None

    def _in_the_way(self, existing: Volume, destination: Endpoint) -> Refusal | None:
        """None if `existing` is a destination that an earlier, interrupted run of ours made."""
        mark = read_mark(existing.comment)
        other = self._seen.relationships_into(self._backend.svm).get(destination)
        if other is None and existing.type is VolumeType.DP and mark and mark.group == self._group.name:
            return None
        why = f"it is the mirror of {other.source}" if other else f"a volume of that name is there ({existing.type})"
        return Refusal(
            volume=existing.name,
            backend=self._backend.name,
            text=f"{destination} cannot become the mirror of {existing.name}: {why}",
            hint="rename one of the two, or leave the volume out with `volumes` of the back end",
        )

    def _create_volume(self, copy: HomeCopy, aggregate: str) -> None:
        volume = copy.volume
        change = CreateVolume(
            volume=volume.name,
            svm=self._backend.svm,
            aggregates=(aggregate,),
            size_bytes=volume.size_bytes,
            style=volume.style,
            language=volume.language,
            guarantee=volume.guarantee,
            comment=self._mirror_mark(copy).write(""),
        )
        text = f"{volume.name}: {size_text(volume.size_bytes)} on {aggregate}"
        self._due.add(_VOLUME, self._backend, volume.name, change, text)

    def _initialize(self, copy: HomeCopy, uuid: str | None) -> None:
        name = copy.volume.name
        text = f"{name}: {size_text(copy.volume.used_bytes)} to copy"
        self._due.add(_INITIALIZE, self._backend, name, Initialize(uuid=uuid), text)
        self._due.add(_AWAIT, self._backend, name, AwaitTransfer(uuid=uuid), name)

    def _first_transfer(self, copy: HomeCopy, mirror: Mirror) -> Refusal | None:
        """It is due; or this run has started it already and it has come to nothing."""
        before = self._situation.accepted.get(Initialize(uuid=mirror.relationship.uuid))
        if before is not None:
            earlier = relationship_before(before, self._target, mirror)
            if transfer_has_ended(earlier, mirror.relationship) and (failure := transfer_failure(self._target, mirror)):
                return failure
        self._initialize(copy, mirror.relationship.uuid)
        return None

    def _mirror_mark(self, copy: HomeCopy) -> Mark:
        return Mark(
            group=self._group.name,
            role=Role.MIRROR,
            epoch=copy.epoch,
            path=copy.volume.path,
            since=since(self._situation, self._backend),
        )

    def _adjust_volume(self, copy: HomeCopy, destination: Volume) -> None:
        mark = self._mirror_mark(copy)
        same = mark.says_the_same(read_mark(destination.comment))
        grow = copy.volume.size_bytes if destination.size_bytes < copy.volume.size_bytes else None
        if same and grow is None:
            return
        comment = None if same else mark.write(destination.comment)
        change = ModifyVolume(uuid=destination.uuid, comment=comment, size_bytes=grow)
        what = [f"grow to {size_text(grow)}"] if grow else []
        what += [] if same else [f"note that it is to be served at {mark.path or 'no junction path'}"]
        self._due.add(_ADJUST, self._backend, copy.volume.name, change, f"{copy.volume.name}: {', '.join(what)}")

    def _adjust_relationship(self, name: str, mirror: Mirror) -> None:
        relationship, target = mirror.relationship, self._target
        policy = target.policy if relationship.policy != target.policy else None
        present = self._seen.schedule_of(relationship)
        schedule = target.schedule if target.schedule not in (None, present) else None
        if policy or schedule:
            change = ModifyRelationship(uuid=relationship.uuid, policy=policy, schedule=schedule)
            what = [f"policy {relationship.policy} -> {policy}"] if policy else []
            what += [f"schedule {present or 'none'} -> {schedule}"] if schedule else []
            self._due.add(_MODIFY, self._backend, name, change, f"{name}: {', '.join(what)}")
