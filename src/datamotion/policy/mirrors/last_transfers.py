"""The transfers of a planned failover: updates while clients write on, and the one that carries the last snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from datamotion.model.acts import ActId
from datamotion.model.mirror_acts import AwaitIdle, AwaitSnapshot, AwaitTransfer, StartTransfer
from datamotion.model.mirror_records import Relationship
from datamotion.model.plan import Gate
from datamotion.model.standing import Copy
from datamotion.model.units import age_text
from datamotion.model.volume_acts import TakeSnapshot
from datamotion.model.volume_records import Snapshot
from datamotion.policy.copies.common import snapshot_named
from datamotion.policy.copies.frozen import frozen_for
from datamotion.policy.copies.health import transfer_failure
from datamotion.policy.mirrors.transfers import has_ended, relationship_of
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_FROZEN = (
    "after `--frozen-for` it goes back by itself; `datamotion failover GROUP --abort` lets clients in again where it"
    " was cut short"
)
_RUNNING = "they began before this and lack the newest writes"
_IDLE = Phase(
    rank=-13,
    title="Wait for running transfers",
    because=_RUNNING,
    awaits=(AwaitIdle,),
    way_out="end it (Ctrl-C): clients were not kept away yet; `datamotion abort` stops the transfer",
)
_NEAR = Phase(rank=-12, title="Bring mirrors up to date", because="clients write on meanwhile, and wait less later")
_IS_NEAR = Phase(
    rank=-11,
    title="Wait for the updates",
    because="clients are kept away once little is left to carry",
    gate=Gate.ALL,
    awaits=(AwaitTransfer,),
    way_out="end it (Ctrl-C): clients were not kept away yet; a larger `--freeze-below` waits for less",
)
_LAST = Phase(rank=-5, title="Take the last snapshot", because="nobody writes any more: it holds all", gate=Gate.ALL)
_IDLE_AGAIN = Phase(rank=-4, title="Wait for running transfers", because=_RUNNING, awaits=(AwaitIdle,), way_out=_FROZEN)
_CARRY = Phase(rank=-3, title="Carry the last snapshot over", because="it is all that the mirrors lack")
_CARRIED = Phase(
    rank=-2,
    title="Wait for the last snapshot",
    because="no volume is broken off before every one has it",
    gate=Gate.ALL,
    awaits=(AwaitSnapshot,),
    way_out=_FROZEN,
)
_ROUNDS = 3  # of updates, while each still has much to carry


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`near`: bytes of an update after which clients are kept away. `frozen_for`: how long, at most.

    Then it is undone. Once the epoch is taken there is no way back, and no limit. `grace`: how long a transfer that
    runs may take where it is not a planned one, before it is aborted.
    """

    near: int = 256 * 2**20
    frozen_for: timedelta = timedelta(minutes=5)
    grace: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class LastTransfers:
    """Adds what is left of them to a list."""

    situation: Situation
    due: StepList
    pace: Pace
    gate: Gate

    def bring_near(self, copy: Copy) -> Obstacle | None:
        """Updates, one after the other, until one had little to carry; why one failed."""
        assert copy.edge is not None
        relationship, volume = copy.edge.relationship, copy.id.volume
        backend = self.situation.now.group.backend(copy.id.backend)
        for number in range(1, _ROUNDS + 1):
            about = f"update {number}"
            before = self.situation.accepted.get(ActId(backend.cluster, backend.name, volume, StartTransfer, about))
            earlier = relationship_of(before, copy) if before else None
            if earlier is None:
                self._start(copy, (_IDLE, _NEAR), about)
            elif has_ended(earlier, relationship):
                failure = transfer_failure(copy)
                if failure is None and number < _ROUNDS and self._is_far(relationship):
                    continue
                return failure
            exported = (earlier or relationship).exported_snapshot
            awaited = AwaitTransfer(uuid=relationship.uuid, exported=exported)
            self.due.add(replace(_IS_NEAR, gate=self.gate), backend, volume, awaited, volume, about=about)
            break
        return None

    def _is_far(self, relationship: Relationship) -> bool:
        return ((relationship.transfer and relationship.transfer.bytes_transferred) or 0) > self.pace.near

    def _start(self, copy: Copy, phases: tuple[Phase, Phase], about: str, snapshot: str | None = None) -> None:
        assert copy.edge is not None
        relationship, volume = copy.edge.relationship, copy.id.volume
        backend, (idle, start) = self.situation.now.group.backend(copy.id.backend), phases
        if relationship.is_transferring:
            self.due.add(idle, backend, volume, AwaitIdle(uuid=relationship.uuid), volume, about=about)
        ended_at = relationship.transfer.ended_at if relationship.transfer else None
        change = StartTransfer(
            uuid=relationship.uuid, exported=relationship.exported_snapshot, ended_at=ended_at, snapshot=snapshot
        )
        age = f", its copy is {age_text(copy.lag)} old" if copy.lag is not None and snapshot is None else ""
        self.due.add(start, backend, volume, change, f"{volume}{age}", about=about)

    def carry_last(self, copy: Copy, source: Copy, name: str) -> Obstacle | None:
        """The snapshot of that name is taken and carried over; why it did not arrive."""
        assert copy.edge is not None
        standing, relationship, volume = self.situation.now, copy.edge.relationship, copy.id.volume
        backend, about = standing.group.backend(copy.id.backend), f"last {name}"
        taken = snapshot_named(standing, source, name)
        if taken is None:
            change = TakeSnapshot(volume_uuid=source.volume.uuid, name=name)
            self.due.add(
                replace(_LAST, gate=self.gate),
                standing.group.backend(source.id.backend),
                volume,
                change,
                f"{volume}: {name}",
            )
        before = self.situation.accepted.get(ActId(backend.cluster, backend.name, volume, StartTransfer, about))
        earlier = relationship_of(before, copy) if before else None
        if earlier is None:
            self._start(copy, (_IDLE_AGAIN, _CARRY), about, snapshot=name)
        elif has_ended(earlier, relationship) and relationship.exported_snapshot != name:
            return transfer_failure(copy) or (f"its last transfer ended, and {name} has not arrived", None)
        self._await_last(copy, name, taken)
        return None

    def let_land(self, copy: Copy, source: Copy) -> None:
        """A last snapshot that is there is waited for until its transfer says so too: they are two looks."""
        name = frozen_for(source)
        assert name is not None
        if copy.edge is not None and copy.edge.relationship.is_transferring:
            self._await_last(copy, name, snapshot_named(self.situation.now, source, name))

    def _await_last(self, copy: Copy, name: str, taken: Snapshot | None) -> None:
        assert copy.edge is not None
        backend, volume = self.situation.now.group.backend(copy.id.backend), copy.id.volume
        version = taken.version if taken else None
        awaited = AwaitSnapshot(uuid=copy.edge.relationship.uuid, name=name, version=version)
        self.due.add(
            replace(_CARRIED, gate=self.gate), backend, volume, awaited, f"{volume}: {name}", about=f"last {name}"
        )
