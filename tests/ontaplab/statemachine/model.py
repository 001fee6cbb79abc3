"""What a random history must lead to: volumes, what clients see in them, and mirrors between them.

Written from the rules as the documentation has them, and knowing nothing of the lab's code. Whether two volumes share
a snapshot is what the clusters say; what is in it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Tree = dict[str, bytes | None]
"""Paths with their bytes; directories have none."""
State = Literal["uninitialized", "snapmirrored", "paused", "broken_off"]


class Slot(NamedTuple):
    """Where a volume is or may be."""

    cluster: str
    name: str


@dataclass
class Volume:
    kind: Literal["rw", "dp"]
    files: Tree | None
    """What clients see; None: nothing yet."""

    def takes(self, path: str) -> bool:
        """Whether a file can be written there: its directory is there, and it is none itself."""
        files, parent = self.files or {}, path.rpartition("/")[0]
        return (not parent or files.get(parent, b"") is None) and files.get(path, b"") is not None


@dataclass
class Mirror:
    """A relationship at its destination."""

    uuid: str
    source: Slot
    destination: Slot
    state: State = "uninitialized"
    initialized: bool = False
    listed: bool = True
    """Whether the source knows of it."""
    healthy: bool = True
    """Whether the last transfer that ended was a success. One that was aborted says nothing."""
    source_is_gone: bool = False
    """Whether its source was deleted: what has that name since is another volume."""
    arriving: Tree | None = None
    """What clients of the destination will see when the transfer that runs has ended; None: none runs."""

    @property
    def is_running(self) -> bool:
        return self.arriving is not None

    @property
    def is_live(self) -> bool:
        """Whether its next update begins where the last one ended."""
        return self.initialized and self.state in ("snapmirrored", "paused")


Word = Literal["initialize", "update", "quiesce", "resume", "break", "resync", "abort", "delete"]


def allows(mirror: Mirror, word: Word) -> bool:
    """Whether it may be asked. A transfer that runs here is one that is held: who waits for it waits in vain."""
    if word == "abort":
        return mirror.is_running
    if mirror.is_running:
        return False
    states: dict[Word, tuple[State, ...]] = {
        "initialize": ("uninitialized",),
        "update": ("snapmirrored",),
        "quiesce": ("uninitialized", "snapmirrored", "paused"),
        "resume": ("snapmirrored", "paused"),
        "break": ("snapmirrored", "paused", "broken_off") if mirror.initialized else (),
        "resync": ("broken_off",),
        "delete": ("uninitialized", "snapmirrored", "paused", "broken_off"),
    }
    return mirror.state in states[word]


def meaning(mirror: Mirror, wanted: str) -> Word:
    """What asking for a state is in this one."""
    if wanted == "snapmirrored":
        words: dict[State, Word] = {"uninitialized": "initialize", "broken_off": "resync"}
        return words.get(mirror.state, "resume")
    return "quiesce" if wanted == "paused" else "break"


@dataclass
class Model:
    """Both clusters."""

    volumes: dict[Slot, Volume] = field(default_factory=dict)
    mirrors: dict[Slot, Mirror] = field(default_factory=dict)
    """By destination."""
    listed: dict[str, Slot] = field(default_factory=dict)
    """The sources that know of a relationship, by its uuid."""
    held: set[str] = field(default_factory=set)
    """The clusters at which transfers stop half way."""

    def is_writable(self, slot: Slot) -> bool:
        return slot in self.volumes and self.volumes[slot].kind == "rw"

    def is_mirror(self, slot: Slot) -> bool:
        return slot in self.volumes and self.volumes[slot].kind == "dp"

    def is_mirror_of(self, slot: Slot, source: Slot) -> bool:
        """Straight, and it was not broken off."""
        mirror = self.mirrors.get(slot)
        return self.is_mirror(slot) and mirror is not None and mirror.source == source and not mirror.source_is_gone

    def is_protected(self, slot: Slot) -> bool:
        return slot in self.mirrors or slot in self.listed.values()

    def feeds_a_transfer(self, slot: Slot) -> bool:
        return any(mirror.is_running and mirror.source == slot for mirror in self.mirrors.values())

    def moved(self, mirror: Mirror, word: Word) -> None:
        """What the word leads to, where it is allowed and starts no transfer."""
        match word:
            case "quiesce":
                mirror.state = "paused"
            case "resume" if mirror.state == "paused":
                mirror.state = "snapmirrored" if mirror.initialized else "uninitialized"
            case "break":
                mirror.state = "broken_off"
                self.volumes[mirror.destination].kind = "rw"
            case "abort":
                mirror.arriving = None
            case _:
                pass

    def made_mirror_again(self, mirror: Mirror, common: Tree) -> None:
        """By a resync: a source that had forgotten the destination knows of it again."""
        self.volumes[mirror.destination] = Volume("dp", common)
        self.listed[mirror.uuid] = mirror.source
        mirror.listed, mirror.source_is_gone = True, False

    def transfer_started(self, mirror: Mirror, *, has_all: bool) -> None:
        """It brings what the source holds now; at once, unless it is held. One that has all there is is never held."""
        if not mirror.listed:
            mirror.healthy = False  # it fails, and nothing else changes
            return
        mirror.arriving = dict(self.volumes[mirror.source].files or {})
        if has_all or mirror.destination.cluster not in self.held:
            self._arrived(mirror)

    def released(self, cluster: str) -> None:
        self.held.discard(cluster)
        for mirror in self.mirrors.values():
            if mirror.is_running and mirror.destination.cluster == cluster:
                self._arrived(mirror)

    def _arrived(self, mirror: Mirror) -> None:
        self.volumes[mirror.destination].files = mirror.arriving
        mirror.state, mirror.initialized, mirror.healthy, mirror.arriving = "snapmirrored", True, True, None
