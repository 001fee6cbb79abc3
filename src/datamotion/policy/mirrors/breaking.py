"""Making the destination of a mirror writable, for a failover, or by itself without anything being served from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from datamotion.model.group import Group
from datamotion.model.mirror_acts import AbortTransfer, AwaitIdle, Break, Pause
from datamotion.model.plan import Plan
from datamotion.model.remark import Remark
from datamotion.model.standing import FENCE, Copy, Standing
from datamotion.model.units import age_text, moment_text
from datamotion.model.volume_records import Snapshot
from datamotion.model.words import MirrorState, Operation, VolumeState
from datamotion.policy.copies.ages import misjudged, taken_at
from datamotion.policy.copies.target import unbreakable
from datamotion.policy.epochs import mirrors_seen_at
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import Obstacle, unknown_server
from datamotion.policy.selection import Selection, frozen, select
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_LAND = Phase(
    rank=36,
    title="Wait for running transfers to land",
    because="what they carry is not lost then; one that moves no more, or takes longer than `--grace`, is aborted",
    awaits=(AwaitIdle,),
    way_out="end it (Ctrl-C) and run it again without `--grace`: they are aborted then",
)
_ABORT = Phase(rank=37, title="Abort running transfers", because="a break waits for them, and their source may be gone")
_PAUSE = Phase(rank=38, title="Pause mirrors", because="no new transfer may start while they are broken off")
BREAKING = "Break mirrors off"
_BREAK = Phase(rank=42, title=BREAKING, because="each destination becomes writable")
_TO_MOVE = timedelta(seconds=5)  # within which a transfer that moves is seen to


def break_off(
    due: StepList,
    standing: Standing,
    copy: Copy,
    *,
    with_all: bool = False,
    lands_until: datetime | None = None,
    at: Snapshot | None = None,
) -> None:
    """What is left to do until a mirror can be written. `with_all`: it holds all of its source by then.

    A transfer that runs is waited for until `lands_until`; None: it is aborted. `at` is the snapshot that it goes back
    to; None: the one that it exports.
    """
    assert copy.edge is not None
    backend, volume, relationship = standing.sites[copy.id.backend].backend, copy.id.volume, copy.edge.relationship
    if relationship.is_transferring and lands_until is not None:
        wait = AwaitIdle(uuid=relationship.uuid, until=lands_until)
        due.add(_LAND, backend, volume, wait, f"{volume}: until {lands_until:%H:%M:%S} UTC at most")
    elif relationship.is_transferring and relationship.transfer and relationship.transfer.uuid:
        abort = AbortTransfer(relationship_uuid=relationship.uuid, transfer_uuid=relationship.transfer.uuid)
        due.add(_ABORT, backend, volume, abort, f"{volume}: abort the transfer that runs")
    if relationship.state not in (MirrorState.PAUSED, MirrorState.BROKEN_OFF):
        text = f"{volume}: pause {relationship.destination}, which is {relationship.state}"
        due.add(_PAUSE, backend, volume, Pause(uuid=relationship.uuid), text)
    age = f", as its source was {age_text(copy.lag)} ago" if copy.lag is not None else ""
    state = "with every write of its source" if with_all else f"at {relationship.exported_snapshot}{age}"
    if at is not None:
        when = taken_at(standing, copy, at)
        own = "" if when is not None else f", by its own clock: {misjudged(standing, copy, at)}"
        state = f"at {at.name}, as of {moment_text(when or at.created_at, to_seconds=True)}{own}"
    text = f"{volume}: {relationship.destination} becomes writable {state}"
    restore_to = at.name if at is not None and at.name != relationship.exported_snapshot else None
    due.add(_BREAK, backend, volume, Break(uuid=relationship.uuid, restore_to=restore_to), text)


def break_planner(group: Group, selection: Selection) -> Planner:
    """The planner for `datamotion break`, of volumes at one back end."""

    def plan(situation: Situation) -> Plan:
        standing, due = situation.now, StepList()
        title = f"Break mirrors of {group.name} off at {selection.at}"
        if refusals := frozen(standing):
            return Plan(operation=Operation.BREAK, group=group.name, title=title, refusals=refusals)
        selected = select(standing, selection, lambda copy: _obstacle(standing, copy))
        to_break = [copy for copy in selected.copies if not copy.is_writable]
        for copy in to_break:
            break_off(due, standing, copy)
        return Plan(
            operation=Operation.BREAK,
            group=group.name,
            title=title,
            steps=due.steps(),
            refusals=selected.refusals,
            notes=tuple(_notes(standing, to_break)),
            holds=frozenset(copy.id for copy in selected.copies if copy.is_writable),
        )

    return plan


def _obstacle(standing: Standing, copy: Copy) -> Obstacle | None:
    """Why a copy is not broken off: where nobody can tell who serves, one more that can be written helps nobody."""
    volume, group = copy.id.volume, standing.group.name
    if copy.is_writable:
        return None
    if standing.active[volume] is None:
        return unknown_server(standing, volume)
    if copy.edge is None:
        return "it is read-only, and no relationship ends in it", f"datamotion apply {group} makes it a mirror again"
    if copy.volume.state is not VolumeState.ONLINE:
        return f"its volume {copy.volume.name} is {copy.volume.state}", "bring the volume online"
    if why := unbreakable(copy.edge):
        return why, f"datamotion status {group} shows what it is"
    return None


def _notes(standing: Standing, to_break: Sequence[Copy]) -> Iterator[Remark]:
    if not to_break:
        return
    group, at = standing.group.name, to_break[0].id.backend
    again = (
        f"datamotion resync {group} --at {at} makes it a mirror again, and gives up what is written at {at} until then"
    )
    yield Remark("Nothing is served from it, and no transfer arrives any more.", again)
    if mounted := [copy for copy in to_break if copy.volume.path and copy.volume.export != FENCE]:
        names = names_text([copy.id.volume for copy in mounted])
        yield Remark(f"{names} is mounted at {at}: clients that come to it there can write from the break on.")
    if ahead := [copy.id.volume for copy in to_break if copy.volume.path and copy.volume.export == FENCE]:
        yield Remark(
            f"{names_text(ahead)} is mounted ahead at {at}: no NFS client comes in, and SMB hosts with a share can"
            " write from the break on, unless export policies bind them there (`is-export-policy-enabled`)."
        )


def landing_until(situation: Situation, copy: Copy, grace: timedelta) -> datetime | None:
    """Up to when a transfer may land that runs; None: it has no time, or has not moved for what it has had of it."""
    began, now = (mirrors_seen_at(each, copy.id.backend) for each in (situation.first, situation.now))
    has_moved = _bytes(copy) != _bytes(situation.first.copies.get(copy.id))
    return began + grace if now < began + (grace if has_moved else min(grace, _TO_MOVE)) else None


def _bytes(copy: Copy | None) -> int | None:
    transfer = copy.edge.relationship.transfer if copy is not None and copy.edge is not None else None
    return transfer.bytes_transferred if transfer is not None else None
