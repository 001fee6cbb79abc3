"""First transfers into one target: begun in their turn, awaited, and what is not there to fail over to meanwhile."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.acts import ActId
from datamotion.model.group import Target
from datamotion.model.mirror_acts import AwaitTransfer, Initialize
from datamotion.model.mirror_records import Relationship
from datamotion.model.plan import Loss
from datamotion.model.standing import Copy
from datamotion.model.units import size_text
from datamotion.model.words import Role
from datamotion.policy.copies.health import EMPTY_BYTES, transfer_failure
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.protect.turns import First, turns
from datamotion.policy.situation import Situation
from datamotion.policy.steps import GOES_ON, Phase, StepList

_INITIALIZE = Phase(rank=44, title="Initialize", because="the destinations hold no copy of what is served now")
_TAKE_UP = Phase(
    rank=44,
    title="Take up again",
    because="their relationships are gone: from a snapshot that both ends hold, or anew where there is none",
)
_TURN = Phase(
    rank=45,
    title="Wait for their turn",
    because="the cluster carries as many at once as `transfers_at_once` says: what `first` names, then the smallest",
    awaits=(AwaitTransfer,),
    way_out="a larger `transfers_at_once` of the cluster, or `first` of the group; ended (Ctrl-C), the same command"
    " goes on with those that are left",
)
_AWAIT = Phase(
    rank=45,
    title="Wait for the first transfers",
    because="until then there is nothing to fail over to",
    awaits=(AwaitTransfer,),
    way_out=f"{GOES_ON}; `datamotion abort` stops them, with their checkpoints kept",
)


class FirstTransfers:
    """Those that are left to do, and then are added to a list; `losses` are the copies that go meanwhile."""

    def __init__(self, situation: Situation, target: Target, due: StepList) -> None:
        self._situation = situation
        self._target = target
        self._backend = target.backend
        self._due = due
        self._waiting: list[First] = []
        self.losses: list[Loss] = []

    def add(self, copy: Copy, mirror: Copy | None) -> None:
        """Into a mirror that is there or, None, is to be made."""
        self._waiting.append(First(copy, mirror))

    def go_on(self, copy: Copy, mirror: Copy, relationship: Relationship) -> Obstacle | None:
        """It is due; or it runs; or this run has started it already and it has come to nothing: why."""
        volume = copy.id.volume
        if relationship.is_transferring:
            change = AwaitTransfer(uuid=relationship.uuid, exported=None)
            self._due.add(_AWAIT, self._backend, volume, change, volume)
            return None
        asked = ActId(self._backend.cluster, self._backend.name, volume, Initialize) in self._situation.accepted
        if asked and (failure := transfer_failure(mirror)):
            return failure
        self.add(copy, mirror)
        return None

    def plan(self) -> None:
        """As many as there is room for begin; the others wait for their turn."""
        turn = turns(self._situation, self._target, self._due, self._waiting)
        for first in self._waiting:
            self._plan_one(first, turn)

    def _plan_one(self, first: First, turn: Collection[str]) -> None:
        copy, mirror = first
        volume, phase = copy.id.volume, _INITIALIZE
        relationship = mirror.edge.relationship if mirror and mirror.edge else None
        uuid = relationship.uuid if relationship else None
        if mirror is not None and mirror.volume.used_bytes > EMPTY_BYTES and not _was_begun(mirror):
            self.lose_meanwhile(copy, mirror)
            phase = _TAKE_UP
        if volume in turn:
            text = f"{volume}: at most {size_text(copy.volume.used_bytes)} to copy"
            self._due.add(phase, self._backend, volume, Initialize(uuid=uuid), text)
        change = AwaitTransfer(uuid=uuid, exported=relationship.exported_snapshot if relationship else None)
        self._due.add(_AWAIT if volume in turn else _TURN, self._backend, volume, change, volume)

    def lose_meanwhile(self, copy: Copy, mirror: Copy, what: str = "") -> None:
        """A copy without its relationship: until the transfer has ended there is none to fail over to."""
        name = self._backend.name
        others = [
            each.id.backend
            for each in self._situation.now.copies_of(copy.id.volume)
            if each.id != mirror.id and each.role is Role.MIRROR and each.edge and each.edge.holds_copy
        ]
        left = f"; {' and '.join(others)} has one" if others else ", nor is there one anywhere else"
        text = f"{what}until its first transfer has ended {name} holds no copy to fail over to{left}"
        self.losses.append(Loss(volume=copy.id.volume, backend=name, given_up_at=name, kept=None, age=None, text=text))


def _was_begun(mirror: Copy) -> bool:
    """Whether a first transfer was begun: what the destination held before is gone by then."""
    return mirror.edge is not None and mirror.edge.relationship.transfer is not None
