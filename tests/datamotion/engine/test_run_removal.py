"""Mirrors that end, and what is left over of them, carried through failures, lost answers and deaths at any write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamotion.engine.result import Outcome
from datamotion.model.acts import Act
from datamotion.model.mirror_acts import DeleteRelationship, ReleaseRelationship
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.policy.removal.gc import gc_planner
from datamotion.policy.removal.unprotect import unprotect_planner
from datamotion.policy.situation import Planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
    a_claim_policy,
    a_listing,
    a_volume,
)
from tests.datamotion.engine.attempts import attempt, attempt_and_die, simulate
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, GROUP, carry_out, repeated, state, transferring

NAMES = ("vol_1", "vol_2", "vol_3")
UNPROTECT = unprotect_planner(GROUP)
DISCARD = unprotect_planner(GROUP, delete_copies=True)
GC = gc_planner(GROUP, {"gold"})


def listed(*names: str) -> World:
    """These volumes mirrored to both targets with transfers that run, and listed by their source."""
    world = transferring(*(names or NAMES))
    entries = [a_listing(name, backend) for name in names or NAMES for backend in (LYON, NICE)]
    world.views["paris"] = replace(world.views["paris"], destinations=tuple(entries))
    return world


def left_over(*names: str) -> World:
    """Mirrored, with an older epoch, releases owed for each volume, and a mark of a group that is no more."""
    world = listed(*(names or NAMES))
    for backend in (HOME, LYON, NICE):
        view = world.views[backend.cluster]
        claims = (a_claim(NICE, 1, since=NOON), a_claim(HOME, 2))
        policies = view.policies[:1] + tuple(a_claim_policy(each, backend) for each in claims)
        world.views[backend.cluster] = replace(view, policies=policies)
    paris = world.views["paris"]
    owed = [
        a_listing(each, uuid=f"{each} owed", destination=replace(a_listing().destination, volume="gone"))
        for each in names or NAMES
    ]
    stray = a_volume("tin", comment="kept [datamotion group=tin volume=t origin=o]")
    world.views["paris"] = replace(paris, destinations=(*paris.destinations, *owed), volumes=(*paris.volumes, stray))
    return world


def ended(make: Callable[[], World], planner: Planner) -> dict[str, ClusterView]:
    """What the clusters show when nothing comes in between."""
    world = make()
    assert not carry_out(world, planner, ALL).given_up
    return state(world)


def test_mirrors_end_at_both_ends_and_what_was_not_to_go_is_there() -> None:
    world = listed()
    result = carry_out(world, UNPROTECT, ALL)
    assert set(result.outcomes.values()) == {Outcome.DONE}
    assert len(result.outcomes) == 9
    assert world.views["paris"].destinations == ()
    for name in ("lyon", "nice"):
        assert world.views[name].relationships == ()
        assert [each.name for each in world.views[name].volumes] == list(NAMES)
    assert all("datamotion" not in each.comment for view in world.views.values() for each in view.volumes)


def test_collecting_leaves_the_newest_claim_every_mirror_and_what_people_wrote() -> None:
    world = left_over()
    result = carry_out(world, GC, ALL)
    assert set(result.outcomes.values()) == {Outcome.DONE}
    paris = world.views["paris"]
    assert len(paris.destinations) == 6
    assert paris.volumes[-1].comment == "kept"
    assert {each.name for view in world.views.values() for each in view.policies if each.svm} == {"datamotion_gold_2"}
    assert not {type(each.change) for each in world.asked} & {DeleteRelationship, ModifyVolume}


# -- dying


@pytest.mark.parametrize(
    ("make", "planner"),
    [(listed, UNPROTECT), (listed, DISCARD), (left_over, GC)],
    ids=["unprotect", "with its copies", "gc"],
)
@pytest.mark.sweep
def test_what_dies_at_any_write_is_finished_by_the_same_command(make: Callable[[], World], planner: Planner) -> None:
    """Three volumes, two targets: exhaustive."""

    async def die_and_go_on(world: World, dies_at: int) -> bool:
        died = await attempt_and_die(world, planner, ALL, dies_at)
        result = await attempt(world, planner, ALL)
        assert not result.given_up
        return died

    def bound(world: World, dies_at: int) -> Callable[[], Awaitable[bool]]:
        return lambda: die_and_go_on(world, dies_at)

    wanted, tried = ended(make, planner), 0
    for dies_at in range(1000):
        world = make()
        died = simulate(bound(world, dies_at))
        assert state(world) == wanted, dies_at
        assert repeated(world) == {}
        if not died:
            break
        tried += 1
    assert tried > 10


_FATES = st.sampled_from([Fate.DONE, Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.BUSY, Fate.DONE_YET_DECLINED])
_KINDS = ("AbortTransfer", "DeleteRelationship", "ReleaseRelationship", "DeleteVolume", "ModifyVolume", "RemoveMark")


@given(data=st.data())
@settings(max_examples=8, deadline=None)
@pytest.mark.parametrize(("make", "planner"), [(listed, UNPROTECT), (listed, DISCARD), (left_over, GC)])
@pytest.mark.sweep
def test_whatever_becomes_of_requests_for_fifty_volumes_the_same_command_finishes(
    make: Callable[..., World], planner: Planner, data: st.DataObject
) -> None:
    names = tuple(f"vol_{number}" for number in range(1, 51))
    world = make(*names)
    world.troubled = data.draw(st.sampled_from(["gold-lyon", "gold-nice", "gold-paris"]))
    places = st.tuples(st.sampled_from(_KINDS), st.sampled_from(names))
    world.fates = data.draw(st.dictionaries(places, st.lists(_FATES, max_size=3), max_size=40))
    since = data.draw(st.floats(0, 2))
    world.silent = {data.draw(st.sampled_from(ALL)): (since, since + data.draw(st.floats(0, 30)))}
    carry_out(world, planner, ALL)
    world.silent = {}
    again = carry_out(world, planner, ALL)
    assert not again.given_up
    assert state(world) == ended(lambda: make(*names), planner)


# -- failing


def test_a_volume_whose_release_is_refused_stays_a_member_everywhere_and_the_others_leave() -> None:
    world = listed("vol_1", "vol_2")
    world.always["ReleaseRelationship", "vol_1"] = Fate.DECLINED
    result = carry_out(world, UNPROTECT, ALL)
    assert {volume for (_, volume), outcome in result.outcomes.items() if outcome is not Outcome.DONE} == {"vol_1"}
    marked = {each.uuid for view in world.views.values() for each in view.volumes if "datamotion" in each.comment}
    assert marked == {"gold-paris/vol_1", "gold-lyon/vol_1", "gold-nice/vol_1"}
    assert "paris says no" in result.given_up["gold-lyon", "vol_1"]
    assert "left for last" in result.given_up["gold-paris", "vol_1"]
    assert "left for last" in result.given_up["gold-nice", "vol_1"]
    assert [each.uuid for each in world.views["paris"].destinations] == ["gold-lyon/vol_1/mirror"]
    assert world.views["nice"].relationships == (), "its other mirror has ended all the same"


def test_a_mirror_that_cannot_end_keeps_the_marks_of_those_that_end_after_it_failed() -> None:
    world = listed("vol_1", "vol_2")
    world.troubled = "gold-nice"
    world.always["DeleteRelationship", "vol_1"] = Fate.DECLINED
    result = carry_out(world, UNPROTECT, ALL)
    marked = {each.uuid for view in world.views.values() for each in view.volumes if "datamotion" in each.comment}
    assert marked == {"gold-paris/vol_1", "gold-lyon/vol_1", "gold-nice/vol_1"}
    assert [each.uuid for each in world.views["paris"].destinations] == ["gold-nice/vol_1/mirror"]
    assert "left for last" in result.given_up["gold-lyon", "vol_1"]
    world.always.clear()
    assert set(carry_out(world, UNPROTECT, ALL).outcomes.values()) == {Outcome.DONE}


def test_what_is_gone_already_is_as_wanted() -> None:
    world = listed("vol_1")

    def somebody_else_does_it(world: World) -> None:
        if world.asked:
            world.views["lyon"] = replace(world.views["lyon"], relationships=())
            world.views["paris"] = replace(world.views["paris"], destinations=())

    world.on_look = somebody_else_does_it
    result = carry_out(world, UNPROTECT, ALL)
    assert set(result.outcomes.values()) == {Outcome.DONE}


def test_a_copy_that_is_broken_off_meanwhile_is_neither_deleted_nor_released() -> None:
    world = listed("vol_1")
    world.transfer_s = 0

    def broken_off_by_others(world: World) -> None:
        if any(isinstance(each.change, DeleteRelationship) for each in world.asked):
            lyon = world.views["lyon"]
            served = tuple(replace(each, type=a_volume().type) for each in lyon.volumes)
            world.views["lyon"] = replace(lyon, volumes=served)

    world.on_look = broken_off_by_others
    carry_out(world, DISCARD, ALL)
    assert [each.name for each in world.views["lyon"].volumes] == ["vol_1"]


def test_nothing_goes_that_was_not_agreed_to() -> None:
    world = listed("vol_1")
    carry_out(world, DISCARD, ALL, agreed=())
    assert world.effects == []


def test_a_source_that_falls_silent_before_it_releases_keeps_the_volume_a_member() -> None:
    world = listed("vol_1")

    def silent_once_they_are_deleted(world: World) -> None:
        if any(isinstance(each.change, DeleteRelationship) for each in world.asked):
            world.silent = {"paris": (0.0, 1000.0)}

    world.on_look = silent_once_they_are_deleted
    result = carry_out(world, UNPROTECT, ALL)
    assert not {type(each.change) for each in world.effects if each.cluster == "paris"} & {ReleaseRelationship}
    assert set(result.outcomes.values()) == {Outcome.UNKNOWN}
    assert all("datamotion" in each.comment for view in world.views.values() for each in view.volumes)


def test_each_act_is_looked_at_where_it_shows_and_nowhere_else() -> None:
    world = listed("vol_1")
    carry_out(world, UNPROTECT, ALL)
    releases: list[Act] = [each for each in world.asked if isinstance(each.change, ReleaseRelationship)]
    assert {each.cluster for each in releases} == {"paris"}
    assert {each.backend for each in releases} == {"gold-lyon", "gold-nice"}
