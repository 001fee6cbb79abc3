"""Where LUNs are, and whether they have come to where they go: told by their names, and by what their moves tell."""

from __future__ import annotations

from datamotion.model.item_acts import (
    AwaitLunCopy,
    AwaitLunMove,
    CloneLun,
    CopyLun,
    CreateIgroup,
    DeleteLun,
    MarkLun,
    MoveLun,
)
from datamotion.model.item_records import Passage, PlacedLun
from datamotion.model.serving_records import Igroup
from datamotion.model.view import ClusterView
from datamotion.model.words import PassageState
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Holds, Proof


def lun_named(seen: ClusterView, svm: str, name: str) -> PlacedLun | None:
    """The LUN that is called that in an SVM."""
    return next((each for each in seen.lun_places or () if (each.svm, each.name) == (svm, name)), None)


def lun_of(seen: ClusterView, uuid: str | None) -> PlacedLun | None:
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


def copied(change: CopyLun, ground: Ground) -> Proof:
    """The copy is there, and on its way or over."""
    lun = lun_named(ground.seen, change.svm, change.name)
    if lun is not None and lun.comment != change.comment:
        return Proof(Holds.CONTRADICTED, f"{change.name} is another LUN, of somebody else")
    return YES if lun is not None else NOT_YET


def is_whole(copy: PlacedLun, size_bytes: int) -> bool:
    """Whether its cluster says that all is in a copy, and it is as large as what it was made from."""
    return _is_complete(copy) and copy.size_bytes == size_bytes


def is_resized(copy: PlacedLun, of: PlacedLun) -> bool:
    """Whether all is in a copy that is not as large as what it was made from, and so never will be whole."""
    return _is_complete(copy) and copy.size_bytes != of.size_bytes


def _is_complete(copy: PlacedLun) -> bool:
    return copy.copy is not None and copy.copy.state is PassageState.COMPLETE


def copy_complete(change: AwaitLunCopy, ground: Ground) -> Proof:
    lun = lun_named(ground.seen, change.svm, change.name)
    if lun is None:
        return Proof(Holds.GONE, f"the copy {change.name} is not there any more")
    if lun.copy is not None and lun.copy.state.is_stuck:
        return Proof(Holds.CONTRADICTED, f"the copy {change.name} is {lun.copy.state}: {told_of(lun.copy)}")
    return YES if is_whole(lun, change.size_bytes) else NOT_YET


def igroup_made(change: CreateIgroup, ground: Ground) -> Proof:
    found = igroup_named(ground.seen, change.svm, change.name)
    if found is not None and found.initiators != change.initiators:
        return Proof(Holds.CONTRADICTED, f"igroup {change.name} of {change.svm} has other initiators")
    return YES if found is not None else NOT_YET


def igroup_named(seen: ClusterView, svm: str, name: str) -> Igroup | None:
    return next((each for each in seen.igroups or () if (each.svm, each.name) == (svm, name)), None)


def marked(change: MarkLun, ground: Ground) -> Proof:
    lun = lun_of(ground.seen, change.uuid)
    if lun is None:
        return _gone(ground)
    return YES if (lun.comment, lun.is_enabled) == (change.comment, change.is_enabled) else NOT_YET


def deleted(change: DeleteLun, ground: Ground) -> Proof:
    return NOT_YET if lun_of(ground.seen, change.uuid) is not None else YES


def copy_progress(change: AwaitLunCopy, seen: ClusterView) -> object:
    """As `progress`."""
    lun = lun_named(seen, change.svm, change.name)
    return False if lun is None or lun.copy is None else _moving(lun.copy)


def _moving(passage: Passage) -> object:
    return None if passage.state is PassageState.PAUSED else (passage.state, passage.percent)


def progress(change: AwaitLunMove, seen: ClusterView) -> object:
    """What changes while it is awaited; None: it cannot be stuck, as somebody has paused it."""
    lun = lun_of(seen, change.uuid)
    return False if lun is None or lun.move is None else _moving(lun.move)


def told_of(passage: Passage) -> str:
    """How far a move or copy is, and where to, for people."""
    percent = f"{passage.percent} % are carried" if passage.percent is not None else "how much is carried is not told"
    return f"{percent} from {passage.source}" + (f" to {passage.destination}" if passage.destination else "")


def _gone(ground: Ground) -> Proof:
    return Proof(Holds.GONE, f"LUN {ground.act.volume} is not there any more, under no name")
