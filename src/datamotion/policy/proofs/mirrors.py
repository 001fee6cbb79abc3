"""What is seen of relationships and their transfers."""

from __future__ import annotations

from datamotion.model.mirror_acts import (
    AbortTransfer,
    AwaitIdle,
    AwaitSnapshot,
    AwaitTransfer,
    Break,
    CreateRelationship,
    Initialize,
    ModifyRelationship,
    Pause,
    Resume,
    Resync,
    StartTransfer,
)
from datamotion.model.mirror_records import Relationship
from datamotion.model.words import MirrorState
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Holds, Proof, as_proof


def related(change: CreateRelationship, ground: Ground) -> Proof:
    site = ground.standing.sites[ground.act.backend]
    if change.destination.volume not in site.volumes:
        return Proof(Holds.GONE, f"{change.destination} is not there any more")
    ending = site.relationships.get(change.destination.volume)
    if ending is not None and ending.source != change.source:
        return Proof(Holds.CONTRADICTED, f"{change.destination} is the mirror of {ending.source}")
    return as_proof(ending is not None)


def relationship_modified(change: ModifyRelationship, ground: Ground) -> Proof:
    return ground.by_relationship(
        change.uuid,
        lambda relationship: as_proof(
            change.policy in (None, relationship.policy)
            and change.schedule in (None, relationship.schedule or "")
            and change.throttle in (None, relationship.throttle)
        ),
    )


def initialized(change: Initialize, ground: Ground) -> Proof:
    return ground.by_relationship(
        change.uuid,
        lambda relationship: as_proof(
            relationship.state is not MirrorState.UNINITIALIZED or relationship.is_transferring
        ),
    )


def resumed(change: Resume, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        if relationship.state is MirrorState.BROKEN_OFF:
            return Proof(Holds.CONTRADICTED, f"{relationship.destination} was broken off meanwhile")
        return as_proof(relationship.state is not MirrorState.PAUSED)

    return ground.by_relationship(change.uuid, test)


def paused(change: Pause, ground: Ground) -> Proof:
    quiet = (MirrorState.PAUSED, MirrorState.BROKEN_OFF)
    return ground.by_relationship(change.uuid, lambda relationship: as_proof(relationship.state in quiet))


def broken_off(change: Break, ground: Ground) -> Proof:
    """A relationship may be deleted once its destination is writable; before that, nothing can make it so."""
    if ground.copy is not None and ground.copy.is_writable:
        return YES
    return ground.by_relationship(change.uuid, lambda relationship: NOT_YET)


def resynced(change: Resync, ground: Ground) -> Proof:
    """It has begun: a mirror again, or with a transfer that makes it one."""
    return ground.by_relationship(
        change.uuid,
        lambda relationship: as_proof(relationship.state is not MirrorState.BROKEN_OFF or relationship.is_transferring),
    )


def started(change: StartTransfer, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        ended_at = relationship.transfer.ended_at if relationship.transfer else None
        before = (change.exported, change.ended_at)
        return as_proof(relationship.is_transferring or (relationship.exported_snapshot, ended_at) != before)

    return ground.by_relationship(change.uuid, test)


def carried(change: AwaitTransfer, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        is_newer = relationship.exported_snapshot not in (None, change.exported)
        return as_proof(is_newer and not relationship.is_transferring)

    return ground.by_relationship(change.uuid, test)


def snapshot_carried(change: AwaitSnapshot, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        assert ground.copy is not None
        held = ground.standing.sites[ground.act.backend].snapshots.get(ground.copy.volume.uuid, ())
        is_there = change.version is not None and any(each.version == change.version for each in held)
        return as_proof(is_there and not relationship.is_transferring)

    return ground.by_relationship(change.uuid, test)


def idle(change: AwaitIdle, ground: Ground) -> Proof:
    return ground.by_relationship(change.uuid, lambda relationship: as_proof(not relationship.is_transferring))


def aborted(change: AbortTransfer, ground: Ground) -> Proof:
    """Where the relationship itself is gone nothing runs either; whatever comes next tells that."""
    if ground.copy is not None and ground.copy.edge is None:
        return YES

    def test(relationship: Relationship) -> Proof:
        runs = relationship.transfer.uuid if relationship.transfer and relationship.is_transferring else None
        return as_proof(runs is None or runs != change.transfer_uuid)

    return ground.by_relationship(change.relationship_uuid, test)
