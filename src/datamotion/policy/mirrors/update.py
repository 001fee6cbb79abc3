"""Carrying what is served now to every mirror of it: one transfer for each, begun after the run was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from datamotion.model.group import Group
from datamotion.model.mirror_acts import AwaitIdle, AwaitTransfer
from datamotion.model.mirror_records import Relationship
from datamotion.model.paused import paused_of
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, CopyId, DoubtKind, Edge, Standing
from datamotion.model.units import duration_text
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Operation, Role
from datamotion.policy.copies.health import RECEIVING, transfer_failure
from datamotion.policy.home import takes_up
from datamotion.policy.mirrors.transfers import carry_once
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import unknown_server, unsettled
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import GOES_ON, Phase, StepList

_WAIT_FIRST = Phase(
    rank=1,
    title="Wait for running transfers",
    because="they began before this update and may lack the newest writes",
    awaits=(AwaitIdle,),
    way_out="`datamotion abort` stops them, with their checkpoints kept",
)
_START = Phase(rank=2, title="Start transfers", because="what was written since the last one is at the source only")
_AWAIT = Phase(
    rank=3,
    title="Wait for the transfers",
    because="a copy counts when it is complete",
    awaits=(AwaitTransfer,),
    way_out=GOES_ON,
)
_NO_MIRRORS = frozenset({Role.BROKEN, Role.OVERTAKEN, Role.FENCED})


def update_planner(group: Group) -> Planner:
    """The planner for `datamotion update`."""

    def plan(situation: Situation) -> Plan:
        updating = _Updating(situation)
        updating.plan()
        return Plan(
            operation=Operation.UPDATE,
            group=group.name,
            title=f"Update the mirrors of {group.name}",
            steps=updating.due.steps(),
            refusals=tuple(updating.refusals),
            notes=tuple(_left_out(situation.now)) if updating.due.steps() else (),
            holds=frozenset(updating.holds),
        )

    return plan


@dataclass(slots=True)
class _Updating:
    situation: Situation
    due: StepList = field(default_factory=StepList)
    refusals: list[Refusal] = field(default_factory=list)
    holds: set[tuple[str, str | None]] = field(default_factory=set)

    def plan(self) -> None:
        standing = self.situation.now
        if refusal := group_refusal(standing):
            self.refusals.append(refusal)
            return
        for site in standing.sites.values():
            if site.unseen is not None:
                self.refusals.append(
                    Refusal(
                        backend=site.backend.name, text=site.unseen.reason, hint=site.unseen.hint, unseen=site.unseen
                    )
                )
        hidden = [each for each in standing.doubts if each.kind is DoubtKind.UNREADABLE]
        self.refusals += [Refusal(volume=it.volume, backend=it.backend, text=it.text, hint=it.hint) for it in hidden]
        served = {active for active in standing.active.values() if active is not None}
        for copy in standing.copies.values():
            if copy.edge is not None and copy.edge.source in served and not copy.is_writable:
                self._plan_mirror(copy, copy.edge)
        for volume, active in standing.active.items():
            if active is None:
                self._refuse(None, volume, *unknown_server(standing, volume))
                continue
            others = [copy for copy in standing.copies_of(volume) if copy.id != active]
            if not self._is_mirrored(volume, active):
                kept = f"datamotion status {standing.group.name} shows what its other copies are"
                unseen = next((site.unseen for site in standing.sites.values() if site.unseen), None)
                text = f"nothing {'that can be seen ' if unseen else ''}mirrors {volume}, which {active.backend} serves"
                hint = unseen.hint if unseen else kept if others else _apply(standing)
                self._refuse(None, volume, text, hint)
            else:
                self._name_left_out(volume, active)

    def _name_left_out(self, volume: str, active: CopyId) -> None:
        """Back ends that are to mirror what is served, and to which nothing of it is carried."""
        standing = self.situation.now
        again = f"datamotion reprotect {standing.group.name} makes it follow {active.backend}"
        for copy in standing.copies_of(volume):
            if copy.role is Role.DETACHED:
                text, hint = f"no relationship ends in {copy.volume.name}", takes_up(standing.group.name)
                self._refuse(copy.id.backend, volume, text, hint)
            elif copy.role is Role.MIRROR and copy.edge is not None and copy.edge.source != active:
                text = (
                    f"{copy.volume.name} is a mirror of {copy.edge.source_text}, and {active.backend} serves {volume}"
                )
                self._refuse(copy.id.backend, volume, text, again)
        for target in standing.group.targets:
            place = CopyId(target.backend.name, volume)
            is_known = place == active or place in standing.copies or place in standing.hidden
            if standing.sites[place.backend].svm and not is_known:
                self._refuse(place.backend, volume, f"{place.backend} holds no copy of {volume}", _apply(standing))

    def _is_mirrored(self, volume: str, active: CopyId) -> bool:
        """Whether there is a mirror, or may be one behind a record that cannot be read."""
        copies = self.situation.now.copies_of(volume)
        is_hidden = any(each.volume == volume for each in self.situation.now.hidden)
        return is_hidden or any(copy.edge and copy.edge.source == active and not copy.is_writable for copy in copies)

    def _refuse(self, backend: str | None, volume: str, text: str, hint: str | None) -> None:
        self.refusals.append(Refusal(volume=volume, backend=backend, text=text, hint=hint))

    def _plan_mirror(self, copy: Copy, edge: Edge) -> None:
        relationship, volume = edge.relationship, copy.id.volume
        backend = self.situation.now.group.backend(copy.id.backend)
        if self._refused(copy, relationship):
            return
        age = f", its copy is {duration_text(relationship.lag)} old" if relationship.lag is not None else ""
        if carry_once(self.due, self.situation, backend, copy, (_WAIT_FIRST, _START, _AWAIT), f"{volume}{age}"):
            return
        if failure := transfer_failure(copy):
            self._refuse(backend.name, volume, *failure)
        else:
            self.holds.add(copy.id)

    def _refused(self, copy: Copy, relationship: Relationship) -> bool:
        """Whether an update of this mirror would carry nothing, and why."""
        standing, volume, backend = self.situation.now, copy.id.volume, copy.id.backend
        if relationship.state not in RECEIVING:
            paused = paused_of(copy.mark) if relationship.state is MirrorState.PAUSED else None
            text = f"the mirror of {volume} is {paused.text if paused else relationship.state}: it takes no update"
            mends = f"datamotion plan {standing.group.name} shows what would mend that"
            hint = f"datamotion resume {standing.group.name} --at {backend} resumes it" if paused else mends
            self._refuse(backend, volume, text, hint)
            return True
        site = standing.sites[backend]
        policy = None
        if isinstance(site.seen, ClusterView):
            policy = site.seen.policy(relationship.policy, relationship.destination.svm)
        if policy is not None and not policy.takes_snapshots:
            self._refuse(
                backend,
                volume,
                f"policy {policy.name} of the mirror of {volume} is a vault's: it carries labelled snapshots only,"
                " and an update not the newest writes",
                "take a snapshot with one of the policy's labels at the source, or give the target a mirroring policy",
            )
            return True
        return False


def group_refusal(standing: Standing) -> Refusal | None:
    """Why nothing is carried anywhere: who serves is not known, or cannot be seen."""
    if refusal := unsettled(standing):
        return refusal
    if not standing.volumes:
        unseen = [(site.backend.name, site.unseen) for site in standing.sites.values() if site.unseen]
        reasons = "".join(f"; {name}: {each.reason}" for name, each in unseen)
        text = f"nothing of {standing.group.name} is protected, as far as was seen{reasons}"
        hint = (unseen[0][1].hint if unseen else None) or _apply(standing)
        return Refusal(text=text, hint=hint, unseen=unseen[0][1] if unseen else None)
    served_at = {active.backend for active in standing.active.values() if active is not None}
    unseen_sites = [standing.sites[name] for name in sorted(served_at) if standing.sites[name].unseen is not None]
    if unseen_sites and len(unseen_sites) == len(served_at):
        site = unseen_sites[0]
        assert site.unseen is not None
        text = f"{site.backend.name}, which serves {standing.group.name}, cannot be seen: {site.unseen.reason}"
        return Refusal(text=text, hint=site.unseen.hint, unseen=site.unseen)
    return None


def _left_out(standing: Standing) -> Iterator[Remark]:
    """Where copies are that no update reaches, since they are no mirrors of what is served."""
    found: dict[tuple[str, str], list[str]] = {}
    for copy in standing.copies.values():
        if copy.role in _NO_MIRRORS:
            found.setdefault((copy.id.backend, copy.role), []).append(copy.id.volume)
    for (backend, role), volumes in found.items():
        yield Remark(f"{backend}: nothing is carried to {names_text(volumes)}, {role} there.")


def _apply(standing: Standing) -> str:
    return f"datamotion apply {standing.group.name} sets the mirrors up"
