"""OpenStack Cinder's volume service as a whole, with ours in place of its NetApp drivers. `make conformance`.

Cinder is unmodified: its service, manager, database and messages, on a lab of three clusters. After each thing that a
person asks for the rows of the service and of its volumes, and what the clusters hold, are as Cinder's contract has it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from datamotion.exit_status import ExitStatus
from tests.conformance.cinder_cloud import AT_HOME, CINDERS, MODES, OURS, POOLS, Cloud, failed_over, replication, set_up
from tests.conformance.environments import variables
from tests.conformance.openstack import HOME, SVMS, TARGETS
from tests.ontaplab.site.labs import eventually

_MORE_TRIES = 4
EACH = pytest.mark.parametrize(
    "cloud", [f"{mode}-{protocol}" for protocol in ("nfs", "iscsi", "fc") for mode in MODES], indirect=True
)


@EACH
def test_the_home_is_lost_and_the_best_target_serves_also_after_a_restart(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        cloud.world.site.kill(HOME)
        row = cinder("failover", None)
        active = row["active_backend_id"]
        assert active in TARGETS
        assert row == failed_over(active)
        assert replication(cloud, cinder) == {"failed-over"}
        (other,) = {*TARGETS} - {active}
        eventually(lambda: cloud.sources(other) == {f"{SVMS[active]}:{pool}" for pool in POOLS}, 60)
        cloud.host.route(cloud.world, active, *POOLS)
        assert [cloud.read(active, cinder, name) for name in "ab"] == [b"first"] * 2
        cloud.write(active, cinder, "a", b"written at the target")
    with cloud.cinder() as cinder:  # its home is still lost
        assert cinder("is_working")
        assert cinder("row") == failed_over(active)
        assert cinder("pools") == [cloud.pool(pool) for pool in POOLS]
        cinder("housekeeping")
        assert cinder("failover", "default") == failed_over(active)  # refused: it stays where it was
        assert replication(cloud, cinder) == {"failed-over"}
        cloud.world.site.start(HOME)
        cinder("housekeeping")
        assert cloud.read(active, cinder, "a") == b"written at the target"
        assert cinder("failover", "default") == failed_over(active)  # home may hold what nobody else does
        words = ("reprotect", HOME, "--discard-divergent", HOME, "--yes", "-c", cloud.drivers_configuration)
        _datamotion(cloud, *words, **{f"DATAMOTION_PASSWORD_{n}": cloud.password(name) for n, name in enumerate(SVMS)})
        assert cinder("failover", "default") == AT_HOME
        assert replication(cloud, cinder) == {"enabled"}
        cloud.host.route(cloud.world, HOME, *POOLS)
        assert [cloud.read(HOME, cinder, name) for name in "ab"] == [b"written at the target", b"first"]


@EACH
def test_there_and_back_from_a_home_that_lives_with_every_write(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        cloud.write(HOME, cinder, "a", b"since the last transfer")
        assert cinder("failover", "nice") == failed_over("nice")
        assert replication(cloud, cinder) == {"failed-over"}
        assert cloud.read("nice", cinder, "a") == b"since the last transfer"
        cloud.write("nice", cinder, "b", b"written at nice")
        cinder("housekeeping")
        assert cinder("failover", "default") == AT_HOME
        assert replication(cloud, cinder) == {"enabled"}
        assert [cloud.read(HOME, cinder, name) for name in "ab"] == [
            b"since the last transfer",
            b"written at nice",
        ]
        cinder("housekeeping")
        eventually(cloud.is_mirrored, 60)
        cinder("create", "c", cloud.pool("vol_1"))
        assert cloud.disk(HOME, cinder, "c").exists()


def test_what_cannot_be_is_refused_and_the_service_goes_on(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        for target in (HOME, "rome"):
            assert cinder("failover", target) == AT_HOME
            assert replication(cloud, cinder) == {"enabled"}
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
            assert replication(cloud, cinder) == {"enabled"}


NATIVE = pytest.mark.parametrize("cloud", ["native"], indirect=True)


@NATIVE
def test_what_is_imported_is_the_group_that_the_driver_has(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
    folder = cloud.host.folder / "datamotion"
    drivers = _but_for_secrets(json.loads(cloud.drivers_configuration.read_text()))
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
    """What it prints. Told that a cluster did not answer, an operator asks again: on a busy machine that happens."""
    command = [str(cloud.host.folder / "programs" / "datamotion"), *map(str, words)]
    environment = variables(cloud.host.folder, **environ)
    run = partial(subprocess.run, command, capture_output=True, text=True, check=False, env=environment)
    ended = run()
    for _ in range(_MORE_TRIES):
        ended = run() if ended.returncode == ExitStatus.SILENT else ended
    assert ended.returncode == 0, f"{command} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
    return ended.stdout


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
        assert cinder("pools") == [cloud.pool(pool) for pool in POOLS]
