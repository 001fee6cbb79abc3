"""Whether something that was to go is gone: told by a look at the cluster that held it, and at nothing else."""

from __future__ import annotations

from datamotion.model.acts import DeleteClaim, DeleteRelationship, DeleteVolume, ReleaseRelationship, RemoveMark
from datamotion.model.mark import read_mark
from datamotion.policy.proofs import NOT_YET, YES, Ground, Proof


def relationship_deleted(change: DeleteRelationship, ground: Ground) -> Proof:
    return _gone(all(each.uuid != change.uuid for each in ground.seen.relationships))


def released(change: ReleaseRelationship, ground: Ground) -> Proof:
    return _gone(all(each.uuid != change.uuid for each in ground.seen.destinations))


def volume_deleted(change: DeleteVolume, ground: Ground) -> Proof:
    is_hidden = any(each.uuid == change.uuid for each in ground.seen.unreadable)
    return _gone(not is_hidden and all(each.uuid != change.uuid for each in ground.seen.volumes))


def claim_deleted(change: DeleteClaim, ground: Ground) -> Proof:
    return _gone(all(each.uuid != change.uuid for each in ground.seen.policies))


def mark_removed(change: RemoveMark, ground: Ground) -> Proof:
    """A volume that is gone bears none either."""
    volume = next((each for each in ground.seen.volumes if each.uuid == change.uuid), None)
    return _gone(volume is None or read_mark(volume.comment) is None)


def _gone(is_gone: bool) -> Proof:
    return YES if is_gone else NOT_YET
