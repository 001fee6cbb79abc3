"""What lets clients in to what is served, as a cluster reports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPolicy:
    """Which NFS clients may come. One without rules lets nobody in."""

    name: str
    svm: str
    rules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Qtree:
    """A qtree, and the export policy that binds it, which its volume's does not when it has one of its own.

    `is_own`: the two differ, so this one is the qtree's own. Where they are the same, ONTAP does not tell whether the
    qtree inherits it.
    """

    volume_uuid: str
    id: int
    name: str
    export: str
    is_own: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CifsSession:
    """Somebody who is connected by SMB. `path` says which session below the collection; `volumes` it uses, by uuid."""

    path: str
    volumes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lun:
    """A LUN of a volume; `path` is where it is in that. Hosts read and write it only while it is enabled."""

    uuid: str
    volume_uuid: str
    path: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LunMap:
    """The initiators of an igroup see a LUN under this number."""

    lun_uuid: str
    svm: str
    igroup: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Igroup:
    """Hosts that LUNs are mapped to together. An initiator may be in several, and sees each number once."""

    name: str
    svm: str
    initiators: frozenset[str] = frozenset()
    protocol: str = "mixed"
    os_type: str = "linux"


class Permission(NamedTuple):
    """One entry of a share's ACL, in ONTAP's words."""

    who: str
    permission: str
    type: str = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A path in an SVM's namespace that SMB hosts connect to by name.

    `properties` are by the names of ONTAP's fields, in their order, as text: "true", "false" or one of its words.
    """

    svm: str
    name: str
    path: str
    comment: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    acl: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CifsServer:
    """An SVM serves SMB."""

    svm: str
