"""Requests about mirrors."""

from __future__ import annotations

from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.ontaplab.statemachine.checks import Checked
from tests.ontaplab.statemachine.files import slots
from tests.ontaplab.statemachine.model import Mirror, Slot, allows, meaning
from tests.ontaplab.statemachine.world import CLUSTERS, RELATIONSHIPS

mirrors = st.runner().flatmap(lambda self: st.sampled_from(list(self.model.mirrors.values())))


class Mirrors(Checked):
    """Each volume may be the destination of one mirror, and the source of any."""

    @rule(source=slots, destination=slots)
    def create_mirror(self, source: Slot, destination: Slot) -> None:
        target, origin = self.model.volumes.get(destination), self.model.volumes.get(source)
        if target and target.kind == "dp" and target.files is not None:
            return  # no source says what a mirror that lost its relationship may be used for
        common = source != destination and self.common(source, destination)
        svm = "svm1" if source.cluster == destination.cluster else f"svm1_{source.cluster}"
        body = {
            "source.path": f"{svm}:{source.name}",
            "destination.path": f"svm1:{destination.name}",
            "policy": "MirrorAllSnapshots",
        }
        answer = self.world.ask(destination.cluster, "POST", RELATIONSHIPS, body)
        free = source != destination and destination not in self.model.mirrors
        readable = origin is not None and origin.files is not None and not self.model.is_mirror_of(source, destination)
        fitting = target is not None and (target.kind == "dp" or bool(common))
        self.check(answer, allowed=free and readable and fitting)
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
            allowed = word == "initialize" or (common is not None and not self.model.is_mirror_of(mirror.source, slot))
        has_all = self.has_all(mirror)
        answer = self.world.ask(slot.cluster, "PATCH", f"{RELATIONSHIPS}/{mirror.uuid}", {"state": wanted})
        self.check(answer, allowed=allowed)
        if answer.error is not None:
            return
        if word == "resync" and common is not None:
            self.model.made_mirror_again(mirror, self.versions[common])
        if word in ("initialize", "resync"):
            self.model.transfer_started(mirror, has_all=has_all)
        else:
            self.model.moved(mirror, word)

    @precondition(lambda self: self.model.mirrors)
    @rule(mirror=mirrors)
    def transfer(self, mirror: Mirror) -> None:
        if not self.is_modelled(mirror, "update"):
            return
        word: Literal["initialize", "update"] = "initialize" if mirror.state == "uninitialized" else "update"
        has_all = self.has_all(mirror)
        answer = self.world.ask(mirror.destination.cluster, "POST", f"{RELATIONSHIPS}/{mirror.uuid}/transfers", {})
        self.check(answer, allowed=allows(mirror, word))
        if answer.error is None:
            self.model.transfer_started(mirror, has_all=has_all)

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
        source = self.model.listed[uuid]
        if self.model.feeds_a_transfer(source):
            return  # whether what goes with the entry had been read by then decides
        mirror = next((each for each in self.model.mirrors.values() if each.uuid == uuid), None)
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

    def has_all(self, mirror: Mirror) -> bool:
        """Whether there is nothing to bring, as only of a mirror: of what is writable a new snapshot is brought."""
        if not self.model.is_mirror(mirror.source):
            return False
        newest = self.world.snapshots(mirror.source)[-1:]
        return bool(newest) and newest[0].version == self.common(mirror.source, mirror.destination)

    def is_modelled(self, mirror: Mirror, word: str) -> bool:
        """What becomes of a mirror while the one that it mirrors changes is not, nor what a resync takes from it."""
        upstream = self.model.mirrors.get(mirror.source)
        if self.model.is_mirror(mirror.source) and (upstream is None or upstream.is_running or not upstream.is_live):
            return False
        downstream = [each for each in self.model.mirrors.values() if each.source == mirror.destination]
        return not any(each.is_running or (word == "resync" and each.is_live) for each in downstream)
