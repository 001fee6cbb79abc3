"""Drills: FlexClones of mirrors, served beside them under a path of their own. Nothing of the mirrors is changed.

started again by who started it, alike    it goes on with it: what is served already stays
started by somebody else, or elsewhere    refused at that back end, naming the first; another back end is free
started at another snapshot               refused, naming the one that is served
over its time                             removed by the next run that changes its group, or by `gc`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

from datamotion.model.drilled import Drilled
from datamotion.model.group import Backend, Group
from datamotion.model.plan import Plan, RecoveryPoint, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, Site, Standing
from datamotion.model.units import count_text, duration_text, moment_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import CloneVolume
from datamotion.model.volume_records import Snapshot, Volume
from datamotion.model.words import Operation, Role
from datamotion.policy.copies.ages import age_of
from datamotion.policy.copies.common import snapshot_named, snapshots_of
from datamotion.policy.copies.junctions import taken_paths
from datamotion.policy.copies.target import Candidate, Terms, assess, best_of
from datamotion.policy.drills.clones import drills_at
from datamotion.policy.needs import export_policies, names_text, opening, path_of
from datamotion.policy.obstacles import no_clones
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_SAFE_RELEASE = (9, 12, 1)  # from it on a clone of a MirrorAllSnapshots mirror stops no update (documented)
_SNAPMIRROR = "snapmirror."  # what the names of snapshots begin with that relationships made for themselves
_SERVE = Phase(
    rank=10,
    title="Serve clones of mirrors",
    because="clients and checks see what a failover would serve; the mirrors go on",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillChoice:
    """What the operator asked for. `to` None: as a failover would choose; `snapshot` None: the newest that fits."""

    to: str | None = None
    snapshot: str | None = None
    prefix: str = "/drill"
    keep_for: timedelta = timedelta(hours=2)


def start_planner(group: Group, choice: DrillChoice) -> Planner:
    """The planner for `datamotion drill start`."""

    def plan(situation: Situation) -> Plan:
        title = f"Drill: serve clones of {group.name}"
        chosen = _choose(situation.first, choice, situation.agreed)
        if isinstance(chosen, Refusal):
            return Plan(operation=Operation.DRILL, group=group.name, title=title, refusals=(chosen,))
        starting = _Starting(situation, choice, chosen.backend)
        if refusal := starting.another():
            return Plan(operation=Operation.DRILL, group=group.name, title=title, refusals=(refusal,))
        for volume in situation.now.volumes:
            starting.plan(volume)
        return Plan(
            operation=Operation.DRILL,
            group=group.name,
            title=f"{title} at {chosen.name}, below {choice.prefix}",
            steps=starting.due.steps(),
            refusals=tuple(starting.refusals),
            notes=tuple(starting.notes()),
            recovery_points=tuple(starting.points),
            holds=frozenset(starting.holds),
            backend=chosen.name,
        )

    return plan


def _choose(standing: Standing, choice: DrillChoice, agreed: str | None) -> Candidate | Refusal:
    """Where to: the one that was agreed to, else the best mirror, as a failover chooses."""
    group, moving = standing.group, {v: active.backend for v, active in standing.active.items() if active is not None}
    serving = set(moving.values())
    names = [each.name for each in (*(target.backend for target in group.targets), group.home)]
    if choice.to is not None:
        names = [choice.to]
    candidates = [assess(standing, name, moving, Terms()) for name in names if name not in serving]
    chosen = best_of(candidates, agreed) if choice.to is None else next(iter(candidates), None)
    if chosen is None and choice.to is None:
        chosen = next((each for each in candidates if each.why_not is None), None)
    if chosen is None or chosen.why_not:
        why = "; ".join(f"{each.name}: {each.why_not or each.shortfall}" for each in candidates)
        why = why or (f"{choice.to} serves it" if choice.to else "nothing mirrors it")
        unseen = next((each.unseen for each in candidates if each.unseen), None)
        text = f"no mirror of {group.name} can be drilled: {why}"
        return Refusal(text=text, hint=f"datamotion status {group.name} shows its mirrors", unseen=unseen)
    return chosen


@dataclass(slots=True)
class _Starting:
    situation: Situation
    choice: DrillChoice
    backend: Backend
    due: StepList = field(default_factory=StepList)
    refusals: list[Refusal] = field(default_factory=list)
    points: list[RecoveryPoint] = field(default_factory=list)
    holds: set[tuple[str, str | None]] = field(default_factory=set)
    _unmounted: list[str] = field(default_factory=list)
    _based: list[str] = field(default_factory=list)

    @property
    def _site(self) -> Site:
        return self.situation.now.sites[self.backend.name]

    def _running(self) -> dict[str, tuple[Volume, Drilled]]:
        group = self.situation.now.group.name
        return {each[1].volume: each for each in drills_at(self._site) if each[1].group == group}

    def _by(self) -> str:
        return self.situation.by.partition(", process ")[0]

    def another(self) -> Refusal | None:
        """Why this one is not begun beside another one that runs."""
        group, name = self.situation.now.group.name, self.backend.name
        for volume, drilled in self._running().values():
            is_below = not volume.path or volume.path.casefold().startswith(f"{self.choice.prefix}/".casefold())
            if drilled.by != self._by() or not is_below:
                since = moment_text(drilled.since)
                text = f"a drill of {group} runs at {name} since {since}, by {drilled.by} ({volume.name})"
                hint = f"datamotion drill stop {group} ends it; or drill elsewhere with --to"
                return Refusal(text=text, hint=hint)
            wanted = self.choice.snapshot
            if wanted is not None and drilled.snapshot != wanted:
                serves = drilled.snapshot or "a snapshot that its clone does not tell"
                text = f"the drill of {group} that runs at {name} serves {serves} ({volume.name}), not {wanted}"
                start = f"datamotion drill start {group} --to {name} --at {wanted}"
                return Refusal(text=text, hint=f"datamotion drill stop {group}; then {start}; or elsewhere with --to")
        why_none = no_clones(self._site)
        return Refusal(text=why_none, hint="install it") if why_none else None

    def plan(self, volume: str) -> None:
        standing, name = self.situation.now, self.backend.name
        copy = standing.copy(name, volume)
        if copy is None or copy.role is not Role.MIRROR or copy.edge is None or not copy.edge.holds_copy:
            what = f"it is {copy.role}" if copy else "there is none"
            self._refuse(volume, f"no mirror of it that holds a copy can be cloned: {what}")
            return
        if volume in self._running():
            self.holds.add((name, volume))
            return
        snapshot = self._snapshot(copy)
        if snapshot is None:
            wanted = self.choice.snapshot or "any snapshot"
            hint = f"it holds {names_text([each.name for each in snapshots_of(standing, copy)]) or 'none'}"
            self._refuse(volume, f"its mirror does not hold {wanted}", hint)
            return
        path = self._path(volume)
        if path and (other := taken_paths(self._site).get(path.casefold())):
            self._refuse(volume, f"{path} is taken by {other}", "--prefix names another")
            return
        self._clone(copy, snapshot, path)

    def _refuse(self, volume: str, text: str, hint: str | None = None) -> None:
        self.refusals.append(Refusal(volume=volume, backend=self.backend.name, text=text, hint=hint))

    def _clone(self, copy: Copy, snapshot: Snapshot, path: str | None) -> None:
        volume, site = copy.id.volume, self._site
        age = age_of(self.situation.now, copy, snapshot)
        old = f", {duration_text(age)} old" if age is not None else ""
        change = CloneVolume(
            volume=self._free_name(copy),
            svm=self.backend.svm,
            parent_uuid=copy.volume.uuid,
            snapshot=snapshot.name,
            comment=self._mark(volume)._replace(snapshot=snapshot.name).write(),
            path=path,
            export=opening(self.situation.now, copy, export_policies(site)) or copy.volume.export,
        )
        where = f"at {path}, export policy {change.export or 'none'}" if path else "mounted nowhere, as its source"
        text = f"{volume}: {change.volume} of {snapshot.name}{old}, {where}"
        depth = path.count("/") if path else 0
        phase = replace(_SERVE, rank=_SERVE.rank + depth)  # a junction may lie below another one
        self.due.add(phase, self.backend, volume, change, text)
        self.points.append(RecoveryPoint(volume=volume, snapshot=snapshot.name, age=age))
        if not path:
            self._unmounted.append(volume)
        if _is_base(copy, snapshot) and not self._is_harmless(copy):
            self._based.append(volume)

    def _mark(self, volume: str) -> Drilled:
        """All clones of a drill tell the same times, whichever run made them."""
        begun = next(iter(self._running().values()), None)
        if begun is not None:
            return begun[1]._replace(volume=volume)
        first = self.situation.first.sites[self.backend.name].seen
        assert isinstance(first, ClusterView)
        since = first.observed_at.replace(microsecond=0)
        group = self.situation.now.group.name
        return Drilled(group, volume, since, since + self.choice.keep_for, self._by())

    def _free_name(self, copy: Copy) -> str:
        taken = self._site.volumes
        names = (f"{copy.volume.name}_drill{'' if number == 1 else f'_{number}'}" for number in count(1))
        return next(each for each in names if each not in taken)

    def _path(self, volume: str) -> str | None:
        path = path_of(self.situation.now, volume).path
        return f"{self.choice.prefix}{path}" if path else None

    def _snapshot(self, copy: Copy) -> Snapshot | None:
        """The one that was named; else the newest that the source made itself, else the newest of all."""
        if self.choice.snapshot is not None:
            return snapshot_named(self.situation.now, copy, self.choice.snapshot)
        held = snapshots_of(self.situation.now, copy)
        return next((each for each in reversed(held) if not _is_base(copy, each)), held[-1] if held else None)

    def _is_harmless(self, copy: Copy) -> bool:
        seen = self._site.seen
        assert isinstance(seen, ClusterView)
        assert copy.edge is not None
        policy = seen.policy(copy.edge.relationship.policy, self.backend.svm)
        is_new = seen.identity is not None and seen.identity.version >= _SAFE_RELEASE
        return is_new and policy is not None and policy.copies_all

    def notes(self) -> Iterator[Remark]:
        group, name = self.situation.now.group.name, self.backend.name
        mark = self._mark("")
        until = mark.until
        if (kept := until - mark.since) != self.choice.keep_for:
            yield Remark(
                f"It was begun to be kept for {duration_text(kept)}, which stays so.",
                f"datamotion drill stop {group}, and start it anew, for another time",
            )
        yield Remark(
            f"After {moment_text(until)} the next run that changes {group} removes the clones, or gc.",
            f"datamotion drill stop {group} does at any time",
        )
        if self._based:
            yield Remark(
                f"{names_text(self._based)}: {count_text(len(self._based), 'mirror')} at {name} with no snapshot but"
                " SnapMirror's own to clone: updates may stop until the drill is stopped, before 9.12.1 and with other"
                " policies than MirrorAllSnapshots.",
                "A snapshot policy at the source makes others; --at names one",
            )
        if self._unmounted:
            yield Remark(f"{names_text(self._unmounted)}: cloned, and mounted nowhere, as the source is.")


def _is_base(copy: Copy, snapshot: Snapshot) -> bool:
    """Whether a relationship needs it: it exports it, or one made it for itself."""
    exported = copy.edge.relationship.exported_snapshot if copy.edge else None
    return snapshot.name == exported or snapshot.name.startswith(_SNAPMIRROR)
