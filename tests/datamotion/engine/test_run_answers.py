"""Carrying plans out where answers are lost, or say no."""

from __future__ import annotations

import pytest

from datamotion.model.words import MirrorState
from tests.datamotion.building import LYON
from tests.datamotion.engine.memory import Fate
from tests.datamotion.engine.runs import (
    OF_FAILOVER,
    OF_PROTECT,
    VOLUMES,
    failed_over,
    failover,
    protect,
    protected,
    repeated,
    state,
    transferring,
    unprotected,
)

# -- answers that are lost


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER])
@pytest.mark.parametrize("kind", OF_PROTECT)
def test_a_lost_answer_while_protecting_changes_nothing_of_the_end(kind: str, fate: Fate) -> None:
    world = unprotected()
    world.fates[kind, "vol_1"] = [fate]
    ended = protect(world)
    assert not ended.result.given_up
    assert state(world) == protected()
    assert repeated(world) == {}


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER])
@pytest.mark.parametrize("kind", ["PeerSvms", "AcceptSvmPeer"])
def test_a_lost_answer_while_peering_changes_nothing_of_the_end(kind: str, fate: Fate) -> None:
    world = unprotected()
    world.fates[kind, None] = [fate]
    assert not protect(world).result.given_up
    assert state(world) == protected()
    assert repeated(world) == {}


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER])
@pytest.mark.parametrize("kind", OF_FAILOVER)
def test_a_lost_answer_while_failing_over_changes_nothing_of_the_end(kind: str, fate: Fate) -> None:
    world = transferring()
    world.fates[kind, "vol_1"] = [fate]
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]
    assert repeated(world) == {}


@pytest.mark.parametrize("kind", OF_PROTECT)
def test_a_no_to_what_was_asked_again_after_a_lost_answer_is_not_believed_at_once(kind: str) -> None:
    world = unprotected()
    world.shows_after_s = 4
    world.fates[kind, "vol_1"] = [Fate.LOST_AFTER, *[Fate.DECLINED] * 50]
    ended = protect(world)
    assert not ended.result.given_up
    assert state(world) == protected()
    assert repeated(world) == {}


# -- refusals


@pytest.mark.parametrize("kind", ["CreateVolume", "CreateRelationship", "Initialize"])
def test_a_volume_that_is_declined_is_left_and_the_others_are_finished(kind: str) -> None:
    world = unprotected()
    world.always[kind, "vol_1"] = Fate.DECLINED
    ended = protect(world)
    assert ended.given_up == {("gold-lyon", "vol_1"): "lyon says no"}
    assert ended.silent == set()
    finished = [each for each in world.views["lyon"].relationships if each.state is MirrorState.SNAPMIRRORED]
    assert [each.source.volume for each in finished] == ["vol_2"]
    assert state(world)["nice"] == protected()["nice"]
    asked = [type(act.change).__name__ for act in world.asked if act.subject == ("gold-lyon", "vol_1")]
    assert asked.count(kind) == 1
    assert ended.seconds < 30


@pytest.mark.parametrize("kind", OF_FAILOVER)
def test_a_volume_that_cannot_be_failed_over_holds_up_no_other(kind: str) -> None:
    world = transferring()
    world.always[kind, "vol_1"] = Fate.DECLINED
    ended = failover(world)
    assert set(ended.given_up) == {("gold-lyon", "vol_1")}
    assert state(world)["lyon"].volumes[1] == failed_over()["lyon"].volumes[1]


def test_a_job_shared_by_a_batch_that_fails_for_one_volume_is_no_failure_of_the_others() -> None:
    world = transferring()
    world.shared_jobs = True
    world.always["Break", "vol_1"] = Fate.DECLINED
    ended = failover(world)
    assert set(ended.given_up) == {("gold-lyon", "vol_1")}
    assert ended.given_up["gold-lyon", "vol_1"] == "lyon says no"
    assert state(world)["lyon"].volumes[1] == failed_over()["lyon"].volumes[1]


def test_two_volumes_that_fail_in_one_shared_job_are_given_up_in_the_end() -> None:
    world = transferring()
    world.shared_jobs = True
    for volume in VOLUMES:
        world.always["Break", volume] = Fate.DECLINED
    ended = failover(world)
    assert ended.given_up == {("gold-lyon", volume): "lyon says no" for volume in VOLUMES}


def test_a_no_that_passes_is_asked_again() -> None:
    world = transferring()
    world.fates["Break", "vol_1"] = [Fate.BUSY] * 4
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]


def test_a_no_that_was_to_pass_and_does_not_is_given_up_with_its_words() -> None:
    world = transferring()
    world.always["Break", "vol_1"] = Fate.BUSY
    ended = failover(world)
    assert ended.given_up == {("gold-lyon", "vol_1"): "lyon is busy"}
    assert 60 <= ended.seconds < 70


def test_what_was_declined_and_came_about_all_the_same_is_gone_on_from() -> None:
    world = transferring()
    world.fates["Pause", "vol_1"] = [Fate.DONE_YET_DECLINED]
    world.fates["Break", "vol_1"] = [Fate.BUSY]
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]


def test_a_target_that_cannot_be_peered_stops_itself_alone() -> None:
    world = unprotected()
    world.always["AcceptSvmPeer", None] = Fate.DECLINED
    ended = protect(world)
    assert {backend for backend, _ in ended.result.given_up} == {"gold-lyon"}
    assert {ended.failure(LYON, volume).text for volume in (None, *VOLUMES)} == {"paris says no"}
    assert state(world)["nice"] == protected()["nice"]
    assert {act.volume for act in world.asked if act.backend == "gold-lyon"} == {None}
