"""What the sources of mirrors still list, next to the relationships that are there.

An entry is *owed* a release when the relationship that it stands for is gone. Two that lead to one volume are told
apart by their uuids: where one of them is that of the relationship which is there, the other is a left-over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from datamotion.model.mirror_acts import ReleaseRelationship
from datamotion.model.mirror_records import Listed, Relationship
from datamotion.model.standing import Copy, Site, Standing
from datamotion.model.view import ClusterView
from datamotion.policy.standing.sites import destination_svm
from datamotion.policy.steps import Phase, StepList


class Entry(NamedTuple):
    """A relationship that a seen back end lists for a copy of the group.

    `at` is the back end that it ends in, `copy` the copy there that it ends in; None: it is none of the group's, was
    not seen, or holds no such copy. `relationship` is the one that it stands for, None where that is gone.
    """

    listed: Listed
    source: Copy
    at: str | None
    copy: Copy | None
    relationship: Relationship | None

    @property
    def is_owed(self) -> bool:
        """Whether what it stands for is seen to be gone."""
        return self.at is not None and self.relationship is None


class _Ends:
    """What ends in a back end, by uuid and by name."""

    def __init__(self, site: Site) -> None:
        self._by_name = site.relationships
        self._by_uuid = {each.uuid: each for each in site.relationships.values()}
        self._unreadable = {each.volume for each in site.unreadable}

    def may_hide(self, listed: Listed) -> bool:
        """Whether what an entry stands for may be behind a record that cannot be read."""
        return None in self._unreadable or listed.destination.volume in self._unreadable

    def relationship(self, listed: Listed, source: Copy, listed_there: Collection[str]) -> Relationship | None:
        """The one of the entry's uuid; else the one between its ends, if its source lists none of that one's uuid."""
        if found := self._by_uuid.get(listed.uuid):
            return found
        ending = self._by_name.get(listed.destination.volume)
        is_its_own = ending is not None and ending.uuid not in listed_there
        return ending if ending and is_its_own and ending.source.volume == source.volume.name else None


def entries(standing: Standing) -> Iterator[Entry]:
    """All that the back ends in sight list for copies of the group, in the order in which they list them."""
    by_uuid = {site.svm.uuid: name for name, site in standing.sites.items() if site.svm is not None}
    there = {name: _Ends(site) for name, site in standing.sites.items()}
    by_name = {(copy.id.backend, copy.volume.name): copy for copy in standing.copies.values()}
    for name, site in standing.sites.items():
        if not isinstance(site.seen, ClusterView) or site.svm is None:
            continue
        listed_here = {each.uuid for each in site.seen.destinations}
        for listed in site.seen.destinations:
            source = by_name.get((name, listed.source.volume)) if listed.source.svm == site.svm.name else None
            if source is not None:
                at = by_uuid.get(destination_svm(site, listed) or "")
                if at is not None and there[at].may_hide(listed):
                    at = None
                relationship = there[at].relationship(listed, source, listed_here) if at else None
                ends_in = (relationship or listed).destination.volume
                copy = by_name.get((at, ends_in)) if at else None
                is_another = copy is not None and copy.edge is not None and copy.edge.source != source.id
                if relationship is not None and relationship.uuid != listed.uuid and is_another:
                    relationship = None  # the copy follows another source by now
                yield Entry(listed, source, at, copy, relationship)


def release(
    due: StepList,
    standing: Standing,
    phase: Phase,
    entry: Entry,
    *,
    keeps_snapshots: bool = False,
    on_behalf_of: str | None = None,
) -> None:
    """Its source is asked to release it, on behalf of the copy that it ended in, or of that at another back end.

    Where that copy follows another one by now, what was made for it may be all that they have in common: that stays.
    """
    at = on_behalf_of or entry.at
    assert at is not None
    source, volume = entry.source.id
    what = "keeps its snapshots" if keeps_snapshots else "the snapshots that were made for it go"
    due.add(
        phase,
        standing.group.backend(at),
        volume,
        ReleaseRelationship(uuid=entry.listed.uuid, keeps_snapshots=keeps_snapshots),
        f"{volume}: {source} forgets {entry.listed.destination}, and {what}",
        asked_of=standing.group.backend(source),
        about=entry.listed.uuid,
    )
