"""Mirrors whose sources have more constituents: an update of an initialized one adds as many to it."""

from __future__ import annotations

from datamotion.model.acts import ActId
from datamotion.model.group import Backend
from datamotion.model.mirror_acts import AwaitIdle, AwaitTransfer, StartTransfer
from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import Copy
from datamotion.policy.copies.geometry import Geometry
from datamotion.policy.copies.health import ailment, transfer_failure
from datamotion.policy.mirrors.update import has_ended, relationship_of
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.situation import Situation
from datamotion.policy.steps import GOES_ON, Phase, StepList

_IDLE = Phase(
    rank=44,
    title="Wait for running transfers",
    because="a relationship has one at a time",
    awaits=(AwaitIdle,),
    way_out="`datamotion abort` stops the transfer, which keeps its checkpoint",
)
_EXPAND = Phase(rank=44, title="Expand", because="their sources have more constituents: an update adds as many to them")
_EXPANDED = Phase(
    rank=45,
    title="Wait until they are expanded",
    because="it is done once the update has ended",
    awaits=(AwaitTransfer,),
    way_out=f"`volume expand` at the cluster; {GOES_ON}",
)


def expand(
    due: StepList, situation: Situation, backend: Backend, mirror: Copy, relationship: Relationship, geometry: Geometry
) -> Obstacle | None:
    """An update of it is due, or runs; or this run had one that has ended, and did not expand it: why."""
    volume, uuid = mirror.id.volume, relationship.uuid
    before = situation.accepted.get(ActId(backend.cluster, backend.name, volume, StartTransfer))
    if before is None:
        if relationship.is_transferring:
            due.add(_IDLE, backend, volume, AwaitIdle(uuid=uuid), volume)
        exported, transfer = relationship.exported_snapshot, relationship.transfer
        ended_at = transfer.ended_at if transfer else None
        start = StartTransfer(uuid=uuid, exported=exported, ended_at=ended_at, expands=True)
        due.add(_EXPAND, backend, volume, start, f"{volume}: {mirror.volume.name} has {geometry.text}")
        return None
    earlier = relationship_of(before, mirror)
    if has_ended(earlier, relationship):
        reason = transfer_failure(mirror) or ailment(mirror)
        text = reason.text if reason else "an update has ended and added none"
        hint = reason.hint if reason else "`volume expand` at its cluster does what the update should have"
        return f"the mirror of {volume} has {geometry.text}: {text}", hint
    exported = earlier.exported_snapshot if earlier else None
    due.add(_EXPANDED, backend, volume, AwaitTransfer(uuid=uuid, exported=exported, expands=True), volume)
    return None
