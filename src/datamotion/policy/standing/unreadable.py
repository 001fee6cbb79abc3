"""Records that cannot be read: which copy of the group each may be. Such a copy is unseen, never gone.

What belongs is a doubt that names it, and nothing is done with that copy; what does not belong stops nothing. Where
nobody can tell which volume a record is about, it may be any that was not seen there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from datamotion.model.mark import read_mark
from datamotion.model.standing import CopyId, Doubt, DoubtKind, Site
from datamotion.model.view import Aspect, ClusterView, Unreadable, Unseen
from datamotion.model.words import VolumeType
from datamotion.policy.gaps import OF_VOLUMES

if TYPE_CHECKING:
    from datamotion.model.mirror_records import Relationship
    from datamotion.model.volume_records import Volume
    from datamotion.policy.standing.membership import Membership


def without_unreadable(site: Site) -> Site:
    """The back end, with `unreadable` for each volume of which the record, or one of what belongs to it, is."""
    if not isinstance(site.seen, ClusterView) or site.svm is None or not site.seen.unreadable:
        return site
    volumes, found = dict(site.volumes), []
    for each in site.seen.unreadable:
        if each.svm not in (None, site.svm.name):
            continue
        if each.aspect not in OF_VOLUMES:
            continue
        if each.aspect is Aspect.VOLUMES:
            found.append(each)
            continue
        taken = [volumes.pop(name) for name in _concerned(site, each) if name in volumes]
        found += [
            Unreadable(reason=each.reason, svm=each.svm, volume=it.name, uuid=it.uuid, comment=it.comment)
            for it in taken
        ]
        if not taken and each.is_relationship:
            found.append(each)
    return replace(site, volumes=volumes, unreadable=tuple(found))


def _concerned(site: Site, what: Unreadable) -> list[str]:
    """The volumes that a relationship, a qtree or a session is about, as far as it tells."""
    if not what.is_relationship:
        return [name for name, volume in site.volumes.items() if volume.uuid == what.uuid]
    return [what.volume] if what.volume else _perhaps_mirrors(site.volumes, site.relationships)


def _perhaps_mirrors(volumes: Mapping[str, Volume], relationships: Mapping[str, Relationship]) -> list[str]:
    """What a relationship may end in that does not tell: each that cannot be written and has no other one."""
    return [name for name, volume in volumes.items() if volume.type is not VolumeType.RW and name not in relationships]


@dataclass(slots=True)
class Hidden:
    """The copies of a group that may be behind records that cannot be read, with the reason; and the doubts."""

    members: Membership
    copies: dict[CopyId, str] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    is_marked: bool = False  # something among them is marked as a member

    def __post_init__(self) -> None:
        if not any(site.unreadable for site in self.members.sites.values()):
            return
        by_origin = {origin: volume for volume, origin in self.members.origins.items()}
        sources = self._sources()
        for backend, site in self.members.sites.items():
            loose: list[Unreadable] = []
            for each in site.unreadable:
                member = self._member(backend, each, by_origin, sources)
                if member is not None:
                    self._hide(backend, [member], each)
                    self.doubts.append(_doubt(self.members.group.name, backend, member, each))
                elif each.volume is None:
                    loose.append(each)
            for each in loose:
                self._hide(backend, self.members.origins, each)
                self.doubts.append(_doubt(self.members.group.name, backend, None, each))

    def as_unseen(self, sites: Mapping[str, Site], volume: str) -> Mapping[str, Site]:
        """The back ends as they are to one volume: those that hide its copy were not seen."""
        return {
            name: replace(site, svm=None, seen=Unseen(reason=self.copies[CopyId(name, volume)], refused=True))
            if CopyId(name, volume) in self.copies
            else site
            for name, site in sites.items()
        }

    @property
    def volumes(self) -> frozenset[str]:
        return frozenset(copy_id.volume for copy_id in self.copies)

    def _hide(self, backend: str, volumes: Iterable[str], what: Unreadable) -> None:
        for volume in volumes:
            copy_id = CopyId(backend, volume)
            if copy_id not in self.members.copies:
                self.copies.setdefault(copy_id, what.reason)

    def _member(
        self, backend: str, what: Unreadable, by_origin: Mapping[str, str], sources: Mapping[tuple[str, str], str]
    ) -> str | None:
        """Which member's copy it is, by its mark, its uuid, a relationship, a pattern, or at last its name."""
        mark = read_mark(what.comment or "")
        if mark is not None and mark.group == self.members.group.name:
            self.is_marked = True
            return mark.volume
        if what.uuid is not None and what.uuid in by_origin:
            return by_origin[what.uuid]
        name = what.volume
        if name is None:
            return None
        if (backend, name) in sources:
            return sources[backend, name]
        site = self.members.sites[backend]
        if name in site.relationships:
            relationship = site.relationships[name]
            source = self.members.source_backend(backend, relationship)
            if source:
                copy_id = self.members.copy_at(source, relationship.source.volume)
                return copy_id.volume if copy_id else relationship.source.volume
        is_selected = backend in self.members.serving and site.backend.selects(name)
        return name if is_selected or name in self.members.origins else None

    def _sources(self) -> dict[tuple[str, str], str]:
        """By back end and name, the members of which a volume that was not seen is the source."""
        found = {}
        for copy_id, volume in self.members.copies.items():
            relationship = self.members.sites[copy_id.backend].relationships.get(volume.name)
            source = self.members.source_backend(copy_id.backend, relationship) if relationship else None
            if relationship is not None and source is not None:
                found[source, relationship.source.volume] = copy_id.volume
        return found


def _doubt(group: str, backend: str, member: str | None, what: Unreadable) -> Doubt:
    which = member or (f"volume {what.volume}" if what.volume else "some volume, nobody can tell which,")
    return Doubt(
        kind=DoubtKind.UNREADABLE,
        backend=backend,
        volume=member,
        text=f"{which} at {backend} cannot be seen: {what.reason}",
        hint=f"nothing is done with that copy until it can be; datamotion status {group} shows the others",
    )
