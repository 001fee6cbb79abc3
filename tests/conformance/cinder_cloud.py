"""A lab of three clusters, a host, and cinder-volume as a whole on it, in processes of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.cinder_host import Host, share
from tests.conformance.cinder_lab import World, an_empty_world
from tests.conformance.environments import program, variables
from tests.conformance.openstack import HOME, TARGETS, Service, service
from tests.ontaplab.site.labs import eventually, records

MODES = ("native", "eventlet")
_BEGINNING = 4096
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
    protocol: str

    @property
    def drivers_configuration(self) -> Path:
        """What the driver wrote for datamotion, which looks for passwords in variables that are numbered."""
        return self.host.folder / "datamotion" / f"{HOME}.yaml"

    def pool(self, volume: str) -> str:
        """What Cinder calls the pool of that volume."""
        return share(volume) if self.protocol == "nfs" else volume

    def location(self, volume: str) -> str | None:
        """Where Cinder says that one of that pool is; of a LUN it says so once a host is to have it."""
        return share(volume) if self.protocol == "nfs" else None

    def driven_by(self, driver: str) -> None:
        """The one line of cinder.conf that changes. A service that is started from now on goes by it."""
        lines = self.world.configuration.read_text().splitlines()
        lines = [f"volume_driver = {driver}" if each.startswith("volume_driver") else each for each in lines]
        self.world.configuration.write_text("\n".join(lines) + "\n")

    def say(self, option: str) -> None:
        """The home's section says this as well. A service that is started from now on goes by it."""
        text = self.world.configuration.read_text()
        self.world.configuration.write_text(text.replace(f"[{HOME}]\n", f"[{HOME}]\n{option}\n"))

    def cinder(self, node: int | None = None) -> AbstractContextManager[Service]:
        """cinder-volume for the home, just started; on that node of several, with a state of its own."""
        script = ("cinder_manager.py", str(DISTRIBUTION), self.mode)
        configuration = self.world.configuration if node is None else self._configuration_of(node)
        return service("cinder", configuration, HOME, script=script, path=self.host.path)

    def _configuration_of(self, node: int) -> Path:
        """They share the database and what keeps them from acting at once."""
        text, folder = self.world.configuration.read_text(), self.host.folder
        state = folder / f"node-{node}"
        state.mkdir(exist_ok=True)
        text = text.replace("host = node\n", f"host = node-{node}\ncluster = nodes\n")
        text = text.replace(f"state_path = {folder}\n", f"state_path = {state}\n")
        text += f"[coordination]\nbackend_url = file://{folder}/coordination\n"
        path = folder / f"node-{node}.conf"
        path.write_text(text.replace("volume.log", f"volume-{node}.log"))
        return path

    def is_mirrored(self) -> bool:
        return all(
            self.world.states(target) == {"snapmirrored"} and len(self.world.mirrors(target)) == len(POOLS)
            for target in TARGETS
        )

    def disk(self, cluster: str, cinder: Service, name: str) -> Path:
        """The file that is this volume of Cinder's, at that cluster: a LUN is one as well."""
        volume = cinder("volumes")[name]
        return self.world.file(cluster, volume["pool"].rpartition("/")[2]).with_name(volume["file"])

    def write(self, cluster: str, cinder: Service, name: str, content: bytes) -> None:
        """As a host that has the volume: it begins with that, and is as large as before."""
        with self.disk(cluster, cinder, name).open("r+b") as file:
            file.write(content.ljust(_BEGINNING, b"\0"))

    def read(self, cluster: str, cinder: Service, name: str) -> bytes:
        """What was written there last."""
        with self.disk(cluster, cinder, name).open("rb") as file:
            return file.read(_BEGINNING).rstrip(b"\0")

    def password(self, cluster: str) -> str:
        return (self.world.site.folder / cluster / "password").read_text().strip()

    def uuids(self) -> dict[str, set[str]]:
        """The relationships that end at each target."""
        return {target: {mirror["uuid"] for mirror in self.world.mirrors(target)} for target in TARGETS}

    def sources(self, cluster: str) -> set[str]:
        """What the mirrors there follow."""
        found = records(self.world.site, cluster, "/snapmirror/relationships", fields="source.path,state")
        return {mirror["source"]["path"] for mirror in found if mirror["state"] == "snapmirrored"}


def empty_database(folder: Path) -> Path:
    """Cinder's, with its tables: making them takes seconds."""
    configuration, database = folder / "cinder.conf", folder / "cinder.sqlite"
    configuration.write_text(f"[DEFAULT]\nstate_path = {folder}\n[database]\nconnection = sqlite:///{database}\n")
    command = [program("cinder", "cinder-manage"), "--config-file", str(configuration), "db", "sync"]
    subprocess.run(command, check=True, capture_output=True, env=variables(folder))
    return database


@contextmanager
def a_cloud(folder: Path, mode: str, protocol: str, database: Path) -> Iterator[Cloud]:
    """Nothing was made by Cinder yet, whose database is a copy of that one."""
    with an_empty_world(folder) as world:
        for pool in POOLS:
            world.volume(pool, size="3GB")  # there is room for the whole of a LUN
        host = Host(folder)
        host.set_up(world, *POOLS)
        shutil.copy(database, folder / "cinder.sqlite")
        world.configuration.write_text(_configuration(world, host, protocol))
        yield Cloud(world, host, mode, protocol)


def _configuration(world: World, host: Host, protocol: str) -> str:
    """The back ends as they are, and what a whole service needs beside them."""
    default = f"host = node\nenabled_backends = {HOME}\ntransport_url = fake:/\nreinit_driver_count = 0\n"
    default += f"log_file = {host.folder}/volume.log\n"
    home = f"volume_driver = {OURS}\nnetapp_storage_protocol = {protocol}\n"
    if protocol == "nfs":
        home += f"nfs_shares_config = {host.shares}\nnfs_mount_attempts = 1\n"
        home += "nas_secure_file_operations = true\nnas_secure_file_permissions = true\n"
    else:
        home += "netapp_lun_space_reservation = disabled\n"
    text = world.configuration.read_text().replace("[DEFAULT]\n", f"[DEFAULT]\n{default}")
    text = text.replace(f"[{HOME}]\n", f"[{HOME}]\n{home}")
    return f"{text}\n[database]\nconnection = sqlite:///{host.folder}/cinder.sqlite\n"


def set_up(cloud: Cloud, cinder: Service) -> None:
    """Two volumes hold something, and all of it is mirrored to both targets by the housekeeping alone."""
    assert cinder("is_working")
    assert cinder("row") == AT_HOME
    for name, pool in zip("ab", POOLS, strict=True):
        cinder("create", name, cloud.pool(pool))
        assert cloud.disk(HOME, cinder, name).stat().st_size == 1024**3
        cloud.write(HOME, cinder, name, b"first")
    assert cinder("pools") == [cloud.pool(pool) for pool in POOLS]
    eventually(cloud.is_mirrored, 60)
    cloud.world.update(*reversed(TARGETS))  # the first one holds all that the other one does
    assert replication(cloud, cinder) == {"enabled"}


def replication(cloud: Cloud, cinder: Service) -> set[str]:
    """What the rows of the volumes say; each is where and what it was."""
    rows = cinder("volumes")
    for name, volume in zip("ab", POOLS, strict=True):
        row = rows[name]
        told = (row["status"], row["pool"], row["location"])
        assert told == ("available", cloud.pool(volume), cloud.location(volume))
    return {each["replication_status"] for each in rows.values()}
