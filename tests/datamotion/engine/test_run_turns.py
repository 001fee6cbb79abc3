"""Runs with more first transfers than a cluster is to carry at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from datamotion.model.mirror_acts import Initialize
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import LYON, NICE, a_group
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, carry_out, unprotected

NAMES = tuple(f"vol_{number}" for number in range(1, 8))
BOTH = a_group(LYON, NICE)
GROUP = replace(BOTH, targets=tuple(replace(each, transfers_at_once=2) for each in BOTH.targets))
PROTECT = protect_planner(GROUP)


def many(seen: list[int]) -> World:
    """Seven volumes to mirror; `seen` gets how many transfers run at lyon, look by look."""
    world = unprotected(*NAMES)
    world.group = GROUP
    world.on_look = counting(seen)
    return world


def counting(seen: list[int]) -> Callable[[World], None]:
    def count(world: World) -> None:
        seen.append(sum(each.is_transferring for each in world.views["lyon"].relationships))

    return count


def test_a_cluster_is_kept_busy_with_as_many_as_it_is_to_carry_until_all_are_done() -> None:
    seen: list[int] = []
    ended = carry_out(many(seen), PROTECT, ALL)
    assert ended.given_up == {}
    assert len({subject for subject in ended.outcomes if subject[0] == LYON.name and subject[1]}) == len(NAMES)
    assert max(seen) == 2
    between = seen[seen.index(2) : len(seen) - seen[::-1].index(2)]
    assert between.count(2) > len(between) / 2


def test_those_that_cannot_begin_hold_up_none_that_wait_behind_them() -> None:
    world = many([])
    for name in NAMES[:3]:
        world.always["Initialize", name] = Fate.DECLINED
    ended = carry_out(world, PROTECT, ALL)
    assert set(ended.given_up) == {(LYON.name, name) for name in NAMES[:3]}
    done = {each.volume for each in world.effects if isinstance(each.change, Initialize) and each.cluster == "lyon"}
    assert done == set(NAMES[3:])
