"""Where LUNs are, and whether they have come to where they go: told by their names, and by what their moves tell."""

from __future__ import annotations

from datamotion.model.item_acts import AwaitLunMove, CloneLun, MoveLun
from datamotion.model.records import Passage, PlacedLun
from datamotion.model.view import ClusterView
from datamotion.model.words import PassageState
from datamotion.policy.proofs import NOT_YET, YES, Ground, Holds, Proof


def lun_named(seen: ClusterView, svm: str, name: str) -> PlacedLun | None:
    """The LUN that is called that in an SVM."""
    return next((each for each in seen.lun_places or () if (each.svm, each.name) == (svm, name)), None)


def lun_of(seen: ClusterView, uuid: str) -> PlacedLun | None:
    return next((each for each in seen.lun_places or () if each.uuid == uuid), None)


def begun(change: MoveLun, ground: Ground) -> Proof:
    """It is there, or on its way there."""
    lun = lun_of(ground.seen, change.uuid)
    if lun is None:
        return _gone(ground)
    move = lun.move
    is_on_its_way = move is not None and move.state.is_going_on and move.destination == change.name
    return YES if lun.name == change.name or is_on_its_way else NOT_YET


def arrived(change: AwaitLunMove, ground: Ground) -> Proof:
    lun = lun_of(ground.seen, change.uuid)
    if lun is None:
        return _gone(ground)
    if lun.move is not None and lun.move.state.is_stuck:
        return Proof(Holds.CONTRADICTED, f"the move of {lun.name} is {lun.move.state}: {told_of(lun.move)}")
    is_there = lun.name == change.name
    return YES if is_there and (lun.move is None or not lun.move.state.is_going_on) else NOT_YET


def cloned(change: CloneLun, ground: Ground) -> Proof:
    lun = lun_named(ground.seen, change.svm, change.name)
    if lun is not None and lun.comment != change.comment:
        return Proof(Holds.CONTRADICTED, f"{change.name} is another LUN, of somebody else")
    return YES if lun is not None else NOT_YET


def progress(change: AwaitLunMove, seen: ClusterView) -> object:
    """What changes while it is awaited; None: it cannot be stuck, as somebody has paused it."""
    lun = lun_of(seen, change.uuid)
    if lun is None or lun.move is None:
        return False
    return None if lun.move.state is PassageState.PAUSED else (lun.move.state, lun.move.percent)


def told_of(passage: Passage) -> str:
    """How far a move or copy is, and where to, for people."""
    percent = f"{passage.percent} % are carried" if passage.percent is not None else "how much is carried is not told"
    return f"{percent} from {passage.source}" + (f" to {passage.destination}" if passage.destination else "")


def _gone(ground: Ground) -> Proof:
    return Proof(Holds.GONE, f"LUN {ground.act.volume} is not there any more, under no name")
