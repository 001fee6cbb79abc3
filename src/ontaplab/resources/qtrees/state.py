"""A qtree: a directory at the root of a volume that may have an export policy of its own."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 4994
"""In one volume."""
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Qtree:
    """Recorded with the volume in which it was made: what SnapMirror carries of it to another is its directory."""

    uuid: str
    volume: str
    """uuid"""
    id: int
    """In its volume; 0 is the volume itself."""
    name: str
    export_policy: str | None = None
    """uuid of its own one; None: it inherits its volume's."""
    security_style: str | None = None
    unix_permissions: int | None = None
