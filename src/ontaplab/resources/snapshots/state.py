"""A snapshot's record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Equal `version_uuid` on two volumes: they hold the same bytes, a common snapshot."""

    uuid: str
    volume: str
    """uuid of its volume."""
    name: str
    created: datetime
    """When the data was like this: for a transferred snapshot, at the source."""
    version_uuid: str
    provenance_volume: str
    """uuid of the volume it was first taken of."""
    label: str | None = None
    comment: str | None = None
    expires: datetime | None = None
    """Until then it cannot be deleted."""
    owners: tuple[str, ...] = ()
    """Why it cannot be deleted: "snapmirror" while a relationship depends on it."""
