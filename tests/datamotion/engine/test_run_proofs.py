"""An act has come about when it is seen to hold: neither a yes nor a plan without it proves anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.engine.result import Outcome
from datamotion.model.acts import Act, ActId
from datamotion.model.mirror_acts import Break, Pause, StartTransfer
from datamotion.model.plan import Gate, Plan
from datamotion.model.words import MirrorState
from datamotion.policy.situation import Situation
from datamotion.runs.journal import Note
from tests.datamotion.building import LYON
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, carry_out, failover, mirrored, protect, unprotected
from tests.datamotion.engine.scripts import act, script, step

BOTH_PAUSED = step(
    act(Pause(uuid="gold-lyon/vol_1/mirror"), "vol_1"), act(Pause(uuid="gold-lyon/vol_2/mirror"), "vol_2")
)
BREAK_1 = act(Break(uuid="gold-lyon/vol_1/mirror"), "vol_1")
BREAK_2 = act(Break(uuid="gold-lyon/vol_2/mirror"), "vol_2")


def deleted(world: World, volume: str = "vol_1") -> None:
    """Somebody deletes the relationship into lyon's copy."""
    lyon = world.views["lyon"]
    kept = tuple(each for each in lyon.relationships if each.source.volume != volume)
    world.views["lyon"] = replace(lyon, relationships=kept)


def after_the_first_request(world: World) -> None:
    if world.asked:
        deleted(world)


def test_a_relationship_that_vanishes_gives_its_volume_up_with_what_was_seen() -> None:
    world = mirrored()
    world.on_look = after_the_first_request
    ended = carry_out(world, script(BOTH_PAUSED, step(BREAK_1, BREAK_2)), ALL)
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.FAILED, ("gold-lyon", "vol_2"): Outcome.DONE}
    assert "was deleted" in ended.failure(LYON, "vol_1").text
    assert ended.seconds < 5


def test_a_planner_that_says_no_more_of_a_vanished_relationship_makes_nothing_done_of_it() -> None:
    world = mirrored()
    world.on_look = after_the_first_request

    def keeps(each: Act, situation: Situation) -> bool:
        copy = situation.now.copy(each.backend, each.volume or "")
        return copy is not None and copy.edge is not None

    ended = carry_out(world, script(BOTH_PAUSED, step(BREAK_1, BREAK_2), keeps=keeps), ALL)
    assert ended.outcomes["gold-lyon", "vol_1"] is Outcome.FAILED
    assert {entry.volumes for entry in ended.journal.notes(Note.REACHED)} == {("vol_2",)}


def test_a_failover_tells_of_a_volume_whose_relationship_vanishes_in_the_middle() -> None:
    world = mirrored()
    world.on_look = lambda world: (
        deleted(world) if any(isinstance(each.change, Pause) for each in world.asked) else None
    )
    ended = failover(world)
    assert ended.outcomes["gold-lyon", "vol_1"] is Outcome.FAILED
    assert ended.outcomes["gold-lyon", "vol_2"] is Outcome.DONE


def test_what_is_not_planned_any_more_and_was_never_seen_is_dropped_and_not_done() -> None:
    world = mirrored()
    world.always["Pause", "vol_1"] = Fate.IGNORED
    planner = script(BOTH_PAUSED, keeps=lambda each, now: each.id not in now.accepted or each.volume != "vol_1")
    ended = carry_out(world, planner, ALL)
    assert [entry.volumes for entry in ended.journal.notes(Note.DROPPED)] == [("vol_1",)]
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.FAILED, ("gold-lyon", "vol_2"): Outcome.DONE}
    failure = ended.failure(LYON, "vol_1")
    assert "not seen" in failure.text
    assert "snapmirrored" in failure.text


def test_what_a_gate_waits_for_and_is_not_planned_any_more_keeps_it_shut() -> None:
    world = mirrored()
    world.always["Pause", "vol_1"] = Fate.IGNORED
    gate = replace(BOTH_PAUSED, gate=Gate.ALL)
    keeps = lambda each, now: each.id not in now.accepted or each.volume != "vol_1"  # noqa: E731
    ended = carry_out(world, script(gate, step(BREAK_2), keeps=keeps), ALL)
    assert {type(each.change) for each in world.asked} == {Pause}
    assert ended.outcomes["gold-lyon", "vol_2"] is Outcome.FAILED


def test_a_gate_that_fails_for_one_volume_stops_all_behind_it() -> None:
    world = mirrored()
    world.always["Pause", "vol_1"] = Fate.DECLINED
    ended = carry_out(world, script(replace(BOTH_PAUSED, gate=Gate.ALL), step(BREAK_1, BREAK_2)), ALL)
    assert {type(each.change) for each in world.asked} == {Pause}
    assert ended.failure(LYON, "vol_1").text == "lyon says no"
    assert "vol_1" in ended.failure(LYON, "vol_2").text


def test_a_gate_opens_when_the_last_volume_is_through() -> None:
    world = mirrored()
    world.fates["Pause", "vol_1"] = [Fate.BUSY] * 4
    carry_out(world, script(replace(BOTH_PAUSED, gate=Gate.ALL), step(BREAK_1, BREAK_2)), ALL)
    kinds = [type(each.change) for each in world.asked]
    assert kinds == [Pause] * (len(kinds) - 2) + [Break] * 2


def test_without_a_gate_nobody_waits() -> None:
    world = mirrored()
    world.fates["Pause", "vol_1"] = [Fate.BUSY] * 4
    carry_out(world, script(BOTH_PAUSED, step(BREAK_1, BREAK_2)), ALL)
    assert [each.volume for each in world.asked if isinstance(each.change, Break)] == ["vol_2", "vol_1"]


def test_equal_changes_at_two_clusters_are_two_acts() -> None:
    world = unprotected()
    protect(world)
    made = [each for each in world.effects if type(each.change).__name__ == "CreateVolume"]
    by_cluster = {name: {each.change for each in made if each.cluster == name} for name in ("lyon", "nice")}
    assert by_cluster["lyon"] == by_cluster["nice"] != set()


# -- what a planner is told


@pytest.mark.parametrize("fate", [Fate.DONE, Fate.LOST_AFTER, Fate.DONE_YET_DECLINED])
def test_a_planner_is_told_from_which_standing_an_act_was_planned_that_was_accepted(fate: Fate) -> None:
    """Also where the yes was lost, and the act was seen to hold all the same."""
    world = mirrored()
    world.fates["Break", "vol_1"] = [fate]
    told: list[Situation] = []
    planner = script(BOTH_PAUSED, step(BREAK_1))

    def listening(situation: Situation) -> Plan:
        told.append(situation)
        return planner(situation)

    carry_out(world, listening, ALL)
    asked = ActId("lyon", "gold-lyon", "vol_1", Break)
    if fate is Fate.DONE_YET_DECLINED:
        assert asked not in told[-1].accepted
        return
    copy = told[-1].accepted[asked].copy("gold-lyon", "vol_1")
    assert copy is not None
    assert copy.edge is not None
    assert copy.edge.relationship.state is MirrorState.PAUSED


def test_a_transfer_whose_yes_was_lost_is_not_started_twice() -> None:
    world = mirrored()
    world.fates["StartTransfer", "vol_1"] = [Fate.LOST_AFTER]
    start = StartTransfer(
        uuid="gold-lyon/vol_1/mirror",
        exported="snap.1",
        ended_at=world.views["lyon"].relationships[0].transfer.ended_at,  # type: ignore[union-attr]
    )
    ended = carry_out(world, script(step(act(start))), ALL)
    assert len(world.asked) == 1
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.DONE}


def test_what_others_undo_again_and_again_is_given_up() -> None:
    world = mirrored()
    seen: list[MirrorState] = []

    def resumed_by_others(world: World) -> None:
        """As soon as it was seen to be paused."""
        lyon = world.views["lyon"]
        if seen[-1:] == [MirrorState.PAUSED]:
            running = tuple(replace(each, state=MirrorState.SNAPMIRRORED) for each in lyon.relationships)
            world.views["lyon"] = lyon = replace(lyon, relationships=running)
        seen.append(lyon.relationships[0].state)

    world.on_look = resumed_by_others
    world.always["Break", "vol_1"] = Fate.BUSY
    ended = carry_out(world, script(step(act(Pause(uuid="gold-lyon/vol_1/mirror"))), step(BREAK_1)), ALL)
    assert "undone each time" in ended.failure(LYON, "vol_1").text
    assert 3 <= len(world.effects) <= 4
