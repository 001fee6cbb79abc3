"""Whether a volume is where it is moved to: told by the aggregate that it is on, and until then by its movement."""

from __future__ import annotations

from collections.abc import Callable

from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import AbortMove, AwaitMove, CutOver, MoveVolume
from datamotion.model.volume_records import Movement, Volume
from datamotion.model.words import MoveState
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Holds, Proof


def movement_of(seen: ClusterView, uuid: str) -> Movement | None:
    """The move of a volume that goes on, else its last one."""
    return seen.movements.get(uuid)


def is_on(volume: Volume, aggregate: str) -> bool:
    return volume.aggregates == (aggregate,)


def begun(change: MoveVolume, ground: Ground) -> Proof:
    return _proof(change.uuid, change.aggregate, ground, lambda state: state.is_going_on)


def arrived(change: AwaitMove, ground: Ground) -> Proof:
    return _proof(change.uuid, change.aggregate, ground, lambda _: False, is_awaited=True)


def cut_over(change: CutOver, ground: Ground) -> Proof:
    return _proof(change.uuid, change.aggregate, ground, lambda state: state is MoveState.CUTOVER, is_awaited=True)


def aborted(change: AbortMove, ground: Ground) -> Proof:
    movement = movement_of(ground.seen, change.uuid)
    if _volume(change.uuid, ground) is None:
        return _gone(ground)
    return NOT_YET if movement is not None and movement.state.is_going_on else YES


def progress(change: AwaitMove | CutOver, seen: ClusterView) -> object:
    """What moves while a move is awaited; None: it cannot be stuck, as it waits for its turn, or was paused."""
    movement = movement_of(seen, change.uuid)
    waits = (MoveState.QUEUED, MoveState.PAUSED)
    if movement is not None and (movement.state in waits or movement.state.waits_for_cutover):
        return None
    return (movement.state, movement.percent) if movement is not None else False


def _proof(
    uuid: str, aggregate: str, ground: Ground, is_enough: Callable[[MoveState], bool], *, is_awaited: bool = False
) -> Proof:
    volume, movement = _volume(uuid, ground), movement_of(ground.seen, uuid)
    if volume is None:
        return _gone(ground)
    if movement is not None and movement.state.is_going_on and movement.aggregate != aggregate:
        return Proof(Holds.CONTRADICTED, f"{volume.name} is being moved to {movement.aggregate} by somebody else")
    if is_on(volume, aggregate) and not (movement is not None and movement.state.is_going_on):
        return YES
    if movement is not None and is_enough(movement.state):
        return YES
    if is_awaited and (movement is None or not movement.state.is_going_on):
        state = f"ended as {movement.state}" if movement is not None else "is not there any more"
        return Proof(Holds.CONTRADICTED, f"its move to {aggregate} {state}: {volume.name} is where it was")
    return NOT_YET


def _volume(uuid: str, ground: Ground) -> Volume | None:
    volumes = ground.standing.sites[ground.act.backend].volumes
    named = volumes.get(ground.act.volume or "")
    if named is not None and named.uuid == uuid:
        return named
    return next((each for each in volumes.values() if each.uuid == uuid), None)  # it was renamed meanwhile, or is gone


def _gone(ground: Ground) -> Proof:
    return Proof(Holds.GONE, f"there is no {ground.act.volume} at {ground.act.backend} any more")
