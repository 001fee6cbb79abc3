"""The shape of a FlexGroup and of its mirror: every transfer needs as many constituents at both ends."""

from __future__ import annotations

from typing import NamedTuple

from datamotion.model.units import count_text
from datamotion.model.volume_records import Volume


class Geometry(NamedTuple):
    """How many constituents a FlexGroup and its mirror have, where that differs."""

    source: int
    destination: int

    @property
    def is_grown(self) -> bool:
        """Whether the source has more: ONTAP expands an initialized destination with its next update, no other."""
        return self.source > self.destination

    @property
    def text(self) -> str:
        return f"{count_text(self.destination, 'constituent')}, its source {self.source}"


def changed_geometry(source: Volume, destination: Volume) -> Geometry | None:
    """None where both have as many, or one of them is not seen to have any."""
    if not source.constituents or not destination.constituents or source.constituents == destination.constituents:
        return None
    return Geometry(source.constituents, destination.constituents)
