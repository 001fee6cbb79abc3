"""A LUN map: the initiators of a group see a LUN under a number."""

from __future__ import annotations

from dataclasses import dataclass

HIGHEST = 4095


@dataclass(frozen=True, slots=True, kw_only=True)
class LunMap:
    """The cluster's own configuration: neither a snapshot nor a mirror holds it."""

    uuid: str
    """That of the LUN and that of the group."""
    volume: str
    """uuid of the LUN's."""
    lun: str
    """uuid"""
    igroup: str
    """uuid"""
    number: int
