"""OpenStack Cinder's NetApp REST client and data-motion mixin, unmodified, on three back ends. `make conformance`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.cinder_lab import World, a_world
from tests.conformance.openstack import HOME, SVMS, TARGETS, Failed, Service
from tests.ontaplab.site.labs import eventually, records

PAIR = ("vol_1", "vol_1")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        yield world


def test_the_scheduler_is_told_of_pools_and_targets(world: World) -> None:
    with world.cinder() as cinder:
        stats = cinder("stats")
    assert (stats["replication_type"], stats["replication_targets"]) == ("async", list(TARGETS))
    assert set(stats["pools"]) == {"vol_1", "vol_2"}
    pool = stats["pools"]["vol_1"]
    assert (pool["netapp_aggregate"], pool["node"], pool["netapp_raid_type"]) == ("aggr1_paris", "paris-01", "raid_dp")
    assert (pool["netapp_thin_provisioned"], pool["netapp_dedup"], pool["netapp_mirrored"]) == (
        "true",
        "false",
        "false",
    )
    assert pool["size-total"] == 1024**3 - 1024**3 * 5 // 100
    assert 0 < pool["size-total"] - pool["size-available"] <= 4096
    assert pool["aggregate"]["aggr1_paris"]["size-total"] == 100 * 1024**3


def test_missing_mirrors_are_made_and_those_that_are_there_stay(world: World) -> None:
    with world.cinder() as cinder:
        _set_up(world, cinder)
        before = {target: world.mirrors(target) for target in TARGETS}
        cinder("setup")
        assert {target: world.mirrors(target) for target in TARGETS} == before
        told = cinder("mirrors", "nice")
    assert {(mirror["source-volume"], mirror["destination-volume"]) for mirror in told} == {PAIR, ("vol_2", "vol_2")}
    assert all(mirror["is-healthy"] and mirror["transferring-state"] == "success" for mirror in told)
    for target in TARGETS:
        volumes = records(world.site, target, "/storage/volumes", fields="type,size,guarantee.type")
        assert [(each["type"], each["size"], each["guarantee"]["type"]) for each in volumes] == [
            ("dp", 1024**3, "none")
        ] * 2
        assert world.file(target, "vol_1").read_text() == "first"


def test_a_mirror_is_updated_broken_resynced_and_deleted(world: World) -> None:
    pair = (HOME, "lyon", *PAIR)
    with world.cinder() as cinder:
        cinder("create_snapmirror", *pair, "MirrorAllSnapshots")
        eventually(lambda: world.states("lyon") == {"snapmirrored"})
        world.file(HOME, "vol_1").write_text("second")
        cinder("update_snapmirror", *pair)
        eventually(lambda: world.file("lyon", "vol_1").read_text() == "second")
        cinder("quiesce_then_abort", *pair)
        assert world.states("lyon") == {"paused"}
        cinder("resume_snapmirror", *pair)
        assert world.states("lyon") == {"snapmirrored"}
        cinder("break_snapmirror", *pair)
        assert world.states("lyon") == {"broken_off"}
        (volume,) = records(world.site, "lyon", "/storage/volumes", fields="type,nas.path")
        assert (volume["type"], volume["nas"]["path"]) == ("rw", "/vol_1")
        world.file("lyon", "vol_1").write_text("written at the destination")
        cinder("resync_snapmirror", *pair)
        eventually(lambda: world.states("lyon") == {"snapmirrored"})
        eventually(lambda: world.file("lyon", "vol_1").read_text() == "second")
        cinder("delete_snapmirror", *pair)
    assert world.mirrors("lyon") == []
    assert world.mirrors(HOME, list_destinations_only="true") == []
    volume = records(world.site, HOME, "/storage/volumes", name="vol_1")[0]
    assert records(world.site, HOME, f"/storage/volumes/{volume['uuid']}/snapshots", owners="snapmirror") == []


def test_the_target_that_lags_least_is_chosen(world: World) -> None:
    with world.cinder() as cinder:
        _set_up(world, cinder)
        for best, other in (TARGETS, TARGETS[::-1]):
            _let_lag_less(world, cinder, best)
            assert cinder("choose", *TARGETS) == best
            assert cinder("choose", other) == other


def _let_lag_less(world: World, cinder: Service, best: str) -> None:
    """That target has just been updated; for the other one it is more than two seconds ago."""
    eventually(lambda: all(min(_lags(cinder, target)) > 2 for target in TARGETS))
    for volume in ("vol_1", "vol_2"):
        cinder("update_snapmirror", HOME, best, volume, volume)
    eventually(lambda: max(_lags(cinder, best)) <= 2)


def _lags(cinder: Service, target: str) -> list[float]:
    return [mirror["lag-time"] for mirror in cinder("mirrors", target)]


VOLUMES = [{"id": "1", "host": "host@paris#vol_1"}, {"id": "2", "host": "host@paris#vol_2"}]
"""What Cinder has on the back end."""


def test_the_best_of_two_targets_takes_over_and_both_follow_home_again_later(world: World) -> None:
    with world.cinder() as cinder:
        _set_up(world, cinder)
        world.file(HOME, "vol_1").write_text("second")
        _let_lag_less(world, cinder, "nice")
        world.file(HOME, "vol_1").write_text("third")
        active, updates, groups = cinder("failover", VOLUMES, None)
        assert (active, groups) == ("nice", [])
        assert [each["updates"]["replication_status"] for each in updates] == ["failed-over"] * 2
        assert cinder("speaks_with") == ["svm_gold_nice", True, "nice"]
        assert set(cinder("stats")["pools"]) == {"vol_1", "vol_2"}
    for target in TARGETS:
        assert world.states(target) == {"broken_off"}  # Cinder breaks all of them, not only the chosen one
        assert world.file(target, "vol_1").read_text() == "third"
    world.file("nice", "vol_1").write_text("written at the target")
    with world.cinder() as cinder:
        _set_up(world, cinder)
    eventually(lambda: world.file("nice", "vol_1").read_text() == "third")


def test_cinder_does_not_fail_over_from_a_dead_cluster_because_its_last_update_failed(world: World) -> None:
    """It starts an update first, and then breaks only where the last transfer succeeded, which it cannot have."""
    with world.cinder() as cinder:
        _set_up(world, cinder)
        world.site.kill(HOME)
        with pytest.raises(Failed, match="Transfer state did not reach the expected state") as failed:
            cinder("failover", VOLUMES, "nice")
        assert failed.value.kind == "UnableToFailOver"
        assert {mirror["transferring-state"] for mirror in cinder("mirrors", "lyon")} == {"failed"}


def _set_up(world: World, cinder: Service) -> None:
    """Cinder has seen to its mirrors, and they hold everything."""
    cinder("setup")
    eventually(lambda: all(world.states(target) == {"snapmirrored"} for target in TARGETS))


def test_svms_of_one_cluster_become_peers_without_naming_it_and_others_do_not(world: World) -> None:
    world.write(HOME, "POST", "/svm/svms", {"name": "svm_silver"})
    with world.cinder() as cinder:
        for _ in range(2):
            cinder("peer", HOME, "svm_silver", ["file_copy"])
        with pytest.raises(Failed, match="isn't defined"):
            cinder("peer", HOME, "svm_silver", ["lun_copy"])
        with pytest.raises(Failed) as failed:
            cinder("peer", HOME, "svm_bronze", ["file_copy"])
        told = {(peer["peer-vserver"], peer["peer-cluster"], peer["peer-state"]) for peer in cinder("peers")}
    assert failed.value.kind == "NaApiError"
    assert told == {("svm_silver", "paris", "peered"), *((SVMS[target], target, "peered") for target in TARGETS)}


def test_cinder_stumbles_over_an_encrypted_source_as_it_does_with_ontap(world: World) -> None:
    """Its REST client is given an option that it does not take. The lab tells the truth all the same."""
    world.volume("vol_secret", **{"encryption.enabled": True})
    with world.cinder() as cinder, pytest.raises(Failed) as failed:
        cinder("create_snapmirror", HOME, "lyon", "vol_secret", "vol_secret", "MirrorAllSnapshots")
    assert failed.value.kind == "TypeError"


def test_cinder_does_not_see_a_mirror_of_another_name_at_another_cluster(world: World) -> None:
    """It asks the source's cluster for relationships, and those are listed where they end."""
    copy = {"name": "vol_1_copy", "svm.name": SVMS["lyon"], "aggregates": [{"name": "aggr1_lyon"}], "size": "1GB"}
    world.write("lyon", "POST", "/storage/volumes", {**copy, "type": "dp"})
    paths = {"source.path": f"{SVMS[HOME]}:vol_1", "destination.path": f"{SVMS['lyon']}:vol_1_copy"}
    world.write("lyon", "POST", "/snapmirror/relationships", paths)
    with world.cinder() as cinder:
        cinder("setup")
        told = cinder("mirrors", "lyon")
    assert {mirror["destination-volume"] for mirror in told} == {"vol_1", "vol_1_copy", "vol_2"}
