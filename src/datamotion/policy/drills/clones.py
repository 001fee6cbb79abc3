"""The clones of drills: which are there."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.drilled import Drilled, read_drilled
from datamotion.model.standing import Site
from datamotion.model.volume_records import Volume


def drills_at(site: Site) -> Iterator[tuple[Volume, Drilled]]:
    """The clones of drills at a back end, of whatever group. What was split off is a person's, and none any more."""
    for volume in site.volumes.values():
        drilled = read_drilled(volume.comment)
        if drilled is not None and volume.is_clone:
            yield volume, drilled
