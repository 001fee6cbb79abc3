"""Snapshots that are kept common to all targets, carried through deaths at any write and a leg that fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.common import common_name
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import DeleteSnapshot, TakeCommonSnapshot
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import HOME, LYON, NICE, NOON, a_common_snapshot, a_group, a_volume, rules
from tests.datamotion.engine.attempts import attempt, attempt_and_die, simulate
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, carry_out, mirrored, repeated, state, unprotected

NAMES = ("vol_1", "vol_2", "vol_3")
GROUP = a_group(LYON, NICE, rpo=timedelta(hours=2))
PROTECT = protect_planner(GROUP)


def labelled(world: World, *hours: int) -> World:
    """Policies carry the group's label; snapshots that were taken so many hours ago are held by all three."""
    for backend in (HOME, LYON, NICE):
        view = world.views[backend.cluster]
        policies = tuple(
            replace(each, rules=rules("datamotion")) if each.name == "Asynchronous" else each for each in view.policies
        )
        held = tuple(
            a_common_snapshot(taken, uuid)
            for name in NAMES
            for ago in hours
            if (uuid := a_volume(name, backend).uuid) and (taken := common_name("gold", 1, NOON - timedelta(hours=ago)))
        )
        world.views[backend.cluster] = replace(view, policies=policies, common_snapshots=held)
    world.group = GROUP
    world.transfer_s = 0
    return world


def new() -> World:
    return labelled(unprotected(*NAMES))


def aged() -> World:
    """Three that all hold, the newest of them older than the RPO."""
    return labelled(mirrored(*NAMES), 9, 6, 3)


def ended(make: Callable[[], World]) -> dict[str, ClusterView]:
    world = make()
    assert not carry_out(world, PROTECT, ALL).given_up
    return state(world)


def names(world: World) -> list[str]:
    return sorted({each.name for each in world.views["paris"].common_snapshots or ()})


def test_the_newest_common_one_stays_beside_the_one_that_is_taken() -> None:
    world = aged()
    assert not carry_out(world, PROTECT, ALL).given_up
    assert names(world) == [common_name("gold", 1, NOON - timedelta(hours=ago)) for ago in (3, 0)]
    world.asked.clear()
    carry_out(world, PROTECT, ALL)
    assert world.asked == []


def test_a_first_one_is_taken_once_every_mirror_holds_a_copy() -> None:
    world = new()
    carry_out(world, PROTECT, ALL)
    assert names(world) == [common_name("gold", 1, NOON)]
    first = min(number for number, each in enumerate(world.asked) if isinstance(each.change, TakeCommonSnapshot))
    assert not [each for each in world.asked[first:] if each.backend != HOME.name and each.volume == "vol_1"]


@pytest.mark.parametrize("make", [new, aged])
@pytest.mark.sweep
def test_what_dies_at_any_write_is_finished_by_the_same_command(make: Callable[[], World]) -> None:
    """Three volumes, two targets: exhaustive."""

    async def die_and_go_on(world: World, dies_at: int) -> bool:
        died = await attempt_and_die(world, PROTECT, ALL, dies_at)
        assert not (await attempt(world, PROTECT, ALL)).given_up
        return died

    def bound(world: World, dies_at: int) -> Callable[[], Awaitable[bool]]:
        return lambda: die_and_go_on(world, dies_at)

    wanted = ended(make)
    for dies_at in range(1000):
        world = make()
        died = simulate(bound(world, dies_at))
        assert state(world) == wanted, dies_at
        assert {kind: n for kind, n in repeated(world).items() if kind[0] != "DeleteSnapshot"} == {}
        if not died:
            break
    assert dies_at > 5


def test_one_that_is_not_taken_is_its_volumes_own_failure() -> None:
    world = aged()
    world.troubled = HOME.name
    world.always["TakeCommonSnapshot", "vol_2"] = Fate.DECLINED
    result = carry_out(world, PROTECT, ALL)
    assert set(result.given_up) == {(HOME.name, "vol_2")}
    taken = {each.volume for each in world.effects if isinstance(each.change, TakeCommonSnapshot)}
    gone = {each.volume for each in world.effects if isinstance(each.change, DeleteSnapshot)}
    assert (taken, gone) == ({"vol_1", "vol_3"}, {"vol_1", "vol_3"})
