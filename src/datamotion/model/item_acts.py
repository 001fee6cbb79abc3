"""The acts that bring single LUNs and files of volumes to other places. A LUN's `name` is as ONTAP calls it."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.model.item_records import FileName


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLun:
    """The SVM has a LUN of that name, into which what another SVM's LUN holds is copied. `peer` is what it calls that.

    `comment` tells which one it is copied from.
    """

    svm: str
    peer: str
    source_uuid: str
    name: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitLunCopy:
    """Nothing is changed: a LUN that is copied is waited for until all is in it, which are so many bytes."""

    svm: str
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIgroup:
    """The SVM has a group of that name, of these initiators."""

    svm: str
    name: str
    protocol: str
    os_type: str
    initiators: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLun:
    """The LUN is gone, with its maps."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkLun:
    """A LUN has this comment, and hosts can use it, or cannot: its maps stay as they are."""

    uuid: str
    comment: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameFile:
    """The file is at another path of its volume."""

    volume_uuid: str
    name: FileName
    to_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneFile:
    """At another path of its volume is a file that holds what this one held at a moment."""

    volume_uuid: str
    source: FileName
    to_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeFolder:
    """There is a folder of that name, for files to go into. `mode` are octal digits as a number, None: ONTAP's own."""

    volume_uuid: str
    name: FileName
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFile:
    """A file holds what another one of its cluster held when that was asked for."""

    source: FileName
    destination: FileName


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteFile:
    """The file is gone."""

    volume_uuid: str
    name: FileName
