"""One immutable look at the clusters: all that a planner may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from datamotion.model.units import duration_text

if TYPE_CHECKING:
    from datamotion.model.cluster_records import (
        Access,
        Aggregate,
        ClusterIdentity,
        ClusterPeer,
        IpInterface,
        Node,
        Schedule,
    )
    from datamotion.model.item_records import CopyJob, PlacedFile, PlacedLun
    from datamotion.model.mirror_records import Listed, Policy, Relationship
    from datamotion.model.serving_records import (
        CifsServer,
        CifsSession,
        ExportPolicy,
        Igroup,
        Lun,
        LunMap,
        Qtree,
        Share,
    )
    from datamotion.model.volume_records import Movement, NamedPolicy, Snapshot, Svm, SvmPeer, Volume


class Aspect(StrEnum):
    """What can be looked at. Each costs one collection GET a cluster, whatever the number of volumes (pages aside).

    Access costs two: the account that asks, and its role.
    """

    IDENTITY = "identity"
    CLUSTER_PEERS = "cluster peers"
    SVMS = "svms"
    SVM_PEERS = "svm peers"
    AGGREGATES = "aggregates"
    POLICIES = "policies"
    SCHEDULES = "schedules"
    VOLUMES = "volumes"
    RELATIONSHIPS = "relationships"
    EXPORT_POLICIES = "export policies"
    QTREES = "qtrees"
    CIFS_SESSIONS = "cifs sessions"
    LICENSES = "licenses"
    DESTINATIONS = "destinations"
    LEGS = "legs"  # the same, for what does without where a cluster does not tell them
    NODES = "nodes"
    INTERFACES = "interfaces"
    ACCESS = "access"
    SNAPSHOTS = "snapshots"
    SNAPSHOT_POLICIES = "snapshot policies"
    QOS_POLICIES = "qos policies"
    LUNS = "luns"
    LUN_MAPS = "lun maps"
    IGROUPS = "igroups"
    CIFS_SHARES = "cifs shares"
    CIFS_SERVERS = "cifs servers"
    MOVEMENTS = "movements"  # of volumes to other aggregates
    LUN_PLACES = "lun places"  # and where they are on their way to
    FILES = "files"  # those that are named; one GET each, and one for their volumes
    COPY_JOBS = "copy jobs"
    COMMON_SNAPSHOTS = "common snapshots"  # of all snapshots those alone that are kept common to all copies


WAYS_IN = frozenset({Aspect.LUN_MAPS, Aspect.CIFS_SHARES})
"""By what hosts come to what is served, and no mirror carries."""
_GIVEN = frozenset({Aspect.SNAPSHOT_POLICIES, Aspect.QOS_POLICIES, Aspect.IGROUPS, Aspect.CIFS_SERVERS})
"""What a volume that is served can be given."""
_OF_FILES = frozenset({Aspect.FILES, Aspect.COPY_JOBS})
CHECKING = frozenset(Aspect) - {Aspect.LEGS, Aspect.SNAPSHOTS, Aspect.MOVEMENTS, Aspect.LUN_PLACES} - _GIVEN - _OF_FILES
"""What tells whether all that is wanted can be done."""
EVERYTHING = CHECKING - {Aspect.DESTINATIONS, Aspect.NODES, Aspect.INTERFACES, Aspect.ACCESS}
"""What has to be known to protect volumes."""
STANDING = frozenset({Aspect.SVMS, Aspect.SVM_PEERS, Aspect.POLICIES, Aspect.VOLUMES, Aspect.RELATIONSHIPS})
"""What tells who serves, and how old every copy is."""
LETTING_IN = STANDING | {Aspect.EXPORT_POLICIES, Aspect.QTREES, Aspect.CIFS_SESSIONS, Aspect.LUNS}
"""What has to be known to let clients in, or to keep them out."""
SERVING = LETTING_IN | _GIVEN | WAYS_IN
"""What has to be known to serve a copy with all that its clients need."""
REMOVING = STANDING | {Aspect.DESTINATIONS}
"""What has to be known to end mirrors: what their sources still list of them, too."""

TURNING = EVERYTHING | {Aspect.DESTINATIONS, Aspect.SNAPSHOTS}
"""What has to be known to make copies mirrors of another one than so far: what the two have in common, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record that cannot be read. Never the same as none.

    Of a volume, of a relationship that ends in one, or of a qtree or a session of one, `svm`, `volume`, `uuid` and
    `comment` are the volume's; of others `name` and the rest are its own. Each is None where that cannot be read.
    """

    reason: str
    svm: str | None
    volume: str | None = None
    uuid: str | None = None
    comment: str | None = None
    name: str | None = None
    aspect: Aspect = Aspect.VOLUMES

    @property
    def is_relationship(self) -> bool:
        return self.aspect is Aspect.RELATIONSHIPS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterClock:
    """By how much a cluster's clock is ahead of ours, at least; negative: behind. None: it does not tell, as far as can
    be read. Beyond the limit it is not believed.
    """

    ahead: timedelta | None = timedelta(0)
    limit: timedelta = timedelta(minutes=5)

    @property
    def is_believed(self) -> bool:
        return self.ahead is not None and abs(self.ahead) <= self.limit

    def __str__(self) -> str:
        if self.ahead is None:
            return "cannot be read"
        difference = duration_text(abs(self.ahead))
        return f"is {difference} {'ahead of' if self.ahead > timedelta() else 'behind'} ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """What one cluster reported. What was not asked for is None or empty; `looked_at` tells when each aspect was.

    Volumes, their movements and snapshots, qtrees, export policies and sessions are those of the SVMs that were asked
    for; relationships those that end in one of them, `destinations` and `legs` those that begin in one; `interfaces`
    those between clusters. `schedules` are by name, `movements` by the uuid of their volume.
    """

    looked_at: Mapping[Aspect, datetime] = field(default_factory=dict)
    clock: ClusterClock = ClusterClock()
    identity: ClusterIdentity | None = None
    cluster_peers: tuple[ClusterPeer, ...] = ()
    svms: tuple[Svm, ...] = ()
    svm_peers: tuple[SvmPeer, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    policies: tuple[Policy, ...] = ()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    volumes: tuple[Volume, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    destinations: tuple[Listed, ...] = ()
    legs: tuple[Listed, ...] | None = None  # None: not told
    snapshots: tuple[Snapshot, ...] = ()
    export_policies: tuple[ExportPolicy, ...] = ()
    qtrees: tuple[Qtree, ...] = ()
    snapshot_policies: tuple[NamedPolicy, ...] | None = ()  # None, of these two: not told
    qos_policies: tuple[NamedPolicy, ...] | None = ()
    cifs_sessions: tuple[CifsSession, ...] | None = ()  # None: not told
    common_snapshots: tuple[Snapshot, ...] | None = ()  # None: not told
    luns: tuple[Lun, ...] | None = ()  # None: not told
    lun_maps: tuple[LunMap, ...] | None = ()  # None, of these four: not told
    igroups: tuple[Igroup, ...] | None = ()
    cifs_shares: tuple[Share, ...] | None = ()
    cifs_servers: tuple[CifsServer, ...] | None = ()
    movements: Mapping[str, Movement] = field(default_factory=dict)
    files: tuple[PlacedFile, ...] = ()
    copy_jobs: tuple[CopyJob, ...] = ()
    lun_places: tuple[PlacedLun, ...] | None = ()  # None: not told
    licenses: frozenset[str] | None = None  # packages; None: not told, as on a platform that has none
    nodes: tuple[Node, ...] | None = None  # None, of these three: not told
    interfaces: tuple[IpInterface, ...] | None = None
    access: Access | None = None
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def observed_at(self) -> datetime:
        """When the part that was looked at longest ago was looked at: all of it is at least as fresh as that."""
        return min(self.looked_at.values())

    def updated_by(self, newer: ClusterView) -> ClusterView:
        """This view with the aspects that a newer one looked at in place of its own; the others keep their age."""
        # An aspect's name is that of the part of the view that it fills.
        parts = {aspect.name.lower(): getattr(newer, aspect.name.lower()) for aspect in newer.looked_at}
        kept = tuple(each for each in self.unreadable if each.aspect not in newer.looked_at)
        looked_at = {**self.looked_at, **newer.looked_at}
        return replace(self, looked_at=looked_at, clock=newer.clock, unreadable=kept + newer.unreadable, **parts)

    def schedule_of(self, relationship: Relationship) -> str | None:
        """The schedule that a relationship follows: its own, else its policy's."""
        if relationship.schedule is not None:
            return relationship.schedule
        policy = self.policy(relationship.policy, relationship.destination.svm)
        return policy.schedule if policy else None

    def policy(self, name: str, svm: str) -> Policy | None:
        """The policy that a name stands for in an SVM: its own before the cluster's. None where it may be hidden."""
        found = {policy.svm: policy for policy in self.policies if policy.name == name}
        return found.get(svm) or (None if self.gap(Aspect.POLICIES, name, svm) else found.get(None))

    def gap(self, aspect: Aspect, name: str | None = None, svm: str | None = None) -> str | None:
        """Why something of that name (None: any) in that SVM may be there though it is not seen; None: it is not."""
        for each in self.unreadable:
            if each.aspect is aspect and (name is None or each.name in (None, name)) and each.svm in (None, svm):
                return each.reason
        return None

    def svm(self, name: str) -> Svm | None:
        return next((svm for svm in self.svms if svm.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A cluster that could not be looked at, and why. Never the same as one that was seen to hold nothing."""

    reason: str
    hint: str | None = None
    refused: bool = False  # it answered, and said no (a wrong password); otherwise no answer came
    not_asked: bool = False  # from here it cannot be: its secret or CA file cannot be had. Then `refused`, too


View = Mapping[str, ClusterView | Unseen]
"""By the cluster's name in the configuration. A cluster that is absent was not asked."""


def look_up(view: View, cluster: str) -> ClusterView | Unseen:
    """What is known of a cluster; one that was not asked is unseen like one that did not answer."""
    return view.get(cluster) or Unseen(reason=f"{cluster} was not asked")
