"""Whether something that was to go is gone: told by a look at the cluster that held it, and at nothing else."""

from __future__ import annotations

from datamotion.model.mark import read_mark
from datamotion.model.mirror_acts import DeleteRelationship, ReleaseRelationship
from datamotion.model.serving_acts import DeleteClaim
from datamotion.model.view import Aspect
from datamotion.model.volume_acts import DeleteSnapshot, DeleteVolume, RemoveMark
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Proof


def relationship_deleted(change: DeleteRelationship, ground: Ground) -> Proof:
    return _gone(change.uuid, Aspect.RELATIONSHIPS, ground)


def released(change: ReleaseRelationship, ground: Ground) -> Proof:
    return _gone(change.uuid, Aspect.DESTINATIONS, ground)


def volume_deleted(change: DeleteVolume, ground: Ground) -> Proof:
    return _gone(change.uuid, Aspect.VOLUMES, ground)


def claim_deleted(change: DeleteClaim, ground: Ground) -> Proof:
    return _gone(change.uuid, Aspect.POLICIES, ground)


def snapshot_deleted(change: DeleteSnapshot, ground: Ground) -> Proof:
    held = ground.seen.common_snapshots
    return NOT_YET if held is None or any(each.uuid == change.uuid for each in held) else YES


def mark_removed(change: RemoveMark, ground: Ground) -> Proof:
    """A volume that is gone bears none either."""
    volumes = ground.standing.sites[ground.act.backend].volumes
    named = volumes.get(ground.act.volume or "")
    if named is None or named.uuid != change.uuid:  # it was renamed meanwhile, or is gone
        named = next((each for each in volumes.values() if each.uuid == change.uuid), None)
    return NOT_YET if named is not None and read_mark(named.comment) is not None else YES


def _gone(uuid: str, aspect: Aspect, ground: Ground) -> Proof:
    """A record that cannot be read may be the one that was to go."""
    is_hidden = any(each.uuid == uuid for each in ground.seen.unreadable)
    is_seen = uuid in ground.standing.uuids(ground.act.cluster, aspect)
    return NOT_YET if is_seen or is_hidden else YES
