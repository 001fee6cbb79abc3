"""One immutable look at the clusters: all that a planner may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from datamotion.model.records import (
    Aggregate,
    ClusterIdentity,
    ClusterPeer,
    Endpoint,
    Policy,
    Relationship,
    Svm,
    SvmPeer,
    Volume,
)


class Aspect(StrEnum):
    """What can be looked at. Each costs one collection GET a cluster, whatever the number of volumes (pages aside)."""

    IDENTITY = "identity"
    CLUSTER_PEERS = "cluster peers"
    SVMS = "svms"
    SVM_PEERS = "svm peers"
    AGGREGATES = "aggregates"
    POLICIES = "policies"
    SCHEDULES = "schedules"
    VOLUMES = "volumes"
    RELATIONSHIPS = "relationships"


EVERYTHING = frozenset(Aspect)
SERVING = frozenset({Aspect.SVMS, Aspect.SVM_PEERS, Aspect.VOLUMES, Aspect.RELATIONSHIPS})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """What one cluster reported at `observed_at`. What was not asked for is None or empty; `aspects` tells which.

    Volumes and peers are those of the SVMs that were asked for; relationships those that end in one of them.
    """

    observed_at: datetime
    aspects: frozenset[Aspect]
    identity: ClusterIdentity | None = None
    cluster_peers: tuple[ClusterPeer, ...] = ()
    svms: tuple[Svm, ...] = ()
    svm_peers: tuple[SvmPeer, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    policies: tuple[Policy, ...] = ()
    schedules: frozenset[str] = frozenset()
    volumes: tuple[Volume, ...] = ()
    relationships: tuple[Relationship, ...] = ()

    def updated_by(self, newer: ClusterView) -> ClusterView:
        """This view with the aspects that a newer one looked at in place of its own."""
        # An aspect's name is that of the part of the view that it fills.
        parts = {aspect.name.lower(): getattr(newer, aspect.name.lower()) for aspect in newer.aspects}
        return replace(self, observed_at=newer.observed_at, aspects=self.aspects | newer.aspects, **parts)

    def schedule_of(self, relationship: Relationship) -> str | None:
        """The schedule that a relationship follows: its own, else its policy's. An SVM's policy comes first."""
        if relationship.schedule is not None:
            return relationship.schedule
        schedules = {policy.svm: policy.schedule for policy in self.policies if policy.name == relationship.policy}
        return schedules.get(relationship.destination.svm, schedules.get(None))

    def svm(self, name: str) -> Svm | None:
        return next((svm for svm in self.svms if svm.name == name), None)

    def volumes_of(self, svm: str) -> Mapping[str, Volume]:
        return {volume.name: volume for volume in self.volumes if volume.svm == svm}

    def relationships_into(self, svm: str) -> Mapping[Endpoint, Relationship]:
        """By destination: an ONTAP volume is the destination of at most one relationship."""
        return {each.destination: each for each in self.relationships if each.destination.svm == svm}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A cluster that could not be looked at, and why. Never the same as one that was seen to hold nothing."""

    reason: str
    hint: str | None = None
    refused: bool = False  # it answered, and said no (a wrong password); otherwise no answer came


View = Mapping[str, ClusterView | Unseen]
"""By the cluster's name in the configuration. A cluster that is absent was not asked."""


def look_up(view: View, cluster: str) -> ClusterView | Unseen:
    """What is known of a cluster; one that was not asked is unseen like one that did not answer."""
    return view.get(cluster) or Unseen(reason=f"{cluster} was not asked")


def bytes_moved(view: View) -> Mapping[str, int]:
    """What the current or last transfer of each relationship has moved, by the relationship's uuid."""
    return {
        relationship.uuid: relationship.transfer.bytes_transferred or 0
        for seen in view.values()
        if isinstance(seen, ClusterView)
        for relationship in seen.relationships
        if relationship.transfer
    }
