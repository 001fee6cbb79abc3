"""Whether a mirror works: not only is it there, it also receives."""

from __future__ import annotations

from typing import NamedTuple

from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import Copy
from datamotion.model.words import MirrorState, TransferState, VolumeState

RECEIVING = frozenset({MirrorState.SNAPMIRRORED, MirrorState.IN_SYNC})

EMPTY_BYTES = 2 * 2**20
"""A destination that uses no more holds no copy: what ONTAP itself takes of a new volume stays below that."""


class Ailment(NamedTuple):
    """Why a mirror does not receive, in its cluster's words where it has some, and what to do about it."""

    text: str
    hint: str


_ENDED_WITHOUT_COPY = {
    TransferState.FAILED: "failed",
    TransferState.ABORTED: "was aborted",
    TransferState.HARD_ABORTED: "was aborted",
}
_RELEASED = ("released", "not registered", "source information")
_NOTHING_COMMON = ("no common snapshot",)
_FOR_GOOD = (*_RELEASED, *_NOTHING_COMMON)
_HINTS = (
    (
        _RELEASED,
        "the source has released it: datamotion reprotect takes it up again, and says first what that gives up",
    ),
    (
        _NOTHING_COMMON,
        "its source has nothing of it any more: datamotion reprotect carries it anew, and says what that gives up",
    ),
    (("no space", "not enough space", "full"), "make room on the aggregate of the destination"),
    (("offline", "not online", "restricted"), "bring the volume online"),
    (("peer",), "mend the peering of the two clusters or SVMs"),
)
_TELLS_MORE = "`snapmirror show -instance` at its destination cluster tells more"
_AGAIN = f"run the same command again: the transfer goes on from its checkpoint; where it fails again, {_TELLS_MORE}"


def ailment(copy: Copy) -> Ailment | None:
    """What keeps a mirror from receiving; None where nothing was seen that does.

    A transfer that runs is given its chance, and so is a mirror that never had one.
    """
    if copy.volume.state is not VolumeState.ONLINE:
        return Ailment(f"its volume {copy.volume.name} is {copy.volume.state}", "bring the volume online")
    if copy.edge is None:
        return None
    relationship = copy.edge.relationship
    if relationship.is_transferring or relationship.state not in RECEIVING or relationship.healthy:
        return None
    reason = _reason(relationship)
    tries = _AGAIN if another_may_do(copy) else f"`datamotion update` tries again; {_TELLS_MORE}"
    return Ailment(reason, _hint_for(reason) or tries)


def _reason(relationship: Relationship) -> str:
    """As its cluster gives it, to be said within a sentence."""
    return (relationship.unhealthy_reason or "the cluster gives no reason").removesuffix(".")


def _hint_for(reason: str) -> str | None:
    """What to do about a reason that a cluster gives, where that is known."""
    said = reason.lower()
    return next((hint for words, hint in _HINTS if any(word in said for word in words)), None)


def transfer_failure(copy: Copy) -> Ailment | None:
    """Why the last transfer left no newer copy; None if it did, or runs.

    What its cluster says may be of one moment alone, as where a connection broke: then another try may be enough.
    """
    relationship = copy.edge.relationship if copy.edge else None
    transfer = relationship.transfer if relationship else None
    if relationship is None or transfer is None or transfer.state not in _ENDED_WITHOUT_COPY:
        return None
    reason = _reason(relationship)
    text = f"the transfer of {copy.id.volume} {_ENDED_WITHOUT_COPY[transfer.state]}: {reason}"
    return Ailment(text, _hint_for(reason) or _AGAIN)


def another_may_do(copy: Copy) -> bool:
    """Whether the last transfer failed, and one more may come to its end: it gives nothing up, what is held stays."""
    if copy.edge is None or not copy.edge.holds_copy or transfer_failure(copy) is None:
        return False
    return not has_failed_for_good(copy)


def has_failed_for_good(copy: Copy) -> bool:
    """Whether the last transfer failed, and as its cluster says none will come by this relationship any more."""
    if copy.edge is None or transfer_failure(copy) is None:
        return False
    said = _reason(copy.edge.relationship).lower()
    return any(word in said for word in _FOR_GOOD)
