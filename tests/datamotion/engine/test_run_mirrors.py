"""Runs about mirrors one by one: what is waited for and how long, and what is made of one that died at any write."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datamotion.engine.result import Outcome
from datamotion.model.acts import Act
from datamotion.model.mark import read_mark
from datamotion.model.paused import paused_of
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, TransferState, VolumeType
from datamotion.policy.mirrors.abort import abort_planner
from datamotion.policy.mirrors.breaking import break_planner
from datamotion.policy.mirrors.pause import pause_planner, resume_planner
from datamotion.policy.mirrors.resync import resync_planner
from datamotion.policy.selection import Selection
from datamotion.policy.situation import Planner
from datamotion.runs.journal import Note
from tests.datamotion.building import LYON
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, GROUP, VOLUMES, carry_out, mirrored, repeated, state, transferring
from tests.datamotion.engine.test_run_journal import outcomes_of_dying

AT_LYON = Selection(at="gold-lyon")
PAUSE = pause_planner(GROUP, AT_LYON, reason="new shelf", timeout=timedelta(minutes=10))
RESUME = resume_planner(GROUP, AT_LYON)
ABORT = abort_planner(GROUP, AT_LYON)
BREAK = break_planner(GROUP, AT_LYON)
RESYNC = resync_planner(GROUP, AT_LYON, discard=True)
TROUBLE = (Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.BUSY, Fate.DECLINED, Fate.DONE_YET_DECLINED)
DONE = {("gold-lyon", name): Outcome.DONE for name in VOLUMES}


def paused() -> World:
    world = mirrored()
    carry_out(world, PAUSE, ALL)
    return anew(world)


def broken_off() -> World:
    world = mirrored()
    carry_out(world, BREAK, ALL)
    return anew(world)


def pausing_waits(*volumes: str, transfer_s: float = 3600, **trouble: Any) -> World:
    """Transfers run into all mirrors, and a pause waits for them."""
    return World(views=transferring(*volumes).views, transfer_s=transfer_s, pauses_wait=True, **trouble)


def anew(world: World) -> World:
    """The same clusters, of which nothing has been asked."""
    return World(views=world.views)


def lyon(world: World) -> ClusterView:
    return world.views["lyon"]


def states(world: World) -> set[tuple[MirrorState, bool]]:
    """What lyon's relationships are, and whether a transfer runs."""
    return {(each.state, each.is_transferring) for each in lyon(world).relationships}


def of_kind(world: World, kind: str) -> list[Act]:
    return [act for act in world.effects if type(act.change).__name__ == kind]


# -- waiting


def test_pause_waits_for_transfers_with_the_group_let_go_and_ends_when_they_do() -> None:
    world = pausing_waits(transfer_s=300)
    ended = carry_out(world, PAUSE, ALL)
    assert ended.outcomes == DONE
    assert (states(world), of_kind(world, "AbortTransfer")) == ({(MirrorState.PAUSED, False)}, [])
    assert 300 <= ended.seconds < 320
    assert ended.hold.let_go_at
    told = [(entry.note, entry.change) for entry in ended.journal.entries if entry.note is Note.REACHED]
    assert {kind for _, kind in told} == {"ModifyVolume", "AwaitIdle", "Pause"}


@pytest.mark.parametrize("trouble", [{}, {"transfers_move": False}, {"queued_s": 3600.0}])
def test_pause_aborts_transfers_that_have_not_ended_in_time_however_they_move(trouble: dict[str, Any]) -> None:
    world = pausing_waits(**trouble)
    ended = carry_out(world, PAUSE, ALL)
    assert ended.outcomes == DONE
    assert {(act.backend, act.volume) for act in of_kind(world, "AbortTransfer")} == set(DONE)
    assert {each.transfer.state for each in lyon(world).relationships if each.transfer} == {TransferState.ABORTED}
    assert states(world) == {(MirrorState.PAUSED, False)}
    assert 600 <= ended.seconds < 620


def test_a_cluster_that_stopped_waiting_for_the_end_of_a_transfer_is_asked_once_more() -> None:
    world = pausing_waits("vol_1", transfer_s=300)
    world.fates["Pause", "vol_1"] = [Fate.IGNORED]
    assert carry_out(world, PAUSE, ALL).outcomes == {("gold-lyon", "vol_1"): Outcome.DONE}
    assert states(world) == {(MirrorState.PAUSED, False)}


def test_abort_leaves_the_transfer_that_comes_next() -> None:
    world = transferring()
    ended = carry_out(world, ABORT, ALL)
    assert ended.outcomes == DONE
    assert states(world) == {(MirrorState.SNAPMIRRORED, False)}
    assert {each.is_transferring for each in world.views["nice"].relationships} == {True}


def test_a_resync_is_done_when_its_transfer_is() -> None:
    world = broken_off()
    world.transfer_s = 300
    ended = carry_out(world, RESYNC, ALL)
    assert (ended.outcomes, states(world)) == (DONE, {(MirrorState.SNAPMIRRORED, False)})
    assert {each.type for each in lyon(world).volumes} == {VolumeType.DP}
    assert ended.seconds >= 300


def test_a_resync_whose_transfer_fails_is_told_at_once_with_its_reason() -> None:
    world = broken_off()
    world.transfers_end_as = TransferState.FAILED
    ended = carry_out(world, RESYNC, ALL)
    assert set(ended.outcomes.values()) == {Outcome.FAILED}
    assert ended.seconds < 60
    assert "the link is cut" in ended.failure(LYON, "vol_1").text


def test_nothing_is_resynced_that_was_not_agreed_to() -> None:
    world = broken_off()
    ended = carry_out(world, RESYNC, ALL, agreed=())
    assert of_kind(world, "Resync") == []
    assert "would lose data that was not agreed to" in ended.failure(LYON, "vol_1").text


def test_what_a_cluster_refuses_is_that_volumes_alone() -> None:
    world = broken_off()
    world.shared_jobs = True
    world.always["Resync", "vol_1"] = Fate.DECLINED
    ended = carry_out(world, RESYNC, ALL)
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.FAILED, ("gold-lyon", "vol_2"): Outcome.DONE}
    assert ended.failure(LYON, "vol_1").text == "lyon says no"


@pytest.mark.parametrize("kind", ["ModifyVolume", "Pause"])
@pytest.mark.parametrize("fate", [Fate.LOST_AFTER, Fate.LOST_BEFORE, Fate.BUSY])
def test_pausing_comes_through_an_answer_that_is_lost(kind: str, fate: Fate) -> None:
    world = mirrored()
    world.fates[kind, "vol_1"] = [fate]
    assert carry_out(world, PAUSE, ALL).outcomes == DONE
    assert states(world) == {(MirrorState.PAUSED, False)}


# -- dying


def what_others_see(world: World) -> dict[str, ClusterView]:
    """All that clusters show, but for when it was paused."""
    return {
        name: replace(view, volumes=tuple(replace(each, comment=_untimed(each.comment)) for each in view.volumes))
        for name, view in state(world).items()
    }


def _untimed(comment: str) -> str:
    mark = read_mark(comment)
    paused = paused_of(mark)
    return replace(mark, paused="some time").write(comment) if mark and paused else comment


@pytest.mark.parametrize(
    ("make", "planner", "least"),
    [
        (mirrored, PAUSE, 6),
        (paused, RESUME, 6),
        (transferring, ABORT, 3),
        (mirrored, BREAK, 6),
        (broken_off, RESYNC, 4),
    ],
    ids=["pause", "resume", "abort", "break", "resync"],
)
def test_a_run_that_dies_at_any_write_is_finished_by_the_same_command(
    make: object, planner: Planner, least: int
) -> None:
    assert callable(make)
    straight = make()
    assert carry_out(straight, planner, ALL).outcomes == DONE
    worlds = outcomes_of_dying(make, planner, ALL)
    assert len(worlds) >= least
    for world in worlds:
        assert what_others_see(world) == what_others_see(straight)
        assert repeated(world) == {}
        assert {act.backend for act in world.effects} == {"gold-lyon"}


def test_a_pause_that_dies_while_it_waits_ends_like_one_that_did_not() -> None:
    worlds = outcomes_of_dying(lambda: pausing_waits(transfer_s=100), PAUSE, ALL)
    assert len(worlds) == 7
    for world in worlds:
        assert states(world) == {(MirrorState.PAUSED, False)}
        assert all(paused_of(read_mark(each.comment)) for each in lyon(world).volumes)
        assert {act.backend for act in world.effects} == {"gold-lyon"}


def test_pausing_three_volumes_at_two_targets_that_dies_at_any_write_is_finished_by_the_same_command() -> None:
    names = ("vol_1", "vol_2", "vol_3")
    planner = pause_planner(GROUP, Selection(), reason="new shelf", timeout=timedelta(minutes=10))
    worlds = outcomes_of_dying(lambda: mirrored(*names), planner, ALL)
    assert len(worlds) == 12
    straight = mirrored(*names)
    carry_out(straight, planner, ALL)
    for world in worlds:
        assert what_others_see(world) == what_others_see(straight)
        assert repeated(world) == {}


@pytest.mark.parametrize("seed", range(5))
def test_fifty_volumes_are_paused_and_resumed_through_whatever_befalls_single_requests(seed: int) -> None:
    names, chance = [f"vol_{number}" for number in range(1, 51)], random.Random(seed)
    world = mirrored(*names)
    for planner, kind in ((PAUSE, "Pause"), (RESUME, "Resume")):
        for name in names:
            for each in (kind, "ModifyVolume"):
                world.fates[each, name] = chance.choices(TROUBLE, k=chance.randrange(3))
        for _ in range(3):  # what a run gave up the same command goes on with
            carry_out(world, planner, ALL)
        wanted = MirrorState.PAUSED if kind == "Pause" else MirrorState.SNAPMIRRORED
        assert states(world) == {(wanted, False)}
        assert {bool(paused_of(read_mark(each.comment))) for each in lyon(world).volumes} == {kind == "Pause"}
