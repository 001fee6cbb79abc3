"""Updates that an `apply` begins itself: where the source of a mirror has more constituents, and one more try where the
last transfer into it failed. A run begins one of a mirror, and no more.
"""

from __future__ import annotations

from datamotion.model.group import Backend
from datamotion.model.mirror_acts import AwaitIdle, AwaitTransfer
from datamotion.model.standing import Copy
from datamotion.policy.copies.geometry import Geometry
from datamotion.policy.copies.health import ailment, another_may_do, transfer_failure
from datamotion.policy.mirrors.transfers import asked_before, carry_once
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
_AGAIN = Phase(
    rank=44,
    title="Transfer again",
    because="their last transfers failed: until one comes to its end they grow old; what they hold stays",
)
_AWAIT = Phase(
    rank=45,
    title="Wait for the transfers",
    because="one that fails again is told, and left to a later run",
    awaits=(AwaitTransfer,),
    way_out=GOES_ON,
)


def expand(due: StepList, situation: Situation, backend: Backend, mirror: Copy, geometry: Geometry) -> Obstacle | None:
    """An update of it is due, or runs; or this run had one that has ended, and did not expand it: why."""
    text = f"{mirror.id.volume}: {mirror.volume.name} has {geometry.text}"
    if carry_once(due, situation, backend, mirror, (_IDLE, _EXPAND, _EXPANDED), text, expands=True):
        return None
    reason = transfer_failure(mirror) or ailment(mirror)
    failure = reason.text if reason else "an update has ended and added none"
    hint = reason.hint if reason else "`volume expand` at its cluster does what the update should have"
    return f"the mirror of {mirror.id.volume} has {geometry.text}: {failure}", hint


def try_again(due: StepList, situation: Situation, backend: Backend, mirror: Copy) -> bool:
    """Whether one more transfer into it is due, or runs; False too where this run had one that has ended."""
    if asked_before(situation, backend, mirror) is not None:
        return carry_once(due, situation, backend, mirror, (_IDLE, _AGAIN, _AWAIT), mirror.id.volume)
    ill = ailment(mirror)
    if ill is None or not another_may_do(mirror):
        return False
    return carry_once(due, situation, backend, mirror, (_IDLE, _AGAIN, _AWAIT), f"{mirror.id.volume}: {ill.text}")
