"""Random requests, legal and illegal, to two clusters, and what must come of them."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.ontaplab.statemachine.model import Mirror, Model, Slot, Tree, Volume, allows, meaning
from tests.ontaplab.statemachine.world import CLUSTERS, RELATIONSHIPS, Answer, World, a_world

SLOTS = [Slot("paris", "a"), Slot("lyon", "a"), Slot("lyon", "b")]
DIRECTORIES = ("d", "e")
PATHS = ("one", "two", "d/one", "e/one", "d")
MEMORY = Path("/dev/shm")

slots = st.sampled_from(SLOTS)
mirrors = st.runner().flatmap(lambda self: st.sampled_from(list(self.model.mirrors.values())))
paths = st.sampled_from(PATHS)
snapshot_names = st.sampled_from(["s1", "s2"])
content = st.tuples(st.integers(0, 3 * 4096), st.integers(0, 255)).map(lambda made: bytes([made[1]]) * made[0])


class Histories(RuleBasedStateMachine):
    """Three volumes at most; each may be the destination of one mirror, and the source of any."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.model = Model()
        self.versions: dict[str, Tree] = {}
        """What is in every snapshot that was ever seen, by its version_uuid."""

    @initialize(pair=st.sampled_from([(one, other) for one in SLOTS for other in SLOTS if one != other]))
    def begin(self, pair: tuple[Slot, Slot]) -> None:
        """A mirror of one volume by another: most of what follows needs one."""
        root = tempfile.mkdtemp(prefix="ontaplab-history-", dir=MEMORY if MEMORY.is_dir() else None)
        self.stack.callback(shutil.rmtree, root)
        self.world: World = self.stack.enter_context(a_world(Path(root)))
        source, destination = pair
        self.create_volume(source, "rw")
        self.create_volume(destination, "dp")
        self.upload(source, "one", b"first")
        self.create_mirror(source, destination)
        self.transfer(self.model.mirrors[destination])

    def teardown(self) -> None:
        self.stack.close()

    @precondition(lambda self: len(self.model.volumes) < len(SLOTS))
    @rule(slot=slots, kind=st.sampled_from(["rw", "dp"]))
    def create_volume(self, slot: Slot, kind: Literal["rw", "dp"]) -> None:
        body = {"name": slot.name, "svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB", "type": kind}
        answer = self.world.ask(slot.cluster, "POST", "/storage/volumes", body)
        self.check(answer, allowed=slot not in self.model.volumes)
        if answer.error is None:
            self.model.volumes[slot] = Volume(kind, {} if kind == "rw" else None)
            self.world.uuids[slot] = answer.record["uuid"]

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

    def delete_volume(self, slot: Slot) -> None:
        answer = self.world.ask(slot.cluster, "DELETE", f"/storage/volumes/{self.world.uuids[slot]}")
        self.check(answer, allowed=slot in self.model.volumes and not self.model.is_protected(slot))
        if answer.error is None:
            del self.model.volumes[slot], self.world.uuids[slot]

    @rule(data=st.data(), slot=slots, path=paths, content=content)
    def change_files(self, data: st.DataObject, slot: Slot, path: str, content: bytes) -> None:
        match data.draw(st.sampled_from(["upload", "write at", "delete", "write in place", "rename"])):
            case "upload":
                self.upload(slot, path, content)
            case "write at":
                self.write_at(slot, path, content, data.draw(st.integers(0, 2 * 4096)))
            case "delete":
                self.delete_file(slot, path, data.draw(st.booleans()))
            case "write in place":
                self.write_in_place(slot, path, content)
            case "rename":
                self.rename_a_directory(slot)

    def upload(self, slot: Slot, path: str, content: bytes) -> None:
        """A whole file, by the files API."""
        volume = self.model.volumes.get(slot)
        answer = self.world.upload(slot, "POST", path, content, overwrite="true")
        self.check(answer, allowed=volume is not None and volume.kind == "rw" and volume.takes(path))
        if answer.error is None:
            self.files(slot)[path] = content

    def write_at(self, slot: Slot, path: str, content: bytes, offset: int) -> None:
        """A part of a file, by the files API."""
        volume = self.model.volumes.get(slot)
        answer = self.world.upload(slot, "PATCH", path, content, byte_offset=str(offset))
        before = (volume.files or {}).get(path) if volume is not None else None
        self.check(answer, allowed=self.model.is_writable(slot) and before is not None)
        if answer.error is None and before is not None and content:
            self.files(slot)[path] = before[:offset].ljust(offset, b"\0") + content + before[offset + len(content) :]

    def delete_file(self, slot: Slot, path: str, recurse: bool) -> None:
        place = f"/storage/volumes/{self.world.uuids[slot]}/files/{path.replace('/', '%2F')}"
        answer = self.world.ask(slot.cluster, "DELETE", place, recurse=str(recurse).lower())
        files = self.files(slot) if self.model.is_writable(slot) else {}
        below = [each for each in files if each.startswith(f"{path}/")]
        self.check(answer, allowed=path in files and (recurse or not below))
        if answer.error is None:
            for each in (path, *below):
                del files[each]

    def write_in_place(self, slot: Slot, path: str, content: bytes) -> None:
        """A client that has mounted the volume."""
        files, parent = (self.files(slot) if self.model.is_writable(slot) else {}), path.rpartition("/")[0]
        if not self.model.is_writable(slot) or path in DIRECTORIES or files.get(parent) is not None:
            return
        place = self.world.place(slot) / path
        if parent:
            place.parent.mkdir(exist_ok=True)
            files[parent] = None
        place.write_bytes(content)
        files[path] = content

    def rename_a_directory(self, slot: Slot) -> None:
        """Touches the times of nothing that is in it."""
        files = self.files(slot) if self.model.is_writable(slot) else {}
        if files.get("d", b"") is None and "e" not in files:
            (self.world.place(slot) / "d").rename(self.world.place(slot) / "e")
            for path in [path for path in files if path.partition("/")[0] == "d"]:
                files["e" + path[1:]] = files.pop(path)

    @rule(slot=slots, name=snapshot_names)
    def take_snapshot(self, slot: Slot, name: str) -> None:
        there = {each.name for each in self.world.snapshots(slot)} if slot in self.model.volumes else set()
        path = f"/storage/volumes/{self.world.uuids[slot]}/snapshots"
        answer = self.world.ask(slot.cluster, "POST", path, {"name": name})
        self.check(answer, allowed=self.model.is_writable(slot) and name not in there)
        if answer.error is None:
            (version,) = (each.version for each in self.world.snapshots(slot) if each.name == name)
            self.versions[version] = dict(self.files(slot))

    @rule(slot=slots, name=snapshot_names)
    def delete_snapshot(self, slot: Slot, name: str) -> None:
        if slot not in self.model.volumes or self.model.feeds_a_transfer(slot):
            return
        for each in self.world.snapshots(slot):
            if each.name == name:
                path = f"/storage/volumes/{self.world.uuids[slot]}/snapshots/{each.uuid}"
                answer = self.world.ask(slot.cluster, "DELETE", path)
                self.check(answer, allowed=self.model.is_writable(slot) and not each.owned)

    @rule(source=slots, destination=slots)
    def create_mirror(self, source: Slot, destination: Slot) -> None:
        target, origin = self.model.volumes.get(destination), self.model.volumes.get(source)
        if (target and target.kind == "dp" and target.files is not None) or (origin and origin.kind == "dp"):
            return  # no source says what a mirror that lost its relationship, or one of a mirror, may be used for
        common = source != destination and self.common(source, destination)
        svm = "svm1" if source.cluster == destination.cluster else f"svm1_{source.cluster}"
        body = {
            "source.path": f"{svm}:{source.name}",
            "destination.path": f"svm1:{destination.name}",
            "policy": "MirrorAllSnapshots",
        }
        answer = self.world.ask(destination.cluster, "POST", RELATIONSHIPS, body)
        free = source != destination and destination not in self.model.mirrors
        there = source in self.model.volumes and target is not None
        self.check(answer, allowed=free and there and target is not None and (target.kind == "dp" or bool(common)))
        if answer.error is None:
            mirror = Mirror(answer.record["uuid"], source, destination)
            if common:
                mirror.state, mirror.initialized = "broken_off", True
            self.model.mirrors[destination] = mirror
            self.model.listed[mirror.uuid] = source

    @precondition(lambda self: self.model.mirrors)
    @rule(mirror=mirrors, wanted=st.sampled_from(["snapmirrored", "snapmirrored", "paused", "broken_off"]))
    def ask_for_a_state(self, mirror: Mirror, wanted: str) -> None:
        slot = mirror.destination
        word = meaning(mirror, wanted)
        allowed = allows(mirror, word)
        common: str | None = None
        if word in ("initialize", "resync") and allowed:
            if not self.is_modelled(mirror, word):
                return
            common = self.common(mirror.source, slot)
            allowed = word == "initialize" or common is not None
        answer = self.world.ask(slot.cluster, "PATCH", f"{RELATIONSHIPS}/{mirror.uuid}", {"state": wanted})
        self.check(answer, allowed=allowed)
        if answer.error is not None:
            return
        if word == "resync" and common is not None:
            self.model.made_mirror_again(mirror, self.versions[common])
        if word in ("initialize", "resync"):
            self.model.transfer_started(mirror)
        else:
            self.model.moved(mirror, word)

    @precondition(lambda self: self.model.mirrors)
    @rule(mirror=mirrors)
    def transfer(self, mirror: Mirror) -> None:
        if not self.is_modelled(mirror, "update"):
            return
        word: Literal["initialize", "update"] = "initialize" if mirror.state == "uninitialized" else "update"
        answer = self.world.ask(mirror.destination.cluster, "POST", f"{RELATIONSHIPS}/{mirror.uuid}/transfers", {})
        self.check(answer, allowed=allows(mirror, word))
        if answer.error is None:
            self.model.transfer_started(mirror)

    @precondition(lambda self: self.model.mirrors)
    @rule(mirror=mirrors, state=st.sampled_from(["aborted", "hard_aborted"]))
    def abort(self, mirror: Mirror, state: str) -> None:
        cluster = mirror.destination.cluster
        path = f"{RELATIONSHIPS}/{mirror.uuid}/transfers"
        for each in self.world.records(cluster, path, fields="state"):
            answer = self.world.ask(cluster, "PATCH", f"{path}/{each['uuid']}", {"state": state})
            self.check(answer, allowed=each["state"] == "transferring" and allows(mirror, "abort"))
        self.model.moved(mirror, "abort")

    def delete_mirror(self, mirror: Mirror, flag: str) -> None:
        flags = {flag: "true"} if flag else {}
        answer = self.world.ask(mirror.destination.cluster, "DELETE", f"{RELATIONSHIPS}/{mirror.uuid}", **flags)
        self.check(answer, allowed=allows(mirror, "delete"))
        if answer.error is None:
            del self.model.mirrors[mirror.destination]
            if not flag:
                self.model.listed.pop(mirror.uuid, None)

    def release(self, uuid: str, flag: str) -> None:
        """The source is told to forget a destination."""
        mirror = next((each for each in self.model.mirrors.values() if each.uuid == uuid), None)
        if mirror is not None and mirror.is_running:
            return  # whether all its bytes were read by then decides
        source = self.model.listed[uuid]
        answer = self.world.ask(source.cluster, "DELETE", f"{RELATIONSHIPS}/{uuid}", **{flag: "true"})
        self.check(answer, allowed=True)
        del self.model.listed[uuid]
        if mirror is not None:
            mirror.listed = False

    @rule(cluster=st.sampled_from(CLUSTERS), held=st.booleans())
    def hold(self, cluster: str, held: bool) -> None:
        """Transfers to that cluster stop half way, or go on."""
        self.world.hold(cluster, held=held)
        self.world.rest()
        if held:
            self.model.held.add(cluster)
        else:
            self.model.released(cluster)

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        self.check_volumes()
        self.check_mirrors()
        self.check_snapshots()

    def check_volumes(self) -> None:
        for cluster in CLUSTERS:
            found = {
                each["name"]: each["type"] for each in self.world.records(cluster, "/storage/volumes", fields="type")
            }
            assert found == {
                slot.name: each.kind for slot, each in self.model.volumes.items() if slot.cluster == cluster
            }
        for slot, volume in self.model.volumes.items():
            assert self.world.seen(slot) == volume.files, slot

    def check_mirrors(self) -> None:
        for cluster in CLUSTERS:
            known = {each["uuid"]: each for each in self.world.records(cluster, RELATIONSHIPS, fields="*")}
            expected = {each.uuid: each for slot, each in self.model.mirrors.items() if slot.cluster == cluster}
            assert known.keys() == expected.keys()
            for uuid, mirror in expected.items():
                state = known[uuid].get("transfer", {}).get("state")
                assert known[uuid]["state"] == mirror.state
                assert (state == "transferring") == mirror.is_running, known[uuid]
                assert known[uuid]["healthy"] == mirror.healthy, known[uuid]
                if mirror.state in ("snapmirrored", "paused") and mirror.initialized and not mirror.is_running:
                    self.check_exported(mirror, known[uuid]["exported_snapshot"])

    def check_snapshots(self) -> None:
        """No snapshot ever changes."""
        for slot in self.model.volumes:
            for each in self.world.snapshots(slot):
                kept = self.world.kept(slot, each.name)
                assert self.versions.setdefault(each.version, kept) == kept, (slot, each.name)

    def check(self, answer: Answer, *, allowed: bool) -> None:
        """The answer is a yes or a no as it must be; what it started has ended or is held."""
        assert (answer.error is None) == allowed, answer
        self.world.rest()

    def check_exported(self, mirror: Mirror, exported: str) -> None:
        """The mirror is the snapshot that it exports, which both ends have and keep."""
        seen = self.world.seen(mirror.destination)
        assert seen == self.world.kept(mirror.destination, exported)
        (snapshot,) = (each for each in self.world.snapshots(mirror.destination) if each.name == exported)
        assert snapshot.owned
        if mirror.listed:
            kept = [each for each in self.world.snapshots(mirror.source) if each.version == snapshot.version]
            assert [each.owned for each in kept] == [True], "the next update has to begin there"

    def common(self, source: Slot, destination: Slot) -> str | None:
        """The newest snapshot that both volumes hold."""
        if source not in self.model.volumes or destination not in self.model.volumes:
            return None
        there = {each.version for each in self.world.snapshots(destination)}
        return next((each.version for each in reversed(self.world.snapshots(source)) if each.version in there), None)

    def is_modelled(self, mirror: Mirror, word: str) -> bool:
        """Mirrors of mirrors are not; nor is what becomes of a transfer whose source is made a mirror meanwhile."""
        source = self.model.volumes.get(mirror.source)
        cascade = source is not None and source.kind == "dp"
        return not cascade and not (word == "resync" and self.model.feeds_a_transfer(mirror.destination))

    def files(self, slot: Slot) -> Tree:
        files = self.model.volumes[slot].files
        assert files is not None, "a writable volume has files, be it none"
        return files
