"""datamotion-cinder in place of Cinder's own data motion, on three back ends. `make conformance`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conformance.cinder_host import put
from tests.conformance.cinder_lab import World, a_world
from tests.conformance.openstack import HOME, SVMS, TARGETS, Failed, Service, service
from tests.ontaplab.site.labs import eventually, records

DISTRIBUTION = Path(__file__).parents[2] / "datamotion-cinder"
VOLUMES = [{"id": "1", "host": "host@paris#vol_1"}, {"id": "2", "host": "host@paris#vol_2"}]


class Ours(World):
    """With datamotion in a child process an operation."""

    mode = "native"

    def sources(self, target: str) -> set[str]:
        """What the mirrors there follow."""
        found = records(self.site, target, "/snapmirror/relationships", fields="source.path")
        return {mirror["source"]["path"] for mirror in found}

    def cinder(self, backend: str = HOME, *active: str) -> AbstractContextManager[Service]:
        """The service for that back end, just started; `active` is where it was failed over to."""
        script = ("datamotion_cinder_backend.py", str(DISTRIBUTION), self.mode)
        return service("cinder", self.configuration, backend, *active, script=script)


class Patched(Ours):
    mode = "eventlet"


@pytest.fixture(params=[Ours, Patched])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ours]:
    with a_world(tmp_path) as made:
        programs = tmp_path / "programs"
        put(programs, "datamotion")
        option = f"datamotion_program = {programs}/datamotion"
        text = made.configuration.read_text().replace("[paris]\n", f"[paris]\n{option}\n")
        made.configuration.write_text(text)
        yield request.param(made.site, made.configuration)


def set_up(world: World, cinder: Service) -> None:
    cinder("setup")
    eventually(lambda: all(world.states(target) == {"snapmirrored"} for target in TARGETS))


def test_the_home_is_lost_and_the_best_target_serves_while_the_other_one_still_mirrors(world: Ours) -> None:
    with world.cinder() as cinder:
        set_up(world, cinder)
        world.site.kill(HOME)
        active, updates, groups = cinder("failover_host", VOLUMES, None)
        assert (active in TARGETS, groups) == (True, [])
        assert [each["updates"]["replication_status"] for each in updates] == ["failed-over"] * 2
        assert cinder("speaks_with")[1:] == [True, active]
        (other,) = {*TARGETS} - {active}
        eventually(lambda: world.sources(other) == {f"{SVMS[active]}:vol_1", f"{SVMS[active]}:vol_2"}, 60)
        eventually(lambda: world.states(other) == {"snapmirrored"}, 60)
        assert world.file(active, "vol_1").read_text() == "first"
        world.file(active, "vol_1").write_text("written at the target")
    with world.cinder(HOME, active) as cinder:  # it starts while its home is lost
        cinder("housekeeping")
        assert cinder("speaks_with")[1:] == [True, active]
        with pytest.raises(Failed) as refused:
            cinder("failover_host", VOLUMES, "default")
        assert refused.value.kind in ("InvalidReplicationTarget", "UnableToFailOver")
        world.site.start(HOME)
        world.file(HOME, "vol_2").write_text("only there")
        cinder("housekeeping")
        assert is_fenced(world)
        with pytest.raises(Failed, match="datamotion reprotect paris") as refused:
            cinder("failover_host", VOLUMES, "default")
        assert refused.value.kind == "InvalidReplicationTarget"
    assert world.file(active, "vol_1").read_text() == "written at the target"


def is_fenced(world: World) -> bool:
    volumes = records(world.site, HOME, "/storage/volumes", name="vol_*", fields="nas.export_policy.name")
    return {each["nas"]["export_policy"]["name"] for each in volumes} == {"datamotion_fence"}


def test_there_and_back_no_write_is_lost(world: Ours) -> None:
    with world.cinder() as cinder:
        set_up(world, cinder)
        world.file(HOME, "vol_1").write_text("since the last transfer")
        active, updates, _ = cinder("failover_host", VOLUMES, "lyon")
        assert (active, {each["updates"]["replication_status"] for each in updates}) == ("lyon", {"failed-over"})
        assert world.file("lyon", "vol_1").read_text() == "since the last transfer"
        world.file("lyon", "vol_1").write_text("written at lyon")
        cinder("housekeeping")
        active, updates, _ = cinder("failover_host", VOLUMES, "default")
        assert (active, {each["updates"]["replication_status"] for each in updates}) == (HOME, {"enabled"})
        assert cinder("speaks_with") == ["svm_gold", False, None]
        assert world.file(HOME, "vol_1").read_text() == "written at lyon"
        eventually(lambda: all(world.sources(each) == {"svm_gold:vol_1", "svm_gold:vol_2"} for each in TARGETS), 60)
        cinder("housekeeping")
    assert all(world.states(target) == {"snapmirrored"} for target in TARGETS)


def test_what_cannot_be_is_refused_and_all_is_as_it_was(world: Ours) -> None:
    with world.cinder() as cinder:
        set_up(world, cinder)
        for target in (HOME, "rome"):
            with pytest.raises(Failed) as refused:
                cinder("failover_host", VOLUMES, target)
            assert refused.value.kind == "InvalidReplicationTarget"
    assert all(world.states(target) == {"snapmirrored"} for target in TARGETS)


def test_no_password_is_in_a_file_or_a_log(world: Ours) -> None:
    with world.cinder() as cinder:
        set_up(world, cinder)
    secrets = [
        line.split(" = ")[1] for line in world.configuration.read_text().splitlines() if "netapp_password" in line
    ]
    folder = world.configuration.parent
    files = [each for each in folder.rglob("*") if each.is_file() and each != world.configuration]
    ours = [each for each in files if "lab" not in each.relative_to(folder).parts]
    assert any(each.suffix == ".yaml" for each in ours)
    for each in ours:
        assert not any(secret.encode() in each.read_bytes() for secret in secrets), each
