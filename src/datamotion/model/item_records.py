"""LUNs and files, and where they are on their way to, as a cluster reports them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from datamotion.model.words import PassageState


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The copy or move of a LUN to another volume that goes on, else its last one; LUNs by their full names.

    Until a move has arrived, `destination` is where it goes. A copy tells none: it is where it goes.
    """

    source: str | None
    destination: str | None
    state: PassageState
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLun:
    """A LUN with all that has to be known to bring it elsewhere. `path` is where it is in its volume.

    `igroups` are those that it is mapped to, each with the number by which its hosts know it there. One that
    `is_reserved` takes all of its size of its volume.
    """

    uuid: str
    svm: str
    volume: str
    path: str
    size_bytes: int
    used_bytes: int
    serial: str | None
    is_enabled: bool
    comment: str
    is_reserved: bool = False
    igroups: tuple[tuple[str, int | None], ...] = ()
    move: Passage | None = None
    copy: Passage | None = None

    @property
    def name(self) -> str:
        """As ONTAP calls it."""
        return lun_name(self.volume, self.path)


def lun_name(volume: str, path: str) -> str:
    """What ONTAP calls the LUN at that path of a volume."""
    return f"/vol/{volume}/{path}"


class FileName(NamedTuple):
    """A file by where it is: its path from the root of a volume of an SVM."""

    svm: str
    volume: str
    path: str


@dataclass(frozen=True, slots=True)
class FilesIn:
    """All that is in a folder, or at a volume's root, whose path is empty."""

    folder: FileName


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFile:
    """A file that is there. `kind` is ONTAP's word for what it is: `file`, `directory`, `symlink`.

    `mode` are the octal digits that ONTAP writes as a number, 755; None where it does not tell. It has `links` names.
    """

    name: FileName
    kind: str
    size_bytes: int
    used_bytes: int
    modified_at: datetime
    mode: int | None = None
    links: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyJob:
    """A job of a cluster that copies files, or did. `ended_at` is None while it goes on."""

    uuid: str
    state: str
    ended_at: datetime | None
