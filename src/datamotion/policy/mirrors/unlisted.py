"""Mirrors that their sources list no more, as after a release: the next transfer into one may fail."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.view import ClusterView
from datamotion.policy.standing.sites import destination_svm


class Unlisted:
    """Which mirrors of a standing are none of those that their sources are seen to list."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._listed: dict[str, Collection[object]] = {}  # by back end: uuids and ends that it lists

    def has(self, copy: Copy) -> bool:
        """Whether it is one. A source that does not tell what it lists, or is not seen, has none; it lists a mirror
        from its first transfer on.
        """
        edge = copy.edge
        site = self._standing.sites[edge.source.backend] if edge and isinstance(edge.source, CopyId) else None
        if edge is None or site is None or not isinstance(site.seen, ClusterView) or site.seen.legs is None:
            return False
        if edge.relationship.is_transferring or not edge.holds_copy:
            return False
        name = site.backend.name
        if name not in self._listed:
            ends = {(destination_svm(site, each), each.destination.volume) for each in site.seen.legs}
            self._listed[name] = frozenset({*ends, *(each.uuid for each in site.seen.legs)})
        here, volume = self._standing.sites[copy.id.backend].svm, edge.relationship.destination.volume
        may_be = {edge.relationship.uuid, (here.uuid if here else None, volume), (None, volume)}
        return may_be.isdisjoint(self._listed[name])
