"""What source and destination of a mirror say to each other. Snapshots are named by their version_uuid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from ontaplab.disk.difference import Compared
from ontaplab.resources.relationships.state import Kind, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A relationship is to begin at this volume."""

    relationship: str
    source_svm: str
    """uuid; names are the destination's own business"""
    source_volume: str
    """name"""
    source_volume_uuid: str
    """empty as long as only the name is known"""
    svm_peer: str | None
    """uuid of the SVM peer, the same on both sides; None: both SVMs are in one cluster"""
    destination_svm: str
    destination_svm_uuid: str
    destination_volume: str
    destination_volume_uuid: str
    policy: str
    kind: Kind
    have: tuple[str, ...]
    """the snapshots that the destination holds"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    volume_uuid: str
    volume_size_bytes: int
    volume_language: str
    common: str | None
    """the newest snapshot that both hold"""
    constituents: int = 0
    """of a source that is a FlexGroup"""
    was_listed: bool
    """whether the source listed the destination before"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the destination holds, and what it wants to be carried."""

    have: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """with these labels"""
    everything: bool = False
    """all snapshots"""
    creates: bool = True
    """a new snapshot as the last one, made at the source"""
    target: str | None = None
    """this one as the last, if it is still there: it was made for this transfer before a restart"""
    source_snapshot: str | None = None
    """the one of this name as the last"""
    resume: str | None = None
    """this one first, if it is still there: a part of it was received"""
    scheduled: bool = False
    """for a transfer that nobody asked for"""
    only_changes: bool = False
    """nothing, if a new snapshot would be like the newest common one"""
    restore: bool = False
    """one snapshot, `source_snapshot` or the newest, whether it is newer or older than what the destination holds"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedSnapshot:
    name: str
    version: str
    created: datetime
    provenance_volume: str
    label: str | None
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next snapshot to carry: what turns `base` (None: nothing) into it."""

    snapshot: CarriedSnapshot
    base: str | None
    difference: str
    """as JSON; its beginning, if comparing takes long"""
    target: str
    """the last one to be carried"""
    target_name: str
    volume_name: str
    volume_size_bytes: int
    present: tuple[str, ...]
    """all snapshots of the source"""
    constituents: int = 0
    """of a source that is a FlexGroup"""

    @property
    def is_last(self) -> bool:
        return self.snapshot.version == self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """The destination exports this snapshot, and the relationship is in this state."""

    snapshot: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """The destination of a relationship is to become its source, and its source the destination."""

    policy: str
    """name"""
    kind: Kind
    common: str
    """version_uuid of the snapshot that the destination exports"""


REGISTRATION = TypeAdapter(Registration)
REGISTERED = TypeAdapter(Registered)
HAVE: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])
GEOMETRY = TypeAdapter(int)
COMMON: TypeAdapter[str | None] = TypeAdapter(str | None)
WANTED = TypeAdapter(Wanted)
STEP: TypeAdapter[Step | None] = TypeAdapter(Step | None)
COMPARED: TypeAdapter[Sequence[Compared]] = TypeAdapter(Sequence[Compared])
LANDED = TypeAdapter(Landed)
REVERSAL = TypeAdapter(Reversal)
