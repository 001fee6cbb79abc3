"""How a transfer that a run started came out, told from two looks at its relationship."""

from __future__ import annotations

from datamotion.model.group import Target
from datamotion.model.plan import Refusal
from datamotion.model.records import Relationship
from datamotion.model.view import ClusterView, View
from datamotion.model.words import TransferState
from datamotion.policy.mirrors import Mirror

_ENDED_WITHOUT_COPY = {
    TransferState.FAILED: "failed",
    TransferState.ABORTED: "was aborted",
    TransferState.HARD_ABORTED: "was aborted",
}


def relationship_before(view: View, target: Target, mirror: Mirror) -> Relationship | None:
    """The mirror's relationship as an earlier view showed it."""
    seen = view.get(target.backend.cluster)
    if not isinstance(seen, ClusterView):
        return None
    return seen.relationships_into(target.backend.svm).get(mirror.relationship.destination)


def transfer_has_ended(before: Relationship | None, now: Relationship) -> bool:
    """Whether a transfer ended between two looks: its snapshot tells, or, where it left none, the time it ended."""
    if now.is_transferring:
        return False
    if before is None or before.exported_snapshot != now.exported_snapshot:
        return True
    ended_before = before.transfer.ended_at if before.transfer else None
    return now.transfer is not None and now.transfer.ended_at != ended_before


def transfer_failure(target: Target, mirror: Mirror) -> Refusal | None:
    """Why the last transfer left no newer copy; None if it did."""
    transfer = mirror.relationship.transfer
    if transfer is None or transfer.state not in _ENDED_WITHOUT_COPY:
        return None
    reason = mirror.relationship.unhealthy_reason or "the cluster gives no reason"
    return Refusal(
        volume=mirror.volume,
        backend=target.backend.name,
        text=f"the transfer of {mirror.volume} {_ENDED_WITHOUT_COPY[transfer.state]}: {reason}",
        hint="what was complete before stays as it was; the same command goes on from the transfer's checkpoint",
    )
