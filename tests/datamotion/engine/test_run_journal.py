"""The journal of a run, and what is made of a run that died at any of its writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

import pytest

from datamotion.model.mirror_acts import Break
from datamotion.model.plan import Plan, Refusal
from datamotion.policy.situation import Planner, Situation
from datamotion.runs.journal import Note
from tests.datamotion.engine.attempts import attempt, attempt_and_die, simulate
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import (
    ALL,
    FAILOVER,
    OF_FAILOVER,
    PROTECT,
    TARGETS,
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

# -- the journal


def test_every_intention_is_written_before_it_is_asked_for() -> None:
    world = unprotected()
    protect(world)
    asked = [index for index, (what, _, _) in enumerate(world.events) if what == "asked"]
    assert asked
    for index in asked:
        _, kind, volumes = world.events[index]
        named = tuple(volume for volume in volumes if volume is not None)
        written = sum(event == (Note.INTENDED, kind, named) for event in world.events[:index])
        before = sum(event == ("asked", kind, volumes) for event in world.events[:index])
        assert written > before


def test_the_journal_tells_a_failover_from_its_first_intention_to_its_last_result() -> None:
    world = transferring()
    journal = failover(world).journal
    told = [(entry.note, entry.change) for entry in journal.entries]
    each = (Note.INTENDED, Note.ANSWERED, Note.REACHED)
    taken = [(note, "TakeEpoch") for _ in TARGETS for note in each]
    confirmed = [(note, "ConfirmClaim") for note in each for _ in TARGETS]
    assert told == [*taken, *((note, kind) for kind in OF_FAILOVER for note in each), *confirmed]
    of_volumes = [entry for entry in journal.entries if entry.change in OF_FAILOVER]
    assert {(entry.cluster, entry.volumes) for entry in of_volumes} == {("lyon", VOLUMES)}
    assert [entry.at for entry in journal.entries] == sorted(entry.at for entry in journal.entries)


def test_the_journal_keeps_jobs_answers_and_reasons() -> None:
    world = transferring()
    world.shared_jobs = True
    world.always["Break", "vol_1"] = Fate.DECLINED
    journal = failover(world).journal
    assert all(len(entry.jobs) == 1 for entry in journal.notes(Note.ANSWERED))
    given_up = journal.notes(Note.GIVEN_UP)[0]
    assert (given_up.change, given_up.volumes, given_up.detail) == ("Break", ("vol_1",), "lyon says no")


def test_a_lost_answer_is_written_down_as_one() -> None:
    world = transferring()
    world.fates["Break", "vol_1"] = [Fate.LOST_AFTER]
    answered = [entry.detail for entry in failover(world).journal.notes(Note.ANSWERED) if entry.change == "Break"]
    assert answered == ["1 accepted, 1 no answer"]


def test_what_a_volume_is_refused_behind_a_step_that_held_is_no_fault_of_that_step() -> None:
    def planner(situation: Situation) -> Plan:
        """Once vol_1 is broken off, nothing may follow."""
        made = FAILOVER(situation)
        kinds = {type(act.change) for step in made.steps for act in step.acts if act.volume == "vol_1"}
        if not kinds or Break in kinds:
            return made
        steps = (
            replace(
                step, acts=tuple(act for act in step.acts if act.volume != "vol_1" or isinstance(act.change, Break))
            )
            for step in made.steps
        )
        refusal = Refusal(text="vol_1 has no export policy", volume="vol_1", backend="gold-lyon")
        return replace(made, steps=tuple(step for step in steps if step.acts), refusals=(refusal,))

    ended = failover(transferring(), planner)
    assert ended.given_up == {("gold-lyon", "vol_1"): "vol_1 has no export policy"}
    held = next(entry.title for entry in ended.journal.notes(Note.REACHED) if entry.change == "Break")
    given_up = ended.journal.notes(Note.GIVEN_UP)[0]
    assert (given_up.title, given_up.detail) == (f'after "{held}"', "vol_1 has no export policy")


# -- dying


def outcomes_of_dying(make: Callable[[], World], planner: Planner, names: Collection[str]) -> list[World]:
    """For every write to the journal: the world after the process ended there and the command was given again."""

    async def die_and_go_on(world: World, dies_at: int) -> bool:
        died = await attempt_and_die(world, planner, names, dies_at)
        result = await attempt(world, planner, names)
        assert not result.given_up
        world.settle()
        return died

    worlds: list[World] = []
    for dies_at in range(1000):
        world = make()
        if not simulate(_bound(die_and_go_on, world, dies_at)):
            return worlds
        worlds.append(world)
    raise AssertionError("it never came to its end")


def _bound(main: Callable[[World, int], Awaitable[bool]], world: World, dies_at: int) -> Callable[[], Awaitable[bool]]:
    return lambda: main(world, dies_at)


@pytest.mark.sweep
def test_protecting_that_dies_at_any_write_is_finished_by_the_same_command() -> None:
    worlds = outcomes_of_dying(unprotected, PROTECT, ALL)
    assert len(worlds) > 20
    wanted = protected()
    for world in worlds:
        assert state(world) == wanted
        assert repeated(world) == {}


def test_a_failover_that_dies_at_any_write_is_finished_by_the_same_command() -> None:
    worlds = outcomes_of_dying(transferring, FAILOVER, TARGETS)
    assert len(worlds) == 3 * (len(OF_FAILOVER) + 2 * len(TARGETS))
    wanted = failed_over()
    for world in worlds:
        assert state(world)["lyon"] == wanted["lyon"]
        assert {act.cluster for act in world.asked if act.volume} == {"lyon"}
        assert repeated(world) == {}


def test_a_failover_that_dies_while_one_volume_lags_keeps_its_epoch() -> None:
    def make() -> World:
        world = transferring()
        world.fates["Pause", "vol_2"] = [Fate.BUSY] * 3
        return world

    worlds = outcomes_of_dying(make, FAILOVER, TARGETS)
    wanted = failed_over()
    for world in worlds:
        assert state(world)["lyon"] == wanted["lyon"]
