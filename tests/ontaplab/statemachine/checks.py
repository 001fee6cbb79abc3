"""What must hold after each request of a history."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.ontaplab.statemachine.model import Mirror, Model, Slot, Tree
from tests.ontaplab.statemachine.world import CLUSTERS, RELATIONSHIPS, Answer, World


class Checked(RuleBasedStateMachine):
    """Two clusters and the model of them."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.model = Model()
        self.versions: dict[str, Tree] = {}
        """What is in every snapshot that was ever seen, by its version_uuid."""

    def teardown(self) -> None:
        self.stack.close()

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
