"""Whether an act holds: told by what is seen, act by act. That a plan no longer holds an act proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from datamotion.model.acts import Act, RunHook
from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import Copy, Standing
from datamotion.model.view import ClusterView
from datamotion.model.volume_records import SvmPeer


class Holds(StrEnum):
    """What a look says of an act."""

    YES = "holds"
    NOT_YET = "not yet"
    GONE = "gone"  # what it was about is not there any more
    CONTRADICTED = "contradicted"  # something else is so, and asking again would not change it


class Proof(NamedTuple):
    """`evidence` says what was seen, where that is not what was wanted."""

    holds: Holds
    evidence: str = ""


YES = Proof(Holds.YES)
NOT_YET = Proof(Holds.NOT_YET)


class Ground(NamedTuple):
    """What an act is proved by: how its group stands, and `seen`, the cluster that was asked."""

    act: Act
    standing: Standing
    seen: ClusterView

    @property
    def copy(self) -> Copy | None:
        return self.standing.copy(self.act.backend, self.act.volume or "")

    def by_relationship(self, uuid: str | None, test: Callable[[Relationship], Proof]) -> Proof:
        """What a test says of the relationship that ends in the act's copy, or that this one is gone."""
        act, copy = self.act, self.copy
        if copy is None:
            return Proof(Holds.GONE, f"there is no copy of {act.volume} at {act.backend} any more")
        into = f"the relationship into {copy.volume.name} at {act.backend}"
        if copy.edge is None:
            return Proof(Holds.GONE, f"{into} was deleted")
        if uuid not in (None, copy.edge.relationship.uuid):
            return Proof(Holds.GONE, f"{into} was replaced by another one")
        return test(copy.edge.relationship)

    def peering(self, svm: str, peer_svm_uuid: str) -> SvmPeer | None:
        peers = self.seen.svm_peers
        return next((each for each in peers if (each.svm, each.peer_svm_uuid) == (svm, peer_svm_uuid)), None)


def as_proof(holds: bool) -> Proof:
    """What is to be so, is or is not yet."""
    return YES if holds else NOT_YET


def never_seen(change: RunHook, ground: Ground) -> Proof:
    """What runs on this host shows at no cluster: the engine goes by how it ended."""
    return NOT_YET
