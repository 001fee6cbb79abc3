"""Whether a mirror works: not only is it there, it also receives."""

from __future__ import annotations

from typing import NamedTuple

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
_HINTS = (
    (
        ("released", "not registered", "source information"),
        "the source has released it: delete the relationship, and apply again makes it anew from a common snapshot",
    ),
    (("no space", "not enough space", "full"), "make room on the aggregate of the destination"),
    (("offline", "not online", "restricted"), "bring the volume online"),
    (("peer",), "mend the peering of the two clusters or SVMs"),
)


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
    reason = relationship.unhealthy_reason or "the cluster gives no reason"
    return Ailment(reason, hint_for(reason))


def hint_for(reason: str) -> str:
    """What to do about a reason that a cluster gives."""
    said = reason.lower()
    found = next((hint for words, hint in _HINTS if any(word in said for word in words)), None)
    return found or "`snapmirror show -instance` at its destination cluster tells more"


def transfer_failure(copy: Copy) -> Ailment | None:
    """Why the last transfer left no newer copy; None if it did, or runs."""
    relationship = copy.edge.relationship if copy.edge else None
    transfer = relationship.transfer if relationship else None
    if relationship is None or transfer is None or transfer.state not in _ENDED_WITHOUT_COPY:
        return None
    reason = relationship.unhealthy_reason or "the cluster gives no reason"
    hint = hint_for(reason) if relationship.unhealthy_reason else "the same command goes on from its checkpoint"
    return Ailment(f"the transfer of {copy.id.volume} {_ENDED_WITHOUT_COPY[transfer.state]}: {reason}", hint)
