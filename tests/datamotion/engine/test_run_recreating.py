"""Mirrors of another shape than their sources, made anew: carried through deaths at any write, and what others do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.engine.result import Outcome
from datamotion.model.mirror_acts import DeleteRelationship
from datamotion.model.volume_acts import DeleteVolume
from datamotion.model.words import MirrorState, VolumeType
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import LYON, NICE, a_listing
from tests.datamotion.engine.memory import World
from tests.datamotion.engine.runs import ALL, GROUP, carry_out, mirrored, repeated, state
from tests.datamotion.engine.test_run_journal import outcomes_of_dying

NAMES = ("vol_1", "vol_2", "vol_3")
ANEW = protect_planner(GROUP, recreate={"gold-lyon", "gold-nice"})


def misshapen(*names: str) -> World:
    """FlexGroups with mirrors that have more constituents, at both targets."""
    world = mirrored(*(names or NAMES))
    for name, view in world.views.items():
        shape = {"style": "flexgroup", "constituents": 2 if name == "paris" else 4}
        world.views[name] = replace(view, volumes=tuple(replace(each, **shape) for each in view.volumes))  # type: ignore[arg-type]
    entries = [a_listing(each, backend) for each in names or NAMES for backend in (LYON, NICE)]
    world.views["paris"] = replace(world.views["paris"], destinations=tuple(entries))
    return world


@pytest.mark.sweep
def test_made_anew_by_deaths_at_any_write_and_the_same_command() -> None:
    """Three volumes, two targets: exhaustive."""
    straight = misshapen()
    result = carry_out(straight, ANEW, ALL)
    assert {each for (_, volume), each in result.outcomes.items() if volume} <= {Outcome.DONE, Outcome.UNCHANGED}
    assert {each.state for each in straight.views["lyon"].relationships} == {MirrorState.SNAPMIRRORED}
    assert {each.constituents for each in straight.views["lyon"].volumes} == {2}
    assert straight.views["paris"].destinations == ()
    worlds = outcomes_of_dying(misshapen, ANEW, ALL)
    assert len(worlds) > 30
    for world in worlds:
        assert state(world) == state(straight)
        assert repeated(world) == {}


def test_a_mirror_that_is_broken_off_meanwhile_is_not_deleted() -> None:
    world = misshapen("vol_1")

    def broken_off_by_others(world: World) -> None:
        if any(isinstance(each.change, DeleteRelationship) for each in world.asked):
            lyon = world.views["lyon"]
            written = tuple(replace(each, type=VolumeType.RW) for each in lyon.volumes)
            world.views["lyon"] = replace(lyon, volumes=written)

    world.on_look = broken_off_by_others
    carry_out(world, ANEW, ALL)
    assert {each.backend for each in world.asked if isinstance(each.change, DeleteVolume)} == {"gold-nice"}


def test_nothing_goes_that_was_not_agreed_to() -> None:
    world = misshapen("vol_1")
    carry_out(world, ANEW, ALL, agreed=())
    assert not {type(each.change) for each in world.effects} & {DeleteRelationship, DeleteVolume}
