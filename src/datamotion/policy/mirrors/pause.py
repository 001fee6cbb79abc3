"""Pausing mirrors, and resuming them.

That a mirror was paused, by whom, when and why, stands in the mark of its volume before it is: an `apply` at any moment
leaves it paused. A transfer that runs when a mirror is paused is waited for, and aborted after a time; what it has
carried by then stays as its checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from datamotion.model.acts import ActId
from datamotion.model.group import Backend, Group
from datamotion.model.mark import LONGEST_COMMENT
from datamotion.model.mirror_acts import AbortTransfer, AwaitIdle, Pause, Resume
from datamotion.model.mirror_records import Relationship
from datamotion.model.paused import Paused, paused_of, with_paused
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.units import duration_text
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState, Operation, Role
from datamotion.policy.epochs import mirrors_seen_at
from datamotion.policy.needs import mark_of, names_text
from datamotion.policy.selection import Selection, frozen, mirror_obstacle, select
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_NOTE = Phase(rank=1, title="Note who pauses them", because="apply leaves them paused by that, and status names it")
_ABORT = Phase(rank=2, title="Abort transfers", because="they were waited for long enough; checkpoints are kept")
_PAUSE = Phase(rank=3, title="Pause mirrors", because="no new transfer starts from then on")
_WAIT = Phase(
    rank=4,
    title="Wait for running transfers",
    because="they end first; after `--timeout` they are aborted, with their checkpoints kept",
    awaits=(AwaitIdle,),
    way_out="a shorter `--timeout`, or `datamotion abort`; ended (Ctrl-C), the cluster pauses them all the same",
)
_RESUME = Phase(rank=1, title="Resume mirrors", because="a paused mirror receives nothing and grows old")
_CLEAR = Phase(rank=2, title="Clear who paused them", because="they are not paused any more")


def pause_planner(group: Group, selection: Selection, *, reason: str | None, timeout: timedelta) -> Planner:
    """The planner for `datamotion pause`."""

    def plan(situation: Situation) -> Plan:
        title = f"Pause mirrors of {group.name}{_where(selection)}"
        if refusals := frozen(situation.now):
            return Plan(operation=Operation.PAUSE, group=group.name, title=title, refusals=refusals)
        selected = select(situation.now, selection, lambda copy: mirror_obstacle(group.name, copy))
        pausing = _Pausing(situation, reason, timeout)
        for copy in selected.copies:
            pausing.plan(copy)
        return Plan(
            operation=Operation.PAUSE,
            group=group.name,
            title=title,
            steps=pausing.due.steps(),
            refusals=(*selected.refusals, *pausing.refusals),
            notes=(*selected.notes, *paused_notes(group.name, selected.copies)),
            holds=frozenset(pausing.holds),
        )

    return plan


@dataclass(slots=True)
class _Pausing:
    situation: Situation
    reason: str | None
    timeout: timedelta
    due: StepList = field(default_factory=StepList)
    refusals: list[Refusal] = field(default_factory=list)
    holds: set[tuple[str, str | None]] = field(default_factory=set)

    def plan(self, copy: Copy) -> None:
        """What is left to do until this mirror is paused, and says so."""
        assert copy.edge is not None
        relationship = copy.edge.relationship
        if paused_of(copy.mark) is None:
            if (noted := self._noted(copy)) is None:
                return
            backend = self.situation.now.group.backend(copy.id.backend)
            self.due.add(_NOTE, backend, copy.id.volume, noted, f"{copy.id.volume}: by {self.situation.by}")
        elif relationship.state is MirrorState.PAUSED:
            self.holds.add(copy.id)
        if relationship.state is not MirrorState.PAUSED:
            self._pause(copy, relationship)

    def _noted(self, copy: Copy) -> ModifyVolume | None:
        """The change of its mark; None where that is refused."""
        volume, standing = copy.volume, self.situation.now
        known = mark_of(standing, copy.id.volume)
        mark = copy.mark or (known and replace(known, qtrees=None, luns=None, epoch=None))
        at = mirrors_seen_at(self.situation.first, copy.id.backend)
        if mark is None:
            hint = f"datamotion apply {standing.group.name} marks it"
            self._refuse(copy, f"{volume.name} has no mark that could say who paused it", hint)
            return None
        mark = with_paused(mark, Paused.now(at, self.situation.by, self.reason))
        if not mark.fits(volume.comment):
            self._refuse(
                copy,
                f"the comment of {volume.name} leaves no room for who paused it and why: with that, it would pass the"
                f" {LONGEST_COMMENT} bytes that ONTAP takes",
                "give a shorter --reason, or shorten what people wrote there; it is never cut",
            )
            return None
        return ModifyVolume(uuid=volume.uuid, comment=mark.write(volume.comment))

    def _pause(self, copy: Copy, relationship: Relationship) -> None:
        backend, volume = self.situation.now.group.backend(copy.id.backend), copy.id.volume
        transfer = relationship.transfer if relationship.is_transferring else None
        asked = ActId(backend.cluster, backend.name, volume, Pause) in self.situation.accepted
        until = mirrors_seen_at(self.situation.first, backend.name) + self.timeout
        is_late = mirrors_seen_at(self.situation.now, backend.name) >= until
        if transfer is not None and asked and is_late:
            if transfer.uuid is None:
                text = f"the transfer of {volume} has not ended for {duration_text(self.timeout)}, and has no name yet"
                self._refuse(copy, text, "run the same command again: it goes on from what is there")
                return
            abort = AbortTransfer(relationship_uuid=relationship.uuid, transfer_uuid=transfer.uuid)
            self.due.add(_ABORT, backend, volume, abort, f"{volume}: abort the transfer that runs")
        elif transfer is not None:
            because = (
                f"they end first; after {duration_text(self.timeout)} they are aborted, with their checkpoints kept"
            )
            wait = replace(_WAIT, rank=2 if asked else 4, because=because)
            self.due.add(wait, backend, volume, AwaitIdle(uuid=relationship.uuid, until=until), volume)
        during = (transfer.uuid or transfer.state) if transfer is not None else None
        change = Pause(uuid=relationship.uuid, during=during)
        text = f"{volume}: pause {relationship.destination}, which is {relationship.state}"
        self.due.add(_PAUSE, backend, volume, change, text)

    def _refuse(self, copy: Copy, text: str, hint: str) -> None:
        self.refusals.append(Refusal(volume=copy.id.volume, backend=copy.id.backend, text=text, hint=hint))


def resume_planner(group: Group, selection: Selection) -> Planner:
    """The planner for `datamotion resume`."""

    def plan(situation: Situation) -> Plan:
        due, holds = StepList(), set[CopyId]()
        selected = select(situation.now, selection, lambda copy: mirror_obstacle(group.name, copy))
        for copy in selected.copies:
            assert copy.edge is not None
            backend, relationship = group.backend(copy.id.backend), copy.edge.relationship
            if relationship.state is MirrorState.PAUSED:
                age = f", {duration_text(copy.lag)} old by now" if copy.lag is not None else ""
                text = f"{copy.id.volume}: {relationship.destination}{age}"
                due.add(_RESUME, backend, copy.id.volume, Resume(uuid=relationship.uuid), text)
            if copy.mark is not None and (paused := paused_of(copy.mark)):
                comment = with_paused(copy.mark, None).write(copy.volume.comment)
                change = ModifyVolume(uuid=copy.volume.uuid, comment=comment)
                due.add(_CLEAR, backend, copy.id.volume, change, f"{copy.id.volume}: {paused.text}")
            elif relationship.state is not MirrorState.PAUSED:
                holds.add(copy.id)
        return Plan(
            operation=Operation.RESUME,
            group=group.name,
            title=f"Resume mirrors of {group.name}{_where(selection)}",
            steps=due.steps(),
            refusals=selected.refusals,
            notes=selected.notes,
            holds=frozenset(holds),
        )

    return plan


def resume_stray(due: StepList, phase: Phase, backend: Backend, volume: str, relationship: Relationship) -> None:
    """A mirror that is paused goes on, which nobody paused by `pause`."""
    age = f", {duration_text(relationship.lag)} old by now" if relationship.lag is not None else ""
    due.add(phase, backend, volume, Resume(uuid=relationship.uuid), f"{volume}: {relationship.destination}{age}")


def paused_on_purpose(copy: Copy) -> Paused | None:
    """Who paused a mirror, when and why, where `pause` did it."""
    is_paused = copy.role is Role.MIRROR and copy.edge and copy.edge.relationship.state is MirrorState.PAUSED
    return paused_of(copy.mark) if is_paused else None


def paused_notes(group: str, mirrors: Iterable[Copy]) -> Iterator[Remark]:
    """Which of these are paused, and by whom, where `pause` did it."""
    for (backend, paused), volumes in _by_pause(mirrors):
        text = f"{backend}: {names_text(volumes)}: left as it is, {paused.text}."
        yield Remark(text, f"datamotion resume {group} ends that")


def ended_pauses(mirrors: Iterable[Copy], why: str, hint: str | None = None) -> Iterator[Remark]:
    """The same of those that do not stay paused, and why not."""
    for (backend, paused), volumes in _by_pause(mirrors):
        yield Remark(f"{backend}: {names_text(volumes)}: {paused.text}, which ends: {why}.", hint)


def pauses_again(standing: Standing) -> str:
    return f"datamotion pause {standing.group.name} pauses it again"


def _by_pause(mirrors: Iterable[Copy]) -> Iterable[tuple[tuple[str, Paused], list[str]]]:
    found: dict[tuple[str, Paused], list[str]] = {}
    for copy in mirrors:
        if paused := paused_on_purpose(copy):
            found.setdefault((copy.id.backend, paused), []).append(copy.id.volume)
    return found.items()


def _where(selection: Selection) -> str:
    return f" at {selection.at}" if selection.at else ""
