"""Requests about volumes, their files and their snapshots."""

from __future__ import annotations

import errno
from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.ontaplab.statemachine.checks import Checked
from tests.ontaplab.statemachine.model import Slot, Tree, Volume

SLOTS = [Slot("paris", "a"), Slot("lyon", "a"), Slot("lyon", "b")]
DIRECTORIES = ("d", "e")
PATHS = ("one", "two", "d/one", "e/one", "d")

slots = st.sampled_from(SLOTS)
paths = st.sampled_from(PATHS)
snapshot_names = st.sampled_from(["s1", "s2"])
content = st.tuples(st.integers(0, 3 * 4096), st.integers(0, 255)).map(lambda made: bytes([made[1]]) * made[0])


class Files(Checked):
    """Three volumes at most."""

    @precondition(lambda self: len(self.model.volumes) < len(SLOTS))
    @rule(slot=slots, kind=st.sampled_from(["rw", "dp"]))
    def create_volume(self, slot: Slot, kind: Literal["rw", "dp"]) -> None:
        body = {"name": slot.name, "svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB", "type": kind}
        answer = self.world.ask(slot.cluster, "POST", "/storage/volumes", body)
        self.check(answer, allowed=slot not in self.model.volumes)
        if answer.error is None:
            self.model.volumes[slot] = Volume(kind, {} if kind == "rw" else None)
            self.world.uuids[slot] = answer.record["uuid"]

    def delete_volume(self, slot: Slot) -> None:
        answer = self.world.ask(slot.cluster, "DELETE", f"/storage/volumes/{self.world.uuids[slot]}")
        self.check(answer, allowed=slot in self.model.volumes and not self.model.is_protected(slot))
        if answer.error is None:
            del self.model.volumes[slot], self.world.uuids[slot]
            for mirror in self.model.mirrors.values():
                mirror.source_is_gone |= mirror.source == slot

    @rule(data=st.data(), slot=slots, path=paths, content=content)
    def change_files(self, data: st.DataObject, slot: Slot, path: str, content: bytes) -> None:
        match data.draw(st.sampled_from(["upload", "host", "write at", "delete", "write in place", "rename"])):
            case "upload":
                self.upload(slot, path, content)
            case "host":
                self.host_writes(slot, path, content)
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

    def host_writes(self, slot: Slot, path: str, content: bytes) -> None:
        """A whole file, by an NFS host whose handle is as old as the volume."""
        volume = self.model.volumes.get(slot)
        number = self.world.write(slot, path, content)
        if volume is None:
            assert number == errno.ESTALE
        elif volume.kind == "dp":
            assert number == (errno.ESTALE if volume.files is None else errno.EROFS)
        else:
            assert (number is None) == volume.takes(path), number
        self.world.rest()
        if number is None:
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

    def files(self, slot: Slot) -> Tree:
        files = self.model.volumes[slot].files
        assert files is not None, "a writable volume has files, be it none"
        return files
