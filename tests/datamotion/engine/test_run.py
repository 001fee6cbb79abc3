"""Carrying plans out on clusters that behave, and only what was agreed to."""

from __future__ import annotations

from dataclasses import replace

from datamotion.engine.result import Outcome
from datamotion.model.plan import Plan
from datamotion.model.words import MirrorState, TransferState, VolumeState
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.mirrors.update import update_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    a_transfer,
)
from tests.datamotion.engine.attempts import left
from tests.datamotion.engine.memory import World
from tests.datamotion.engine.runs import (
    ALL,
    FAILOVER,
    GROUP,
    TARGETS,
    VOLUMES,
    carry_out,
    failover,
    mirrored,
    protect,
    repeated,
    state,
    transferring,
    unprotected,
)

UPDATE = update_planner(GROUP)


# -- it works


def test_protecting_mirrors_every_volume_to_every_target() -> None:
    world = unprotected()
    ended = protect(world)
    assert not ended.result.given_up
    assert left(ended.result.plan) == []
    for name in TARGETS:
        assert {each.source.volume: each.state for each in world.views[name].relationships} == dict.fromkeys(
            VOLUMES, MirrorState.SNAPMIRRORED
        )
    assert repeated(world) == {}
    assert {subject for subject in ended.result.reached if subject[1] == "vol_1"} == {
        ("gold-paris", "vol_1"),
        ("gold-lyon", "vol_1"),
        ("gold-nice", "vol_1"),
    }


def test_carrying_out_a_second_time_changes_nothing() -> None:
    world = unprotected()
    protect(world)
    before = state(world)
    world.asked.clear()
    protect(world)
    assert world.asked == []
    assert state(world) == before


def test_a_failover_ends_with_every_volume_served_at_one_target() -> None:
    world = transferring()
    nice = world.views["nice"]
    ended = failover(world)
    assert not ended.result.given_up
    lyon = world.views["lyon"]
    assert {each.state for each in lyon.relationships} == {MirrorState.BROKEN_OFF}
    assert {(each.name, each.path) for each in lyon.volumes} == {("vol_1", "/vol_1"), ("vol_2", "/vol_2")}
    serving = ended.result.standing.serving
    assert serving is not None
    assert (serving.backend, serving.epoch, serving.served is not None) == ("gold-lyon", 2, True)
    assert set(serving.at) == {"gold-lyon", "gold-nice"}
    assert set(ended.outcomes.values()) == {Outcome.DONE}
    assert [each.state for each in world.views["nice"].relationships] == [each.state for each in nice.relationships]
    assert {act.cluster for act in world.asked if act.volume is not None} == {"lyon"}


def test_a_failover_never_looks_at_the_home() -> None:
    world = transferring()
    failover(world)
    assert world.observed["paris"] == 0


def test_an_update_brings_every_mirror_a_newer_snapshot() -> None:
    world = mirrored()
    ended = carry_out(world, UPDATE, ALL)
    assert not ended.result.given_up
    snapshots = {each.exported_snapshot for name in TARGETS for each in world.views[name].relationships}
    assert snapshots == {"snap.2"}
    assert repeated(world) == {}


def test_an_update_waits_for_a_transfer_that_runs_and_then_makes_its_own() -> None:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    carry_out(world, UPDATE, ALL)
    snapshots = {each.exported_snapshot for name in TARGETS for each in world.views[name].relationships}
    assert snapshots == {"snap.3"}


def test_an_update_whose_transfer_fails_says_so() -> None:
    world = mirrored()
    world.transfers_end_as = TransferState.FAILED
    ended = carry_out(world, UPDATE, ALL)
    assert set(ended.given_up) == {(f"gold-{name}", volume) for name in TARGETS for volume in VOLUMES}
    assert all("the link is cut" in why for why in ended.given_up.values())


# -- consent


def test_a_loss_that_appears_in_the_middle_of_a_run_is_given_up_before_anything_is_asked() -> None:
    world = transferring()
    lyon = world.views["lyon"]
    world.views["lyon"] = replace(lyon, volumes=(replace(lyon.volumes[0], state=VolumeState.OFFLINE), lyon.volumes[1]))
    world.on_look = _online_again
    ended = failover(world, failover_planner(GROUP, FailoverChoice(to="gold-lyon", allow_partial=True)))
    assert {act.volume for act in world.asked} == {None, "vol_2"}
    assert "not agreed to" in ended.given_up["gold-lyon", "vol_1"]
    assert world.views["lyon"].relationships[0].state is MirrorState.SNAPMIRRORED


def _online_again(world: World) -> None:
    if world.asked:
        lyon = world.views["lyon"]
        volumes = tuple(replace(each, state=VolumeState.ONLINE) for each in lyon.volumes)
        world.views["lyon"] = replace(lyon, volumes=volumes)


# -- dying


def test_every_plan_is_made_from_a_look_of_its_own() -> None:
    world = transferring()
    seen: list[tuple[int, int]] = []  # looks and requests so far, at every plan

    def watched(situation: Situation) -> Plan:
        seen.append((len(world.looks), len(world.asked)))
        return FAILOVER(situation)

    failover(world, watched)
    looks, requests = zip(*seen, strict=True)
    assert list(looks) == sorted(set(looks))
    assert requests[-1] == len(world.asked) > 0
