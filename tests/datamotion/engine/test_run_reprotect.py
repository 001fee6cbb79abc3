"""Mirrors turned round after a failover, carried through failures, lost answers and deaths at any write.

Here a relationship that was just made onto a writable volume is uninitialized; the lab's are broken off.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamotion.engine.result import Outcome
from datamotion.model.mirror_acts import Initialize, Resync
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import CloneVolume, DeleteVolume
from datamotion.model.words import MirrorState, VolumeType
from datamotion.policy.reprotect.reprotect import reprotect_planner
from datamotion.policy.reprotect.turning import Consent
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_claim,
    a_cluster_view,
    a_listing,
    a_mirror,
    a_snapshot,
    a_volume,
)
from tests.datamotion.engine.attempts import attempt, attempt_and_die, simulate
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, GROUP, carry_out, repeated, state

NAMES = ("vol_1", "vol_2", "vol_3")
CLAIMS = (a_claim(), a_claim(LYON, 2))
DISCARD = Consent(discard=frozenset({"gold-paris"}))
KEEPING = reprotect_planner(GROUP, DISCARD)
GIVING_UP = reprotect_planner(GROUP, replace(DISCARD, keep=False))


def taken_over(*volumes: str) -> World:
    """Lyon serves, nice follows the home still, and the home is fenced with a snapshot that no other one has."""
    names = volumes or NAMES
    paris = a_cluster_view(
        HOME,
        [a_volume(name, path=None, export=FENCE) for name in names],
        claims=CLAIMS,
        destinations=tuple(a_listing(name, each) for name in names for each in (LYON, NICE)),
        snapshots=tuple(a_snapshot(each, name) for name in names for each in ("common", "own")),
    )
    lyon = a_cluster_view(
        LYON,
        [a_volume(name, LYON, type=VolumeType.RW, path=f"/{name}") for name in names],
        [a_mirror(name, state=MirrorState.BROKEN_OFF) for name in names],
        claims=CLAIMS,
        snapshots=tuple(a_snapshot("common", name, LYON) for name in names),
    )
    nice = a_cluster_view(
        NICE,
        [a_volume(name, NICE) for name in names],
        [a_mirror(name, NICE) for name in names],
        claims=CLAIMS,
        snapshots=tuple(a_snapshot("common", name, NICE) for name in names),
    )
    return World(views={"paris": paris, "lyon": lyon, "nice": nice})


def ended(make: Callable[[], World], consent: Consent = DISCARD) -> dict[str, ClusterView]:
    """What the clusters show when nothing comes in between."""
    world = make()
    assert not carry_out(world, reprotect_planner(GROUP, consent), ALL).given_up
    return state(world)


def test_both_follow_who_serves_and_what_was_given_up_is_kept() -> None:
    world = taken_over()
    result = carry_out(world, KEEPING, ALL)
    assert set(result.outcomes.values()) <= {Outcome.DONE, Outcome.UNCHANGED}
    for name in ("paris", "nice"):
        view = world.views[name]
        assert {(each.source.volume, each.state) for each in view.relationships} == {
            (volume, MirrorState.SNAPMIRRORED) for volume in NAMES
        }
        assert {each.source_svm_uuid for each in view.relationships} == {"lyon/svm_gold_dr"}
    assert world.views["lyon"].relationships == ()
    assert world.views["paris"].destinations == ()
    kept = [each for each in world.views["paris"].volumes if "_kept_" in each.name]
    assert [(each.name, each.is_clone, each.path) for each in kept] == [
        (f"{name}_kept_e2", False, None) for name in NAMES
    ]
    assert not {type(each.change) for each in world.asked} & {DeleteVolume}


def test_nothing_goes_back_before_its_clone_stands_alone_and_what_was_in_the_way_is_gone() -> None:
    world = taken_over("vol_1")
    carry_out(world, KEEPING, ALL)
    at_home = [type(each.change).__name__ for each in world.effects if each.backend == "gold-paris" and each.volume]
    assert at_home == [
        "TakeSnapshot",
        "CloneVolume",
        "SplitClone",
        "DeleteRelationship",
        "ReleaseRelationship",
        "CreateRelationship",
        "Initialize",
    ]


# -- dying


@pytest.mark.parametrize("consent", [DISCARD, replace(DISCARD, keep=False)], ids=["kept", "given up"])
@pytest.mark.sweep
def test_what_dies_at_any_write_is_finished_by_the_same_command(consent: Consent) -> None:
    """Three volumes, two targets: exhaustive."""
    unchanged = {("gold-paris", f"gold-paris/{name}/datamotion_kept_gold-paris_2_1"): 0 for name in NAMES}
    planner = reprotect_planner(GROUP, consent, unchanged)

    async def die_and_go_on(world: World, dies_at: int) -> bool:
        died = await attempt_and_die(world, planner, ALL, dies_at)
        result = await attempt(world, planner, ALL)
        assert not result.given_up
        return died

    def bound(world: World, dies_at: int) -> Callable[[], Awaitable[bool]]:
        return lambda: die_and_go_on(world, dies_at)

    wanted, tried = ended(taken_over, consent), 0
    for dies_at in range(1000):
        world = taken_over()
        died = simulate(bound(world, dies_at))
        assert state(world) == wanted, dies_at
        assert repeated(world) == {}
        if not died:
            break
        tried += 1
    assert tried > 15


_FATES = st.sampled_from([Fate.DONE, Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.BUSY, Fate.DONE_YET_DECLINED])
_KINDS = (
    "TakeSnapshot",
    "CloneVolume",
    "SplitClone",
    "DeleteRelationship",
    "ReleaseRelationship",
    "CreateRelationship",
    "Initialize",
)


@given(data=st.data())
@settings(max_examples=15, deadline=None)
@pytest.mark.sweep
def test_whatever_becomes_of_requests_the_same_command_finishes(data: st.DataObject) -> None:
    names = tuple(f"vol_{number}" for number in range(1, 11))
    world = taken_over(*names)
    world.troubled = data.draw(st.sampled_from(["gold-nice", "gold-paris"]))
    places = st.tuples(st.sampled_from(_KINDS), st.sampled_from(names))
    world.fates = data.draw(st.dictionaries(places, st.lists(_FATES, max_size=3), max_size=20))
    since = data.draw(st.floats(0, 2))
    world.silent = {data.draw(st.sampled_from(ALL)): (since, since + data.draw(st.floats(0, 30)))}
    carry_out(world, KEEPING, ALL)
    world.silent = {}
    again = carry_out(world, KEEPING, ALL)
    assert not again.given_up
    assert state(world) == ended(lambda: taken_over(*names))


# -- failing


def test_a_volume_that_cannot_be_kept_stays_as_it_is_and_the_others_are_turned() -> None:
    world = taken_over("vol_1", "vol_2")
    world.troubled = "gold-paris"
    world.always["CloneVolume", "vol_1"] = Fate.DECLINED
    result = carry_out(world, KEEPING, ALL)
    assert set(result.given_up) == {("gold-paris", "vol_1")}
    types = {each.name: each.type for each in world.views["paris"].volumes}
    assert (types["vol_1"], types["vol_2"]) == (VolumeType.RW, VolumeType.DP)
    assert [each.source.volume for each in world.views["lyon"].relationships] == ["vol_1"]


def test_one_that_another_failover_overtakes_turns_nothing_more() -> None:
    world = taken_over("vol_1")

    def on_look(world: World) -> None:
        if any(isinstance(each.change, CloneVolume) for each in world.effects):
            claims = (*CLAIMS, a_claim(NICE, 3))
            for backend in (HOME, LYON, NICE):
                view = world.views[backend.cluster]
                made = a_cluster_view(backend, claims=claims).policies
                world.views[backend.cluster] = replace(view, policies=made)

    world.on_look = on_look
    result = carry_out(world, KEEPING, ALL)
    assert "took gold over in epoch 3 meanwhile" in result.given_up["gold-paris", "vol_1"]
    assert not [each for each in world.asked if isinstance(each.change, Resync | Initialize)]
    assert world.views["paris"].volumes[0].type is VolumeType.RW
