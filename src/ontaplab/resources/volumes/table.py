"""The volumes of a cluster, found by what identifies them without looking at each."""

from __future__ import annotations

from ontaplab.resources.volumes.state import FIRST_MSID, Volume
from ontaplab.store import Store, Table


class Volumes(Table[Volume]):
    """Their table and its indices. SVMs, parents and aggregates are meant by their uuids."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, "volume", Volume)
        self.by_name = self.by(lambda volume: (volume.svm, volume.name))
        self.by_path = self.by_each(lambda volume: volume.path_keys[-1:])
        self.by_upper_path = self.by_each(lambda volume: volume.path_keys[:-1])
        """Each under every path above its own."""
        self.roots_by_svm = self.by_each(lambda volume: (volume.svm,) if volume.is_svm_root else ())
        self.clones_by_parent = self.by_each(lambda volume: (volume.clone.parent,) if volume.clone else ())
        self.promised_bytes = self.totals(lambda volume: volume.promised_bytes)
        """Of each aggregate."""
        self._last_msid = max((part.msid for each in self for part in (each, *each.parts)), default=FIRST_MSID)

    def new_msid(self) -> int:
        """A number that no volume or constituent of the cluster has."""
        self._last_msid += 1
        return self._last_msid
