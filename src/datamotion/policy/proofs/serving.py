"""What is seen of who serves, and of what clients come in by."""

from __future__ import annotations

from datamotion.model.claim import read_claim
from datamotion.model.serving_acts import (
    CloseSessions,
    ConfirmClaim,
    CreateExportPolicy,
    CreateShare,
    MapLun,
    ModifyLun,
    ModifyQtree,
    TakeEpoch,
)
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Holds, Proof, as_proof


def qtree_modified(change: ModifyQtree, ground: Ground) -> Proof:
    qtrees = ground.seen.qtrees
    found = next((each for each in qtrees if (each.volume_uuid, each.id) == (change.volume_uuid, change.id)), None)
    if found is None:
        return Proof(Holds.GONE, f"qtree {change.id} of {ground.act.volume} is not there any more")
    return as_proof(found.export == change.export)


def lun_modified(change: ModifyLun, ground: Ground) -> Proof:
    found = next((each for each in ground.seen.luns or () if each.uuid == change.uuid), None)
    if found is None:
        return Proof(Holds.GONE, f"a LUN of {ground.act.volume} is not there any more")
    return as_proof(found.is_enabled is change.is_enabled)


def lun_mapped(change: MapLun, ground: Ground) -> Proof:
    """Under whatever number: another one than was asked for is a difference, and asking again would not change it."""
    if ground.copy is not None:
        there = {each.uuid for each in ground.copy.doors.luns}
    else:  # a LUN that is brought elsewhere alone
        there = {each.uuid for each in ground.seen.lun_places or ()}
    if change.lun_uuid not in there:
        return Proof(Holds.GONE, f"a LUN of {ground.act.volume} is not there any more")
    maps = ground.seen.lun_maps or ()
    return as_proof(any((each.lun_uuid, each.igroup) == (change.lun_uuid, change.igroup) for each in maps))


def share_made(change: CreateShare, ground: Ground) -> Proof:
    svm, name = change.share.svm, change.share.name.casefold()
    shares = ground.seen.cifs_shares or ()
    found = next((each for each in shares if (each.svm, each.name.casefold()) == (svm, name)), None)
    if found is not None and found.path.casefold() != change.share.path.casefold():
        return Proof(Holds.CONTRADICTED, f"somebody else made a share {found.name} at {ground.act.backend}")
    return as_proof(found is not None)


def sessions_closed(change: CloseSessions, ground: Ground) -> Proof:
    return as_proof(not any(change.volume_uuid in each.volumes for each in ground.seen.cifs_sessions or ()))


def export_policy_made(change: CreateExportPolicy, ground: Ground) -> Proof:
    policies = ground.seen.export_policies
    found = next((each for each in policies if (each.svm, each.name) == (change.svm, change.name)), None)
    if found is not None and found.rules:
        return Proof(Holds.CONTRADICTED, f"export policy {change.name} of {change.svm} has rules, and lets clients in")
    return as_proof(found is not None)


def epoch_taken(change: TakeEpoch, ground: Ground) -> Proof:
    """Who took an epoch is who the policy of that name says; one that says somebody else is final."""
    claim, backend = change.claim, ground.act.backend
    policies = ground.seen.policies
    policy = next((each for each in policies if (each.svm, each.name) == (change.svm, claim.policy)), None)
    if policy is None:
        return NOT_YET
    taken = read_claim(claim.group, policy.name, policy.comment)
    if taken is not None and taken.is_same(claim):
        return YES
    who = f"{taken.backend} by {taken.by}, at {taken.since:%H:%M:%S} UTC" if taken else "somebody who cannot be told"
    return Proof(Holds.CONTRADICTED, f"epoch {claim.epoch} of {claim.group} was taken at {backend} for {who}")


def claim_confirmed(change: ConfirmClaim, ground: Ground) -> Proof:
    policy = next((each for each in ground.seen.policies if each.uuid == change.uuid), None)
    if policy is None:
        return Proof(Holds.GONE, f"the claim of epoch {change.claim.epoch} at {ground.act.backend} was removed")
    told = read_claim(change.claim.group, policy.name, policy.comment)
    return as_proof(told is not None and told.served is not None)
