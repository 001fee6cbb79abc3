"""The acts that bring single LUNs and files of volumes to other places. A LUN's `name` is as ONTAP calls it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLun:
    """The LUN goes by that name: hosts use it there at once, while its bytes follow it to another volume."""

    uuid: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitLunMove:
    """Nothing is changed: a LUN is waited for until all of it is in the volume that its name says."""

    uuid: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneLun:
    """A LUN of that name holds what another one of its volume held at a moment. `comment` tells which one."""

    svm: str
    source_uuid: str
    name: str
    comment: str
