"""Runs that make and change the SnapMirror policies that the configuration defines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from datamotion.model.definition import PolicyDefinition
from datamotion.model.mirror_records import Policy
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import LYON, NICE, a_group, rules
from tests.datamotion.engine.attempts import attempt, attempt_and_die, simulate
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, carry_out, mirrored, repeated, state, unprotected

NIGHTLY = PolicyDefinition(name="nightly", rules=rules("daily", count=7), schedule="hourly")
BOTH = a_group(LYON, NICE)
GROUP = replace(BOTH, targets=tuple(replace(each, policy="nightly", definition=NIGHTLY) for each in BOTH.targets))
PROTECT = protect_planner(GROUP)
NAMES = ("vol_1", "vol_2", "vol_3")


def new() -> World:
    """Three volumes, and no such policy anywhere."""
    world = unprotected(*NAMES)
    world.group, world.transfer_s = GROUP, 0
    return world


def changed() -> World:
    """Mirrors that follow it at both targets, which keep it otherwise."""
    world = mirrored(*NAMES, policy="nightly")
    for backend in (LYON, NICE):
        view = world.views[backend.cluster]
        policy = Policy(
            uuid=f"{backend.cluster}/nightly",
            name="nightly",
            svm=backend.svm,
            type="async",
            schedule=None,
            takes_snapshots=True,
            comment="",
            rules=rules("daily", "weekly"),
        )
        world.views[backend.cluster] = replace(view, policies=(*view.policies, policy))
    world.group, world.transfer_s = GROUP, 0
    return world


@pytest.mark.parametrize("make", [new, changed])
@pytest.mark.sweep
def test_what_dies_at_any_write_is_finished_by_the_same_command(make: Callable[[], World]) -> None:
    """Three volumes, two targets: exhaustive."""

    async def die_and_go_on(world: World, dies_at: int) -> bool:
        died = await attempt_and_die(world, PROTECT, ALL, dies_at)
        assert not (await attempt(world, PROTECT, ALL)).given_up
        return died

    def bound(world: World, dies_at: int) -> Callable[[], Awaitable[bool]]:
        return lambda: die_and_go_on(world, dies_at)

    whole = make()
    assert not carry_out(whole, PROTECT, ALL).given_up
    wanted = state(whole)
    for dies_at in range(1000):
        world = make()
        died = simulate(bound(world, dies_at))
        assert state(world) == wanted, dies_at
        assert repeated(world) == {}
        if not died:
            break
    assert dies_at >= 2


def test_a_target_where_it_cannot_be_made_holds_up_no_other() -> None:
    world = new()
    world.troubled = LYON.name
    world.always["CreatePolicy", None] = Fate.DECLINED
    result = carry_out(world, PROTECT, ALL)
    assert {backend for backend, volume in result.given_up if volume} == {LYON.name}
    assert not world.views["lyon"].relationships
    assert {each.policy for each in world.views["nice"].relationships} == {"nightly"}
