"""OpenStack Manila's NetApp REST client and data motion, unmodified, on three places. `make conformance`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.manila_lab import a_world, replica, volume
from tests.conformance.openstack import HOME, SVMS, TARGETS, Failed, Service, World
from tests.ontaplab.site.labs import eventually, records

PAIR = (replica(HOME), replica("lyon"))
REPLICAS = [replica(cluster) for cluster in SVMS]
_LARGE_BYTES = 1 << 20
"""Of a file that is sent once to each place, and never again."""


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[tuple[World, Service]]:
    with a_world(tmp_path) as begun:
        yield begun


def test_svms_of_two_clusters_become_peers_and_cease_to_be(begun: tuple[World, Service]) -> None:
    _, manila = begun
    (peer,) = manila("peer", *PAIR)
    assert [peer] == manila("peer", *PAIR)
    assert (peer["vserver"], peer["peer-vserver"]) == (SVMS[HOME], SVMS["lyon"])
    assert (peer["peer-cluster"], peer["peer-state"]) == ("lyon", "peered")
    manila("unpeer", *PAIR)
    (again,) = manila("peer", *PAIR)
    assert again["uuid"] != peer["uuid"]


def test_a_mirror_is_created_mounted_updated_and_described(begun: tuple[World, Service]) -> None:
    world, manila = begun
    _mirrored(world, manila, "lyon", mount=True)
    (at_target,) = records(world.site, "lyon", "/storage/volumes", fields="type,nas.path")
    assert (at_target["type"], at_target["nas"]["path"]) == ("dp", f"/{volume('lyon')}")
    _written(world, HOME, "second")
    manila("update_snapmirror", *PAIR)
    eventually(lambda: _text(world, "lyon") == "second")
    (told,) = manila("get_snapmirrors", *PAIR)
    assert (told["source-vserver"], told["destination-vserver"]) == (SVMS[HOME], SVMS["lyon"])
    assert (told["source-volume"], told["destination-volume"]) == (volume(HOME), volume("lyon"))
    assert (told["relationship-status"], told["transferring-state"], told["is-healthy"]) == ("idle", "success", "true")
    assert (told["schedule"], told["policy"], told["policy-type"]) == ("hourly", "MirrorAllSnapshots", "async")
    assert told["last-transfer-end-timestamp"] > 0
    manila("modify_snapmirror", *PAIR, "daily")
    (told,) = manila("get_snapmirrors", *PAIR)
    assert told["schedule"] == "daily"


def test_a_mirror_is_quiesced_resumed_broken_and_resynced(begun: tuple[World, Service]) -> None:
    world, manila = begun
    _mirrored(world, manila, "lyon")
    manila("quiesce_then_abort", *PAIR)
    assert world.states("lyon") == {"paused"}
    manila("resume_snapmirror", *PAIR)
    eventually(lambda: world.states("lyon") == {"snapmirrored"})
    manila("break_snapmirror", *PAIR)
    assert world.states("lyon") == {"broken_off"}
    (at_target,) = records(world.site, "lyon", "/storage/volumes", fields="type,nas.path")
    assert (at_target["type"], at_target["nas"]["path"]) == ("rw", f"/{volume('lyon')}")
    _written(world, "lyon", "written at the destination")
    manila("resync_snapmirror", *PAIR)
    eventually(lambda: world.states("lyon") == {"snapmirrored"} and _text(world, "lyon") == "first")


def test_a_mirror_is_deleted_and_released_with_its_snapshots(begun: tuple[World, Service]) -> None:
    world, manila = begun
    _mirrored(world, manila, "lyon")
    assert len(_snapshots(world, HOME)) == 1
    for _ in range(2):
        manila("delete_snapmirror", *PAIR)
        assert world.mirrors("lyon") == []
        assert world.mirrors(HOME, list_destinations_only="true") == []
        assert _snapshots(world, HOME) == set()


def test_an_unreleased_mirror_is_released_when_its_source_is_cleaned_up(begun: tuple[World, Service]) -> None:
    world, manila = begun
    _mirrored(world, manila, "lyon")
    manila("delete_snapmirror", *PAIR, False)
    assert world.mirrors("lyon") == []
    assert len(world.mirrors(HOME, list_destinations_only="true")) == 1
    manila("cleanup_previous_snapmirror_relationships", replica(HOME), REPLICAS)
    assert world.mirrors(HOME, list_destinations_only="true") == []


def test_three_places_follow_whichever_is_active_from_what_they_hold(begun: tuple[World, Service]) -> None:
    world, manila = begun
    world.file(HOME, volume(HOME)).with_name("large").write_bytes(random.Random(1).randbytes(_LARGE_BYTES))
    for target in TARGETS:
        _mirrored(world, manila, target)
        assert manila("get_snapmirrors", replica(HOME), replica(target))[0]["last-transfer-size"] >= _LARGE_BYTES
    manila("peer", replica("lyon"), replica("nice"))
    _promoted(world, manila, HOME, "lyon")
    _written(world, "lyon", "second")
    for target in (HOME, "nice"):
        manila("update_snapmirror", replica("lyon"), replica(target))
    eventually(lambda: {_text(world, target) for target in SVMS} == {"second"})
    before = _snapshots(world, "nice")
    _promoted(world, manila, "lyon", "nice")
    _written(world, "nice", "third")
    for target in (HOME, "lyon"):
        manila("update_snapmirror", replica("nice"), replica(target))
    eventually(lambda: {_text(world, target) for target in SVMS} == {"third"})
    for target in (HOME, "lyon"):
        manila("delete_snapmirror", replica("nice"), replica(target))
    for cluster in SVMS:
        assert world.mirrors(cluster) == world.mirrors(cluster, list_destinations_only="true") == []
    left = _snapshots(world, "nice")
    assert left
    assert left <= before, "what the last mirrors had made is gone; what was released without its snapshots stays"


def _promoted(world: World, manila: Service, active: str, promoted: str) -> None:
    """As the driver does it: the promoted replica is broken off, and the others get from there what they lack."""
    manila("break_snapmirror", replica(active), replica(promoted), False)
    for other in set(SVMS) - {promoted}:
        manila("change_snapmirror_source", replica(other), replica(active), replica(promoted), REPLICAS)
    for other in set(SVMS) - {promoted}:
        eventually(lambda other=other: world.states(other) == {"snapmirrored"})  # type: ignore[misc]
        (told,) = manila("get_snapmirrors", replica(promoted), replica(other))
        assert (told["source-vserver"], told["transferring-state"]) == (SVMS[promoted], "success")
        assert told["last-transfer-size"] < _LARGE_BYTES
    assert world.mirrors(promoted) == []


def test_manila_does_not_break_a_mirror_whose_last_transfer_failed(begun: tuple[World, Service]) -> None:
    world, manila = begun
    _mirrored(world, manila, "lyon")
    world.site.kill(HOME)
    manila("update_snapmirror", *PAIR)
    eventually(lambda: manila("get_snapmirrors", *PAIR)[0]["transferring-state"] == "failed")
    with pytest.raises(Failed, match="Transfer state did not reach the expected state"):
        manila("break_snapmirror", *PAIR)


def _mirrored(world: World, manila: Service, target: str, *options: Any, mount: bool = False) -> None:
    pair = (replica(HOME), replica(target))
    manila("peer", *pair)
    manila("create_volume", replica(target), f"aggr1_{target}")
    manila("create_snapmirror", *pair, "extended_data_protection", mount)
    eventually(lambda: world.states(target) == {"snapmirrored"} and _text(world, target) == "first")


def _written(world: World, cluster: str, text: str) -> None:
    world.file(cluster, volume(cluster)).write_text(text)


def _text(world: World, cluster: str) -> str:
    return world.file(cluster, volume(cluster)).read_text()


def _snapshots(world: World, cluster: str) -> set[str]:
    """Those of the volume there that mirrors made."""
    (found,) = records(world.site, cluster, "/storage/volumes", name=volume(cluster))
    path = f"/storage/volumes/{found['uuid']}/snapshots"
    return {each["name"] for each in records(world.site, cluster, path, name="snapmirror.*")}
