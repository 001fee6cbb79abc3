"""What is done to volumes, their snapshots and their marks, or waited for there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from datamotion.model.group import ONLINE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVolume:
    """A volume of type `dp` exists, with the size and properties of its source, unmounted; awaited for so long."""

    volume: str
    svm: str
    aggregates: tuple[str, ...]
    size_bytes: int
    style: str
    language: str | None
    guarantee: str | None
    comment: str
    constituents_per_aggregate: int | None = None
    snapshot_reserve: int | None = None
    is_encrypted: bool = False
    efficiency: tuple[tuple[str, str], ...] = ()  # what is switched on, by the names of ONTAP's fields
    limit_s: float = ONLINE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitOnline:
    """Nothing is changed: a destination volume is waited for, for so long, until it is online."""

    limit_s: float = ONLINE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteVolume:
    """The volume is gone, with all its snapshots."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyVolume:
    """The volume has this junction path ("" unmounts), export policy, comment, size, snapshot and QoS policy, autosize
    mode; of its efficiency this is switched on. None: unchanged.
    """

    uuid: str | None
    path: str | None = None
    export: str | None = None
    comment: str | None = None
    size_bytes: int | None = None
    snapshots: str | None = None
    qos: str | None = None
    autosize: str | None = None
    efficiency: tuple[tuple[str, str], ...] = ()  # by the names of ONTAP's fields


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveVolume:
    """The volume goes to this aggregate, or is there. `waits`: the cut-over is to be asked for."""

    uuid: str
    aggregate: str
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitMove:
    """Nothing is changed: a volume is waited for to be on this aggregate; `until`: all but its cut-over is done, and
    that is not asked for before.
    """

    uuid: str
    aggregate: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOver:
    """A volume that waits for it is cut over to the aggregate that it moves to, or is there."""

    uuid: str
    aggregate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortMove:
    """The volume stays where it is: its move does not go on."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneVolume:
    """A writable volume of this name holds what its parent held at a snapshot, as a clone of it.

    It is mounted at `path`, nowhere without one, and has this export policy; None: its parent's.
    """

    volume: str
    svm: str
    parent_uuid: str
    snapshot: str
    comment: str
    path: str | None = None
    export: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitClone:
    """The volume is no clone any more: what becomes of its parent does not concern it."""

    uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSnapshot:
    """The volume has a snapshot of this name, taken since it had none. `label` is what policies select it by."""

    volume_uuid: str
    name: str
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCommonSnapshot:
    """The volume has a snapshot of that name, with that SnapMirror label."""

    volume_uuid: str
    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSnapshot:
    """The snapshot of the volume is gone."""

    volume_uuid: str
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """The volume has this name and comment, by which it is a copy of nothing, and is mounted nowhere."""

    uuid: str
    name: str
    comment: str
    is_mounted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMark:
    """A volume that is nobody's copy bears no mark: its comment is this one, what people wrote."""

    uuid: str
    comment: str
