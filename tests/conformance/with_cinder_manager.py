"""OpenStack Cinder's volume service as a whole, with its NFS driver and ours in its place. `make conformance`.

Cinder is unmodified: its service, manager, database and messages, on a lab of three clusters. After each thing that a
person asks for the rows of the service and of its volumes, and what the clusters hold, are as Cinder's contract has it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance.cinder_host import Host, share
from tests.conformance.cinder_lab import World, a_world
from tests.conformance.environments import program, variables
from tests.conformance.openstack import HOME, SVMS, TARGETS, Service, service
from tests.ontaplab.site.labs import eventually, records

DISTRIBUTION = Path(__file__).parents[2] / "datamotion-cinder"
OURS = "datamotion_cinder.driver.DataMotionDriver"
CINDERS = "cinder.volume.drivers.netapp.common.NetAppDriver"
POOLS = ("vol_1", "vol_2")
AT_HOME = {"replication_status": "enabled", "active_backend_id": None, "disabled": False, "disabled_reason": None}


def failed_over(to: str) -> dict[str, object]:
    """The row of a service that was failed over: nothing new is scheduled to it."""
    return {
        "replication_status": "failed-over",
        "active_backend_id": to,
        "disabled": True,
        "disabled_reason": "failed-over",
    }


@dataclass(frozen=True)
class Cloud:
    """The lab, the host, and cinder-volume on it."""

    world: World
    host: Host
    mode: str

    def driven_by(self, driver: str) -> None:
        """The one line of cinder.conf that changes. A service that is started from now on goes by it."""
        lines = self.world.configuration.read_text().splitlines()
        lines = [f"volume_driver = {driver}" if each.startswith("volume_driver") else each for each in lines]
        self.world.configuration.write_text("\n".join(lines) + "\n")

    def cinder(self) -> AbstractContextManager[Service]:
        """cinder-volume for the home, just started."""
        script = ("cinder_manager.py", str(DISTRIBUTION), self.mode)
        return service("cinder", self.world.configuration, HOME, script=script, path=self.host.path)

    def is_mirrored(self) -> bool:
        return all(
            self.world.states(target) == {"snapmirrored"} and len(self.world.mirrors(target)) == len(POOLS)
            for target in TARGETS
        )

    def disk(self, cluster: str, cinder: Service, name: str) -> Path:
        """The file that is this volume of Cinder's, at that cluster."""
        volume = cinder("volumes")[name]
        return self.world.file(cluster, volume["pool"].partition(":/")[2]).with_name(volume["file"])

    def password(self, cluster: str) -> str:
        return (self.world.site.folder / cluster / "password").read_text().strip()

    def uuids(self) -> dict[str, set[str]]:
        """The relationships that end at each target."""
        return {target: {mirror["uuid"] for mirror in self.world.mirrors(target)} for target in TARGETS}

    def sources(self, cluster: str) -> set[str]:
        """What the mirrors there follow."""
        found = records(self.world.site, cluster, "/snapmirror/relationships", fields="source.path,state")
        return {mirror["source"]["path"] for mirror in found if mirror["state"] == "snapmirrored"}


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cinder's, with its tables: making them takes seconds."""
    folder = tmp_path_factory.mktemp("database")
    configuration, database = folder / "cinder.conf", folder / "cinder.sqlite"
    configuration.write_text(f"[DEFAULT]\nstate_path = {folder}\n[database]\nconnection = sqlite:///{database}\n")
    command = [program("cinder", "cinder-manage"), "--config-file", str(configuration), "db", "sync"]
    subprocess.run(command, check=True, capture_output=True, env=variables(folder))
    return database


@pytest.fixture(params=["native", "eventlet"])
def cloud(tmp_path: Path, request: pytest.FixtureRequest, empty_database: Path) -> Iterator[Cloud]:
    with a_world(tmp_path) as world:
        host = Host(tmp_path)
        host.set_up(world, *POOLS)
        shutil.copy(empty_database, tmp_path / "cinder.sqlite")
        world.configuration.write_text(_configuration(world, host))
        yield Cloud(world, host, request.param)


def _configuration(world: World, host: Host) -> str:
    """The back ends as they are, and what a whole service needs beside them."""
    default = f"host = node\nenabled_backends = {HOME}\ntransport_url = fake:/\nreinit_driver_count = 0\n"
    default += f"log_file = {host.folder}/volume.log\n"
    nfs = f"netapp_storage_protocol = nfs\nnfs_shares_config = {host.shares}\nnfs_mount_attempts = 1\n"
    secure = "nas_secure_file_operations = true\nnas_secure_file_permissions = true\n"
    text = world.configuration.read_text().replace("[DEFAULT]\n", f"[DEFAULT]\n{default}")
    text = text.replace(f"[{HOME}]\n", f"[{HOME}]\nvolume_driver = {OURS}\n{nfs}{secure}")
    return f"{text}\n[database]\nconnection = sqlite:///{host.folder}/cinder.sqlite\n"


def set_up(cloud: Cloud, cinder: Service) -> None:
    """Two volumes hold something, and all of it is mirrored to both targets by the housekeeping alone."""
    assert cinder("is_working")
    assert cinder("row") == AT_HOME
    for name, pool in zip("ab", POOLS, strict=True):
        cinder("create", name, share(pool))
        assert cloud.disk(HOME, cinder, name).stat().st_size == 1024**3
        cloud.disk(HOME, cinder, name).write_bytes(b"first")
    assert cinder("pools") == [share(pool) for pool in POOLS]
    eventually(cloud.is_mirrored, 60)
    cloud.world.update(*reversed(TARGETS))  # the first one holds all that the other one does
    assert replication(cinder) == {"enabled"}


def replication(cinder: Service) -> set[str]:
    """What the rows of the volumes say; each is where and what it was."""
    rows = cinder("volumes")
    assert {(each["status"], each["pool"], each["location"]) for each in rows.values()} == {
        ("available", share(pool), share(pool)) for pool in POOLS
    }
    return {each["replication_status"] for each in rows.values()}


def test_the_home_is_lost_and_the_best_target_serves_also_after_a_restart(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        cloud.world.site.kill(HOME)
        row = cinder("failover", None)
        active = row["active_backend_id"]
        assert active in TARGETS
        assert row == failed_over(active)
        assert replication(cinder) == {"failed-over"}
        (other,) = {*TARGETS} - {active}
        eventually(lambda: cloud.sources(other) == {f"{SVMS[active]}:{pool}" for pool in POOLS}, 60)
        cloud.host.route(cloud.world, active, *POOLS)
        assert [cloud.disk(active, cinder, name).read_bytes() for name in "ab"] == [b"first"] * 2
        cloud.disk(active, cinder, "a").write_bytes(b"written at the target")
    with cloud.cinder() as cinder:  # its home is still lost
        assert cinder("is_working")
        assert cinder("row") == failed_over(active)
        assert cinder("pools") == [share(pool) for pool in POOLS]
        cinder("housekeeping")
        assert cinder("failover", "default") == failed_over(active)  # refused: it stays where it was
        assert replication(cinder) == {"failed-over"}
        cloud.world.site.start(HOME)
        cinder("housekeeping")
        assert cloud.disk(active, cinder, "a").read_bytes() == b"written at the target"


def test_there_and_back_from_a_home_that_lives_with_every_write(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        cloud.disk(HOME, cinder, "a").write_bytes(b"since the last transfer")
        assert cinder("failover", "nice") == failed_over("nice")
        assert replication(cinder) == {"failed-over"}
        assert cloud.disk("nice", cinder, "a").read_bytes() == b"since the last transfer"
        cloud.disk("nice", cinder, "b").write_bytes(b"written at nice")
        cinder("housekeeping")
        assert cinder("failover", "default") == AT_HOME
        assert replication(cinder) == {"enabled"}
        assert [cloud.disk(HOME, cinder, name).read_bytes() for name in "ab"] == [
            b"since the last transfer",
            b"written at nice",
        ]
        cinder("housekeeping")
        eventually(cloud.is_mirrored, 60)
        cinder("create", "c", share("vol_1"))
        assert cloud.disk(HOME, cinder, "c").exists()


def test_what_cannot_be_is_refused_and_the_service_goes_on(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        for target in (HOME, "rome"):
            assert cinder("failover", target) == AT_HOME
            assert replication(cinder) == {"enabled"}
        assert cloud.is_mirrored()


def test_mirrors_of_cinders_own_driver_stay_the_same_there_and_back(cloud: Cloud) -> None:
    cloud.driven_by(CINDERS)
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        before = cloud.uuids()
    for driver in (OURS, CINDERS):
        cloud.driven_by(driver)
        with cloud.cinder() as cinder:
            assert cinder("is_working")
            assert cinder("row") == AT_HOME
            cinder("housekeeping")
            assert cloud.uuids() == before
            assert cloud.is_mirrored()
            assert replication(cinder) == {"enabled"}


NATIVE = pytest.mark.parametrize("cloud", ["native"], indirect=True)


@NATIVE
def test_what_is_imported_is_the_group_that_the_driver_has(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
    folder = cloud.host.folder / "datamotion"
    drivers = _but_for_secrets(json.loads((folder / f"{HOME}.yaml").read_text()))
    noted, shares = (cloud.host.folder / name for name in ("noted.yaml", "shares.yaml"))
    for made in (noted, shares):  # from what the driver noted, and where that is gone from its shares
        _datamotion(cloud, "import", cloud.world.configuration, "-c", made)
        assert _but_for_secrets(yaml.safe_load(made.read_text())) == drivers
        shutil.rmtree(folder, ignore_errors=True)
    passwords = {f"{name.upper()}_PASSWORD": cloud.password(name) for name in SVMS}
    report = json.loads(_datamotion(cloud, "status", HOME, "-c", shares, "-o", "json", **passwords))
    assert report["report"]["groups"][0]["serving"] == HOME


def _but_for_secrets(tree: dict[str, Any]) -> dict[str, Any]:
    """Where the journal is and what variables are called is each one's own."""
    clusters = {name: {**each, "password": None} for name, each in tree["clusters"].items()}
    return {**tree, "clusters": clusters, "store": None}


def _datamotion(cloud: Cloud, *words: str | Path, **environ: str) -> str:
    command = [str(cloud.host.folder / "programs" / "datamotion"), *map(str, words)]
    environment = variables(cloud.host.folder, **environ)
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout


@NATIVE
def test_cinders_own_driver_does_not_start_where_it_was_failed_over_and_its_home_is_lost(cloud: Cloud) -> None:
    """It asks the home whether mirrors of others are in the way."""
    cloud.driven_by(CINDERS)
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        assert cinder("failover", "nice") == failed_over("nice")
    cloud.world.site.kill(HOME)
    with cloud.cinder() as cinder:
        assert not cinder("is_working")
    cloud.driven_by(OURS)
    with cloud.cinder() as cinder:
        assert cinder("is_working")
        assert cinder("row") == failed_over("nice")
        assert cinder("pools") == [share(pool) for pool in POOLS]
