"""Which mirror belongs to which volume of a group: destination-side facts alone, joined.

A relationship belongs to a group at a target when it ends in the target's SVM and comes from the home's SVM. The source
may be known there under an alias, which the target's own list of SVM peers resolves; so nothing is asked of the source.
Where two homes have SVMs of one name, or a volume is mirrored twice, the mark on the destination volume decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datamotion.model.group import Group, Target
from datamotion.model.mark import Mark, read_mark
from datamotion.model.records import Relationship, Volume
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Role, VolumeState

_COMPLETE = frozenset(
    {
        MirrorState.SNAPMIRRORED,
        MirrorState.PAUSED,
        MirrorState.BROKEN_OFF,
        MirrorState.IN_SYNC,
        MirrorState.OUT_OF_SYNC,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """One volume's relationship and destination at one target. `volume` is the source volume's name."""

    volume: str
    relationship: Relationship
    destination: Volume | None

    @property
    def mark(self) -> Mark | None:
        return read_mark(self.destination.comment) if self.destination else None

    @property
    def is_active(self) -> bool:
        return self.mark is not None and self.mark.role is Role.ACTIVE

    @property
    def unusable_because(self) -> str | None:
        """Why the destination could not be served, None if it could: it is about the copy, not about its freshness.

        A failed transfer leaves the copy whole, only older; its lag tells.
        """
        if self.destination is None:
            return "its destination volume is not there"
        if self.destination.state is not VolumeState.ONLINE:
            return f"its destination volume is {self.destination.state}"
        if self.relationship.state not in _COMPLETE:
            return f"it is {self.relationship.state}: the destination holds no complete copy"
        return None


def mirrors_at(group: Group, target: Target, view: ClusterView) -> Mapping[str, Mirror]:
    """The group's mirrors at a target, by the source volume's name, in the order of the names."""
    svm = target.backend.svm
    aliases = {peer.name for peer in view.svm_peers if peer.svm == svm and peer.peer_svm == group.home.svm}
    aliases.add(group.home.svm)
    volumes = view.volumes_of(svm)
    found: dict[str, list[Mirror]] = {}
    for destination, relationship in view.relationships_into(svm).items():
        source = relationship.source
        if source.svm not in aliases or not group.home.protects(source.volume):
            continue
        mirror = Mirror(volume=source.volume, relationship=relationship, destination=volumes.get(destination.volume))
        if mirror.mark is None or mirror.mark.group == group.name:
            found.setdefault(source.volume, []).append(mirror)
    return {volume: max(claims, key=_claim) for volume, claims in sorted(found.items())}


def _claim(mirror: Mirror) -> tuple[bool, bool]:
    """Of two mirrors of one volume the one that serves is meant, else the one that was marked."""
    return mirror.is_active, mirror.mark is not None
