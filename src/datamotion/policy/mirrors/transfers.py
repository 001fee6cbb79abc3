"""An update of a mirror that a run asks for once: begun, awaited, and told apart from what ran before."""

from __future__ import annotations

from datamotion.model.acts import ActId
from datamotion.model.group import Backend
from datamotion.model.mirror_acts import AwaitIdle, AwaitTransfer, StartTransfer
from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import Copy, Standing
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList


def carry_once(
    due: StepList,
    situation: Situation,
    backend: Backend,
    mirror: Copy,
    phases: tuple[Phase, Phase, Phase],
    text: str,
    *,
    expands: bool = False,
) -> bool:
    """Whether this run's update of it is due, or runs; False once it has ended, however it did.

    `phases`: in which a transfer that runs already is awaited, this one is begun, and it is awaited.
    """
    assert mirror.edge is not None
    idle, start, wait = phases
    relationship, volume = mirror.edge.relationship, mirror.id.volume
    before = asked_before(situation, backend, mirror)
    if before is None:
        if relationship.is_transferring:
            due.add(idle, backend, volume, AwaitIdle(uuid=relationship.uuid), volume)
        ended_at = relationship.transfer.ended_at if relationship.transfer else None
        exported = relationship.exported_snapshot
        change = StartTransfer(uuid=relationship.uuid, exported=exported, ended_at=ended_at, expands=expands)
        due.add(start, backend, volume, change, text)
        return True
    earlier = relationship_of(before, mirror)
    if has_ended(earlier, relationship):
        return False
    exported = earlier.exported_snapshot if earlier else None
    due.add(wait, backend, volume, AwaitTransfer(uuid=relationship.uuid, exported=exported, expands=expands), volume)
    return True


def asked_before(situation: Situation, backend: Backend, mirror: Copy) -> Standing | None:
    """How the group stood when this run asked for an update of it; None where it did not."""
    return situation.accepted.get(ActId(backend.cluster, backend.name, mirror.id.volume, StartTransfer))


def relationship_of(standing: Standing, copy: Copy) -> Relationship | None:
    """A copy's relationship as it stood."""
    earlier = standing.copies.get(copy.id)
    return earlier.edge.relationship if earlier and earlier.edge else None


def has_ended(before: Relationship | None, now: Relationship) -> bool:
    """Whether a transfer ended between two looks: its snapshot tells, or, where it left none, the time it ended."""
    if now.is_transferring:
        return False
    if before is None or before.exported_snapshot != now.exported_snapshot:
        return True
    ended_before = before.transfer.ended_at if before.transfer else None
    return now.transfer is not None and now.transfer.ended_at != ended_before
