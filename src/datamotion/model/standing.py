"""How a group stands: one picture of its copies, relationships, claims and doubts, made once a look.

Back ends are equals in it. Planners, the engine's proofs, `status` and `check` read it and nothing else.
`policy/standing/standing.py` makes it from a view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from datamotion.model.view import Aspect, ClusterView, Unreadable, Unseen
from datamotion.model.words import MirrorState, Role, VolumeState, VolumeType

if TYPE_CHECKING:
    from datamotion.model.claim import Claim
    from datamotion.model.group import Backend, Group
    from datamotion.model.mark import Mark
    from datamotion.model.mirror_records import Endpoint, Relationship
    from datamotion.model.serving_records import CifsSession, Lun, LunMap, Qtree, Share
    from datamotion.model.volume_records import Snapshot, Svm, Volume

FENCE = "datamotion_fence"
"""The export policy of fenced copies. It has no rules and never had any: what clients were once granted under another
policy is remembered by ONTAP for an hour, by policy."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What lets clients come to a volume beside its own junction path and policy, as far as that was looked at."""

    qtrees: tuple[Qtree, ...] = ()
    sessions: tuple[CifsSession, ...] = ()
    luns: tuple[Lun, ...] = ()
    maps: tuple[LunMap, ...] = ()
    shares: tuple[Share, ...] = ()  # that lead to it or into it, or would if it were mounted


def is_fence(volume: Volume, doors: Doors) -> bool:
    """Whether no client can come to a volume. One that tells no export policy is in an SVM without NFS."""
    is_shut = volume.export is None or all(each.export == FENCE for each in doors.qtrees)
    is_used = bool(doors.sessions) or any(each.is_enabled for each in doors.luns)
    return volume.path is None and volume.export in (FENCE, None) and is_shut and not is_used


class CopyId(NamedTuple):
    """A copy: the back end that it is at, and what the group calls its volume."""

    backend: str
    volume: str


class Foreign(NamedTuple):
    """A source that is no copy of the group: its path, with the cluster where that is known."""

    endpoint: Endpoint
    cluster: str | None

    def __str__(self) -> str:
        return f"{self.endpoint} of {self.cluster}" if self.cluster else str(self.endpoint)


class Edge(NamedTuple):
    """A relationship into a copy. `source` is the copy that it comes from."""

    relationship: Relationship
    source: CopyId | Foreign

    @property
    def source_text(self) -> str:
        return self.source.backend if isinstance(self.source, CopyId) else str(self.source)

    @property
    def is_broken_off(self) -> bool:
        return self.relationship.state is MirrorState.BROKEN_OFF

    @property
    def leaves_writable(self) -> bool:
        """Whether a writable volume that it ends in can be written still: nothing has made it a mirror, or not again.

        What ONTAP calls one that was just made onto a writable volume is not settled: both are provided for.
        """
        return self.relationship.state in (MirrorState.BROKEN_OFF, MirrorState.UNINITIALIZED)

    @property
    def holds_copy(self) -> bool:
        """Whether the destination has a complete state to serve: without an exported snapshot it never had one."""
        return self.relationship.exported_snapshot is not None


class Copy(NamedTuple):
    """A volume that is a copy of a group's volume, as it was seen. `mark` is None where it has lost it."""

    id: CopyId
    volume: Volume
    mark: Mark | None
    edge: Edge | None
    doors: Doors
    role: Role

    @property
    def is_writable(self) -> bool:
        return self.volume.type is VolumeType.RW and (self.edge is None or self.edge.leaves_writable)

    @property
    def is_online(self) -> bool:
        return self.volume.state is VolumeState.ONLINE

    @property
    def is_fenced(self) -> bool:
        """Whether no client comes: its policies let nobody in, it is mounted nowhere, its LUNs are disabled."""
        return is_fence(self.volume, self.doors)

    @property
    def lag(self) -> timedelta | None:
        """How old what it could serve is, as its cluster says; None while it serves live, or holds nothing."""
        return self.edge.relationship.lag if self.edge else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A back end as it was seen. `svm` is None where it was not, or where its cluster has no such SVM.

    `volumes` are all of the SVM's by name, `relationships` all that end in it by their destination volume's; `doors`
    are those of a volume, and `snapshots` too, by its uuid; `common_snapshots` those that are kept common to all
    copies, None where they are not told.
    """

    backend: Backend
    seen: ClusterView | Unseen
    svm: Svm | None = None
    volumes: Mapping[str, Volume] = field(default_factory=dict)
    relationships: Mapping[str, Relationship] = field(default_factory=dict)
    doors: Mapping[str, Doors] = field(default_factory=dict)
    snapshots: Mapping[str, tuple[Snapshot, ...]] = field(default_factory=dict)
    common_snapshots: Mapping[str, tuple[Snapshot, ...]] | None = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()  # of volumes that are not among `volumes`

    @property
    def unseen(self) -> Unseen | None:
        return self.seen if isinstance(self.seen, Unseen) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClaim:
    """A claim, and where it was seen: by back end, the uuid of the policy that it is there.

    `turn` is the epoch that it counts in: its own, or the newest one where it is a rival of that, because neither's
    taker saw the other's.
    """

    claim: Claim
    at: Mapping[str, str]
    turn: int

    @property
    def epoch(self) -> int:
        return self.claim.epoch

    @property
    def backend(self) -> str:
        return self.claim.backend

    @property
    def served(self) -> datetime | None:
        return self.claim.served


class DoubtKind(StrEnum):
    """What a person should know, and nobody may guess."""

    TWO_SERVE = "two serve"
    SERVES_AND_RECEIVES = "serves and receives"
    UNCLAIMED = "unclaimed"  # marked, and nobody that was seen has claimed it
    UNREADABLE_CLAIM = "unreadable claim"
    TAKEN_ELSEWHERE = "taken elsewhere"  # to a back end that is none of the group here
    UNSIGNED_CLAIM = "unsigned claim"  # made without the group's secret, beside one that was made with it
    UNFINISHED_CLAIM = "unfinished claim"
    FROZEN = "frozen"  # it serves, and a planned failover keeps its clients away
    CONTRADICTED = "contradicted"  # a claim that what was seen speaks against
    UNSEEN_CLAIM = "unseen claim"  # it is about a part of the group, and which was not seen
    FOREIGN_SOURCE = "foreign source"
    UNMARKED = "unmarked"
    VANISHED = "vanished"
    RENAMED = "renamed"
    REPLACED = "replaced"  # a thing of that name is there, and it is another one
    UNREADABLE = "unreadable"  # a record of a copy cannot be read
    UNREADABLE_RECORD = "unreadable record"  # nor one of another kind
    AMBIGUOUS = "ambiguous"
    LEFT_OUT = "left out"  # a member that no pattern selects any more
    NOT_A_MEMBER = "not a member"  # mirrored into the group's SVM, and never protected
    NOTHING_SELECTED = "nothing selected"  # the patterns of the back end that serves match no volume


ABOUT_SERVING = frozenset(
    {DoubtKind.TWO_SERVE, DoubtKind.SERVES_AND_RECEIVES, DoubtKind.VANISHED, DoubtKind.UNSEEN_CLAIM}
)
"""Those that leave it open who serves a volume."""


UNSETTLED = frozenset(
    {
        DoubtKind.UNCLAIMED,
        DoubtKind.UNREADABLE_CLAIM,
        DoubtKind.TAKEN_ELSEWHERE,
        DoubtKind.UNFINISHED_CLAIM,
        DoubtKind.FROZEN,
    }
)
"""Those with which nothing of a group is changed, but by what settles them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """`text` holds the evidence. `backend` and `volume` are what it is about; None: the group."""

    kind: DoubtKind
    text: str
    backend: str | None = None
    volume: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one group stands. `volumes` are its members, in the order in which people count.

    `active` holds for each member the copy that serves it: None where nobody can tell. A copy that it names need not
    have been seen. `claims` are the newest first, but for those that lost and never
    served, and those that what was seen contradicts; `newest` are the keys of
    all that no later one is after.
    """

    group: Group
    sites: Mapping[str, Site]
    volumes: tuple[str, ...]
    copies: Mapping[CopyId, Copy]
    by_volume: Mapping[str, tuple[Copy, ...]]  # in the order of the group's back ends
    active: Mapping[str, CopyId | None]
    claims: tuple[HeldClaim, ...]
    doubts: tuple[Doubt, ...]
    is_fresh: bool  # nothing at any back end that was seen belongs to the group yet
    epochs: tuple[int, ...] = ()  # all that were ever given, as far as was seen
    newest: frozenset[str] = frozenset()
    hidden: Mapping[CopyId, str] = field(default_factory=dict)  # copies that cannot be read, and why: unseen, not gone
    unreadable: frozenset[int] = frozenset()  # those of claims that cannot be read, and that no later one has settled
    _uuids: dict[tuple[str, Aspect], frozenset[str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def next_epoch(self) -> int:
        """Never the first one where something is marked: that was given, though its claim be lost."""
        return max(self.epochs, default=0 if self.is_fresh else 1) + 1

    @property
    def contenders(self) -> tuple[HeldClaim, ...]:
        """The claims of the newest turn: more than one where sites that did not see each other were told apart."""
        return tuple(each for each in self.claims if each.turn == self.claims[0].turn)

    @property
    def serving(self) -> HeldClaim | None:
        """The newest claim whose back end serves something, or may: None where nothing was claimed."""
        backends = {copy.backend for copy in self.active.values() if copy is not None}
        return next((each for each in self.claims if each.backend in backends), None)

    def copy(self, backend: str, volume: str) -> Copy | None:
        return self.copies.get(CopyId(backend, volume))

    def copies_of(self, volume: str) -> tuple[Copy, ...]:
        """In the order of the group's back ends."""
        return self.by_volume.get(volume, ())

    def uuids(self, cluster: str, aspect: Aspect) -> frozenset[str]:
        """Of all that was seen of one aspect of a cluster; made when they are first asked for."""
        known = self._uuids.get((cluster, aspect))
        if known is None:
            seen = next(site.seen for site in self.sites.values() if site.backend.cluster == cluster)
            # An aspect's name is that of the part of the view that it fills.
            known = frozenset(each.uuid for each in getattr(seen, aspect.name.lower()))
            self._uuids[cluster, aspect] = known
        return known

    def edges_from(self, source: CopyId) -> tuple[Copy, ...]:
        """The copies that a relationship from this one ends in."""
        return tuple(copy for copy in self.copies_of(source.volume) if copy.edge and copy.edge.source == source)
