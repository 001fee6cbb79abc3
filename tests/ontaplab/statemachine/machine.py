"""Random requests, legal and illegal, to two clusters, and what must come of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.ontaplab.statemachine.files import SLOTS, Files, content, paths, slots, snapshot_names
from tests.ontaplab.statemachine.mirrors import Mirrors, mirrors
from tests.ontaplab.statemachine.model import Mirror, Slot
from tests.ontaplab.statemachine.world import a_world

MEMORY = Path("/dev/shm")


class Histories(Files, Mirrors):
    """Single requests, and sequences of them that are usual: by chance alone they would be rare."""

    @initialize(order=st.permutations(SLOTS), shape=st.sampled_from(["pair", "fan-out", "cascade"]))
    def begin(self, order: Sequence[Slot], shape: str) -> None:
        """A mirror of one volume by another, and a second one perhaps: most of what follows needs one."""
        root = tempfile.mkdtemp(prefix="ontaplab-history-", dir=MEMORY if MEMORY.is_dir() else None)
        self.stack.callback(shutil.rmtree, root)
        self.world = self.stack.enter_context(a_world(Path(root)))
        source, destination, _ = order
        self.create_volume(source, "rw")
        self.create_volume(destination, "dp")
        self.upload(source, "one", b"first")
        self.create_mirror(source, destination)
        self.transfer(self.model.mirrors[destination])
        if shape != "pair":
            self.mirror_again(self.model.mirrors[destination], cascade=shape == "cascade")

    @rule(data=st.data(), slot=slots)
    def remove(self, data: st.DataObject, slot: Slot) -> None:
        """A volume, a mirror, or what its source knows of it."""
        what = data.draw(st.sampled_from(["volume", "mirror", "source's entry"]))
        if what == "volume":
            self.delete_volume(slot)
        elif what == "mirror" and slot in self.model.mirrors:
            self.delete_mirror(self.model.mirrors[slot], data.draw(st.sampled_from(["", "destination_only"])))
        elif self.model.listed:
            uuid = data.draw(st.sampled_from(list(self.model.listed)))
            self.release(uuid, data.draw(st.sampled_from(["source_only", "source_info_only"])))

    @precondition(lambda self: self.model.mirrors and len(self.model.volumes) < len(SLOTS))
    @rule(mirror=mirrors, cascade=st.booleans())
    def mirror_again(self, mirror: Mirror, cascade: bool) -> None:
        """The mirror is mirrored on, or its source has a second one."""
        free = next(slot for slot in SLOTS if slot not in self.model.volumes)
        self.create_volume(free, "dp")
        self.create_mirror(mirror.destination if cascade else mirror.source, free)
        if free in self.model.mirrors:
            self.transfer(self.model.mirrors[free])

    @precondition(lambda self: self.model.mirrors)
    @rule(mirror=mirrors, path=paths, content=content)
    def keep_up(self, mirror: Mirror, path: str, content: bytes) -> None:
        """The source changes, and the mirror is updated."""
        self.upload(mirror.source, path, content)
        self.transfer(mirror)

    @precondition(lambda self: self.model.mirrors)
    @rule(mirror=mirrors, name=snapshot_names)
    def rotate(self, mirror: Mirror, name: str) -> None:
        """A snapshot gives way to a new one of its name, as with those that are taken by the hour."""
        self.delete_snapshot(mirror.source, name)
        self.take_snapshot(mirror.source, name)
        self.transfer(mirror)

    @precondition(lambda self: self.model.mirrors)
    @rule(mirror=mirrors)
    def turn_round(self, mirror: Mirror) -> None:
        """The destination is made the source of what was its source."""
        self.ask_for_a_state(mirror, "broken_off")
        self.create_mirror(mirror.destination, mirror.source)
        if mirror.source in self.model.mirrors:
            self.ask_for_a_state(self.model.mirrors[mirror.source], "snapmirrored")
