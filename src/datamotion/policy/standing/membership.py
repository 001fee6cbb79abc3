"""Which volume is a copy of which: by marks, by uuids, and by relationships whose two ends are known. Never by names.

A volume belongs to a group because it was marked so, or because it is where the group is served, a pattern there
selects it and no other group has marked it. A relationship alone makes nobody a member; it only tells that an unmarked
volume is the copy of one.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from datamotion.model.drilled import read_drilled
from datamotion.model.group import Group
from datamotion.model.kept import read_kept
from datamotion.model.mark import Mark, read_mark
from datamotion.model.migration import is_migration
from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import CopyId, Doubt, DoubtKind, Foreign, Site
from datamotion.model.view import ClusterView
from datamotion.model.volume_records import Volume
from datamotion.model.words import VolumeType


def is_beside(volume: Volume) -> bool:
    """Whether it keeps what a copy gave up or serves a drill: whatever patterns select it, it is no member."""
    return read_kept(volume.comment) is not None or read_drilled(volume.comment) is not None


def other_group_of(volume: Volume, group: str) -> str | None:
    """The other group that marked it as its own. What is on its way elsewhere is not kept from either."""
    mark = read_mark(volume.comment)
    if mark is None or mark.group == group or is_migration(mark.group) or is_migration(group):
        return None
    return mark.group


@dataclass(slots=True, kw_only=True)
class Membership:
    """Every copy that was seen, with its mark; which relationship ends in which, and whence it comes.

    Made in one pass over what was seen. `svms` tells which back end an SVM is, `serving` where patterns select members.
    `origins` holds each member's first uuid; `selected` are those that no mark made members yet, by the back end whose
    pattern did.
    """

    group: Group
    sites: Mapping[str, Site]
    svms: Mapping[str, str]
    serving: Sequence[str]
    copies: dict[CopyId, Volume] = field(default_factory=dict)
    marks: dict[CopyId, Mark] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    selected: dict[str, str] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    _ids: dict[str, dict[str, CopyId]] = field(default_factory=dict)  # by back end, and by the volume's name there
    _uuids: dict[str, set[str]] = field(default_factory=dict)  # by back end: the volumes that it holds
    _aliases: dict[tuple[str, str], str | None] = field(default_factory=dict)  # by back end and alias: an SVM's uuid

    def __post_init__(self) -> None:
        for name, site in self.sites.items():
            self._ids[name] = {}
            self._uuids[name] = {volume.uuid for volume in site.volumes.values() if not is_beside(volume)}
            if isinstance(site.seen, ClusterView) and site.svm is not None:
                svm = site.svm.name
                self._aliases |= {
                    (name, each.name): each.peer_svm_uuid for each in site.seen.svm_peers if each.svm == svm
                }
        self._take_marked()
        self._take_unmarked()
        for backend in self.serving:
            self._take_selected(self.sites[backend])
        if self.selected:
            self._take_unmarked()

    def add(self, copy_id: CopyId, volume: Volume) -> None:
        """This volume is the copy of that name."""
        self.copies[copy_id] = volume
        self._ids[copy_id.backend][volume.name] = copy_id

    def copy_at(self, backend: str, volume: str) -> CopyId | None:
        """Which copy a volume of that name is."""
        return self._ids[backend].get(volume)

    def source_of(self, copy_id: CopyId, relationship: Relationship) -> CopyId | Foreign:
        """Whence this relationship into a copy comes."""
        backend = self.source_backend(copy_id.backend, relationship)
        source = self._source_copy(backend, relationship, copy_id.volume) if backend else None
        if source is not None and source.volume == copy_id.volume:
            return source
        return Foreign(relationship.source, relationship.source_cluster or self.sites[copy_id.backend].backend.cluster)

    def source_backend(self, here: str, relationship: Relationship) -> str | None:
        """The back end whose SVM the source is in, by that SVM's uuid."""
        uuid = self.source_svm(here, relationship)
        return self.svms.get(uuid) if uuid else None

    def source_svm(self, here: str, relationship: Relationship) -> str | None:
        """The uuid of the SVM that the source is in; None where it is not told."""
        if relationship.source_svm_uuid is None and relationship.source_cluster is not None:
            return self._aliases.get((here, relationship.source.svm))
        return relationship.source_svm_uuid

    def _source_copy(self, backend: str, relationship: Relationship, destination: str | None) -> CopyId | None:
        """The copy that a relationship comes from: its source volume as it is seen there, or as the mark knows it.

        The path of a relationship keeps the name that its source had at the last transfer.
        """
        name = relationship.source.volume
        if found := self._ids[backend].get(name):
            return found
        known = destination if destination is not None else name
        is_gone = name not in self.sites[backend].volumes
        return CopyId(backend, known) if known in self.origins and is_gone else None

    def _take_marked(self) -> None:
        claimed: dict[CopyId, list[tuple[Volume, Mark]]] = {}
        told: dict[str, list[str]] = {}
        for backend, site in self.sites.items():
            for volume, mark in self._marked(site):
                claimed.setdefault(CopyId(backend, mark.volume), []).append((volume, mark))
                told.setdefault(mark.volume, []).append(mark.origin)
        self.origins |= {volume: self._believed(origins) for volume, origins in told.items()}
        for site in self.sites.values():
            for each in site.unreadable:
                mark_there = read_mark(each.comment or "")
                if mark_there is not None and mark_there.group == self.group.name:
                    self.origins.setdefault(mark_there.volume, mark_there.origin)
        for copy_id, candidates in claimed.items():
            fitting = [each for each in candidates if each[1].origin == self.origins[copy_id.volume]]
            chosen = self._one_of(copy_id, fitting)
            if chosen is not None:
                self.add(copy_id, chosen[0])
                self.marks[copy_id] = chosen[1]
            if chosen is None or len(candidates) > 1:
                self.doubts += self._others(copy_id, candidates, chosen)

    def _believed(self, origins: Sequence[str]) -> str:
        """Of what marks say, what most of them do; of as many, what is the uuid of a volume in sight; else the first.

        Anybody with rights at one volume can write its comment.
        """
        counts = Counter(origins)
        return max(counts, key=lambda each: (counts[each], any(each in uuids for uuids in self._uuids.values())))

    def _marked(self, site: Site) -> Iterator[tuple[Volume, Mark]]:
        """A clone carries the comment of its parent, and is no copy by that."""
        for volume in site.volumes.values():
            mark = read_mark(volume.comment)
            if mark is None or mark.group != self.group.name:
                continue
            if not volume.is_clone or volume.uuid == mark.origin or volume.name in site.relationships:
                yield volume, mark

    def _one_of(self, copy_id: CopyId, candidates: list[tuple[Volume, Mark]]) -> tuple[Volume, Mark] | None:
        """Of several volumes with the mark of one copy, the one that it was written for; None where that is unclear.

        Where the volume that was protected first is there, with or without a mark, no other is its copy.
        """
        origin = self.origins[copy_id.volume]
        if origin in self._uuids[copy_id.backend]:
            return next((each for each in candidates if each[0].uuid == origin), None)
        if len(candidates) > 1:
            relationships = self.sites[copy_id.backend].relationships
            candidates = [each for each in candidates if each[0].name in relationships] or candidates
        return candidates[0] if len(candidates) == 1 else None

    def _others(
        self, copy_id: CopyId, candidates: Iterable[tuple[Volume, Mark]], chosen: tuple[Volume, Mark] | None
    ) -> Iterator[Doubt]:
        """Volumes with the mark of a copy that they are not."""
        backend, member = copy_id
        for volume, mark in candidates:
            if chosen is not None and volume is chosen[0]:
                continue
            claims = f"{volume.name} at {backend} is marked as a copy of {member}"
            if mark.origin != self.origins[member]:
                text = (
                    f"{claims} with uuid {mark.origin}, others with uuid {self.origins[member]}: they are two volumes"
                )
            elif mark.origin in self._uuids[backend]:
                text = f"{claims}, and that volume, by its uuid {mark.origin}, is another one there"
            else:
                text = f"{claims}, and so is another volume there"
            yield Doubt(
                kind=DoubtKind.AMBIGUOUS,
                backend=backend,
                volume=member,
                text=text,
                hint=f"remove the [datamotion ...] bracket from the comment of the one that is not {self.group.name}'s",
            )

    def _take_selected(self, site: Site) -> None:
        """What the patterns select where the group is served is a member, marked or not."""
        backend, ids = site.backend, self._ids[site.backend.name]
        for volume in site.volumes.values():
            if volume.name in ids or not backend.selects(volume.name, volume.uuid):
                continue
            if is_beside(volume) or other_group_of(volume, self.group.name):
                continue
            if volume.type is not VolumeType.RW and volume.name in site.relationships:
                continue  # a mirror that nobody marked is not what is served there
            if volume.name in self.origins:
                self.doubts.append(self._replaced(backend.name, volume))
                continue
            self.selected[volume.name] = backend.name
            self.origins[volume.name] = volume.uuid
            self.add(CopyId(backend.name, volume.name), volume)

    def _replaced(self, backend: str, volume: Volume) -> Doubt:
        place, marked = self.sites[backend].backend, ""
        copies = (CopyId(name, volume.name) for name in self.sites)
        if known := next((self.marks[each] for each in copies if each in self.marks), None):
            marked = (
                f"; if it is the copy that was served there, and its comment was overwritten, at {place.cluster}:"
                f" volume modify -vserver {place.svm} -volume {volume.name} -comment"
                f" {shlex.quote(known.write(volume.comment))}"
            )
        return Doubt(
            kind=DoubtKind.REPLACED,
            backend=backend,
            volume=volume.name,
            text=f"{volume.name} at {backend} (uuid {volume.uuid}) is not the volume that {self.group.name} protects by"
            f" that name (uuid {self.origins[volume.name]})",
            hint=f"rename it, leave it out with `volumes` of {place.said_at}, or end the protection of the other one:"
            f" datamotion unprotect {self.group.name} --volume {volume.name}{marked}",
        )

    def _take_unmarked(self) -> None:
        """Copies of members that have lost their mark, told by their uuid or by a relationship."""
        by_origin = {origin: volume for volume, origin in self.origins.items()}
        for backend, site in self.sites.items():
            for volume in site.volumes.values():
                if (member := by_origin.get(volume.uuid)) and not is_beside(volume):
                    self._adopt(CopyId(backend, member), volume, f"its uuid {volume.uuid} says so")
        for backend, site in self.sites.items():
            ids = self._ids[backend]
            for name, relationship in site.relationships.items():
                if name not in ids and name in site.volumes and not is_beside(site.volumes[name]):
                    self._adopt_destination(backend, site.volumes[name], relationship)

    def _adopt_destination(self, backend: str, volume: Volume, relationship: Relationship) -> None:
        source_backend = self.source_backend(backend, relationship)
        source = self._source_copy(source_backend, relationship, None) if source_backend else None
        if source is not None:
            evidence = f"its relationship with {relationship.source} says so"
            self._adopt(CopyId(backend, source.volume), volume, evidence)

    def _adopt(self, copy_id: CopyId, volume: Volume, evidence: str) -> None:
        if copy_id in self.copies or volume.name in self._ids[copy_id.backend]:
            return
        self.add(copy_id, volume)
        if copy_id.volume in self.selected:  # it has never been marked
            return
        backend, member = copy_id
        self.doubts.append(
            Doubt(
                kind=DoubtKind.UNMARKED,
                backend=backend,
                volume=member,
                text=f"{volume.name} at {backend} is a copy of {member} ({evidence}), with no mark that can be read",
                hint=f"datamotion apply {self.group.name} marks it again where it serves or is a mirror, datamotion"
                f" reprotect {self.group.name} where it becomes one",
            )
        )
