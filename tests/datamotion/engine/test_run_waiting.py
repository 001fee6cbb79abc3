"""Carrying plans out where things take their time, or a cluster falls silent."""

from __future__ import annotations

from datamotion.runs.journal import Note
from tests.datamotion.engine.memory import Fate
from tests.datamotion.engine.runs import (
    TARGETS,
    VOLUMES,
    failed_over,
    failover,
    protect,
    protected,
    state,
    transferring,
    unprotected,
)

# -- time


def test_a_state_that_lags_behind_a_yes_is_waited_for_and_not_asked_for_twice() -> None:
    world = transferring()
    world.shows_after_s = 20
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]
    assert len(world.asked) == len(world.effects) == 4 * len(VOLUMES) + 2 * len(TARGETS)


def test_a_peering_that_takes_its_time_to_arrive_is_waited_for() -> None:
    world = unprotected()
    world.shows_after_s = 5
    assert not protect(world).result.given_up
    assert state(world) == protected()


def test_what_was_accepted_and_never_comes_is_given_up_as_unknown() -> None:
    world = transferring()
    world.always["Break", "vol_1"] = Fate.IGNORED
    ended = failover(world)
    assert set(ended.given_up) == ended.silent == {("gold-lyon", "vol_1")}
    assert 60 <= ended.seconds < 70
    assert state(world)["lyon"].volumes[1] == failed_over()["lyon"].volumes[1]


def test_a_transfer_that_moves_is_waited_for_as_long_as_it_takes() -> None:
    world = unprotected()
    world.transfer_s = 1200
    ended = protect(world)
    assert not ended.result.given_up
    assert ended.seconds > 1200


def test_a_transfer_that_moves_no_byte_is_given_up_in_the_end() -> None:
    world = unprotected()
    world.transfer_s, world.transfers_move = 3600, False
    ended = protect(world)
    assert len(ended.silent) == 4
    assert 900 <= ended.seconds < 930


def test_looks_become_rarer_while_nothing_comes_about() -> None:
    world = unprotected()
    world.transfer_s = 600
    protect(world)
    assert world.observed["lyon"] < 600 / 2 + 30


# -- silence


def test_a_cluster_that_is_silent_for_a_moment_is_given_more_looks() -> None:
    world = transferring()
    world.shows_after_s = 1
    world.silent["lyon"] = (2, 5)
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]


def test_a_target_that_falls_silent_is_left_and_the_other_is_finished() -> None:
    world = unprotected()
    world.silent["lyon"] = (3, float("inf"))
    ended = protect(world)
    assert {subject[0] for subject in ended.result.given_up} == {"gold-lyon"}
    assert ended.silent == set(ended.given_up)
    assert state(world)["nice"] == protected()["nice"]


def test_a_home_that_falls_silent_when_its_part_is_done_stops_nothing() -> None:
    world = unprotected()
    world.silent["paris"] = (3, float("inf"))
    ended = protect(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == protected()["lyon"]


def test_a_home_that_falls_silent_while_it_is_needed_ends_the_run_as_silence() -> None:
    world = unprotected()
    world.shows_after_s = 1
    world.silent["paris"] = (0.5, float("inf"))
    ended = protect(world)
    assert ended.result.given_up
    assert ended.silent == set(ended.given_up)


def test_nothing_is_begun_for_a_group_that_a_back_end_out_of_sight_may_serve() -> None:
    world = unprotected()
    world.shows_after_s = 1
    world.silent["nice"] = (0, 0.5)
    ended = protect(world)
    (refusal,) = ended.result.plan.refusals
    assert "gold-nice cannot" in refusal.text
    assert refusal.because_silent
    assert world.asked == []


def test_a_failover_whose_target_falls_silent_breaks_no_other_leg() -> None:
    world = transferring()
    world.shows_after_s = 1
    world.silent["lyon"] = (2, float("inf"))
    ended = failover(world)
    assert ended.silent == set(ended.given_up) == {("gold-lyon", "vol_1"), ("gold-lyon", "vol_2")}
    assert {act.cluster for act in world.asked if act.volume} == {"lyon"}
    reached = [entry.change for entry in ended.journal.notes(Note.REACHED)]
    assert "ModifyVolume" not in reached
