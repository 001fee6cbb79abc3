"""Carrying plans out, on clusters that behave and on clusters that do not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace

import pytest
import trio

from datamotion.engine.run import RunResult
from datamotion.model.mark import read_mark
from datamotion.model.plan import Plan
from datamotion.model.records import Volume
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Role, TransferState, VolumeState
from datamotion.policy.failover import failover_planner
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.update import update_planner
from datamotion.runs.journal import Note
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_target_view,
    a_transfer,
    a_volume,
)
from tests.datamotion.engine.memory import (
    Fate,
    MemoryJournal,
    World,
    attempt,
    attempt_and_die,
    left,
    simulate,
)

GROUP = a_group(LYON, NICE)
VOLUMES = ("vol_1", "vol_2")
ALL = ("paris", "lyon", "nice")
TARGETS = ("lyon", "nice")

PROTECT = protect_planner(GROUP)
UPDATE = update_planner(GROUP)
FAILOVER = failover_planner(GROUP, FailoverChoice())

OF_PROTECT = ("CreateVolume", "CreateRelationship", "Initialize")
OF_FAILOVER = ("AbortTransfer", "Pause", "Break", "ModifyVolume")


def unprotected() -> World:
    """Two volumes at home, and two targets that know nothing of them."""
    home = a_cluster_view(HOME, [a_volume(name, comment="") for name in VOLUMES])
    return World(views={"paris": home, "lyon": a_cluster_view(LYON, peers=()), "nice": a_cluster_view(NICE, peers=())})


def mirrored(**mirror: object) -> World:
    """Both volumes mirrored to both targets, the home out of reach."""
    views = {"lyon": a_target_view(LYON, *VOLUMES, **mirror), "nice": a_target_view(NICE, *VOLUMES, **mirror)}
    return World(views={"paris": a_cluster_view(HOME), **views})


def transferring() -> World:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 3600
    return world


@dataclass
class Ended:
    result: RunResult
    journal: MemoryJournal
    seconds: float = 0
    silent: set[tuple[str, str | None]] = field(default_factory=set)


def carry_out(world: World, planner: Planner, names: Collection[str]) -> Ended:
    journal = MemoryJournal(world)

    async def main() -> Ended:
        result = await attempt(world, planner, names, journal)
        ended = Ended(result, journal, trio.current_time())
        ended.silent = {subject for subject, failure in result.given_up.items() if failure.silent}
        world.settle()
        return ended

    return simulate(main)


def protect(world: World) -> Ended:
    return carry_out(world, PROTECT, ALL)


def failover(world: World, planner: Planner = FAILOVER) -> Ended:
    return carry_out(world, planner, TARGETS)


def state(world: World) -> dict[str, ClusterView]:
    """What the clusters show, but for the time at which marks were written and the order of records."""
    return {
        name: replace(
            view,
            volumes=tuple(sorted((_timeless(each) for each in view.volumes), key=lambda each: each.uuid)),
            relationships=tuple(sorted(view.relationships, key=lambda each: each.uuid)),
            svm_peers=tuple(sorted(view.svm_peers, key=lambda each: each.uuid)),
        )
        for name, view in world.views.items()
    }


def _timeless(volume: Volume) -> Volume:
    return replace(volume, comment=re.sub(r" since=[^ \]]*", "", volume.comment))


def protected() -> dict[str, ClusterView]:
    world = unprotected()
    protect(world)
    return state(world)


def failed_over() -> dict[str, ClusterView]:
    world = transferring()
    failover(world)
    return state(world)


def repeated(world: World) -> dict[tuple[str, str, str | None], int]:
    """Effects that happened more than once."""
    counts = Counter((type(act.change).__name__, act.backend, act.volume) for act in world.effects)
    return {effect: count for effect, count in counts.items() if count > 1}


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
    marks = [read_mark(each.comment) for each in lyon.volumes]
    assert [(mark.role, mark.epoch) for mark in marks if mark] == [(Role.ACTIVE, 2)] * 2
    assert [each.state for each in world.views["nice"].relationships] == [each.state for each in nice.relationships]
    assert {act.cluster for act in world.asked} == {"lyon"}


def test_a_failover_never_looks_at_the_home() -> None:
    world = transferring()
    failover(world)
    assert world.observed["paris"] == 0


def test_an_update_brings_every_mirror_a_newer_snapshot() -> None:
    world = mirrored()
    ended = carry_out(world, UPDATE, TARGETS)
    assert not ended.result.given_up
    snapshots = {each.exported_snapshot for name in TARGETS for each in world.views[name].relationships}
    assert snapshots == {"snap.2"}
    assert repeated(world) == {}


def test_an_update_waits_for_a_transfer_that_runs_and_then_makes_its_own() -> None:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    carry_out(world, UPDATE, TARGETS)
    snapshots = {each.exported_snapshot for name in TARGETS for each in world.views[name].relationships}
    assert snapshots == {"snap.3"}


def test_an_update_whose_transfer_fails_says_so() -> None:
    world = mirrored()
    world.transfers_end_as = TransferState.FAILED
    ended = carry_out(world, UPDATE, TARGETS)
    assert set(ended.result.given_up) == {(f"gold-{name}", volume) for name in TARGETS for volume in VOLUMES}
    assert all("the link is cut" in failure.text for failure in ended.result.given_up.values())


# -- answers that are lost


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER])
@pytest.mark.parametrize("kind", OF_PROTECT)
def test_a_lost_answer_while_protecting_changes_nothing_of_the_end(kind: str, fate: Fate) -> None:
    world = unprotected()
    world.fates[kind, "vol_1"] = [fate]
    ended = protect(world)
    assert not ended.result.given_up
    assert state(world) == protected()
    assert repeated(world) == {}


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER])
@pytest.mark.parametrize("kind", ["PeerSvms", "AcceptSvmPeer"])
def test_a_lost_answer_while_peering_changes_nothing_of_the_end(kind: str, fate: Fate) -> None:
    world = unprotected()
    world.fates[kind, None] = [fate]
    assert not protect(world).result.given_up
    assert state(world) == protected()
    assert repeated(world) == {}


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER])
@pytest.mark.parametrize("kind", OF_FAILOVER)
def test_a_lost_answer_while_failing_over_changes_nothing_of_the_end(kind: str, fate: Fate) -> None:
    world = transferring()
    world.fates[kind, "vol_1"] = [fate]
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]
    assert repeated(world) == {}


@pytest.mark.parametrize("kind", OF_PROTECT)
def test_a_no_to_what_was_asked_again_after_a_lost_answer_is_not_believed_at_once(kind: str) -> None:
    world = unprotected()
    world.shows_after_s = 4
    world.fates[kind, "vol_1"] = [Fate.LOST_AFTER, *[Fate.DECLINED] * 50]
    ended = protect(world)
    assert not ended.result.given_up
    assert state(world) == protected()
    assert repeated(world) == {}


# -- refusals


@pytest.mark.parametrize("kind", ["CreateVolume", "CreateRelationship", "Initialize"])
def test_a_volume_that_is_declined_is_left_and_the_others_are_finished(kind: str) -> None:
    world = unprotected()
    world.always[kind, "vol_1"] = Fate.DECLINED
    ended = protect(world)
    assert {subject: failure.text for subject, failure in ended.result.given_up.items()} == {
        ("gold-lyon", "vol_1"): "lyon says no"
    }
    assert ended.silent == set()
    finished = [each for each in world.views["lyon"].relationships if each.state is MirrorState.SNAPMIRRORED]
    assert [each.source.volume for each in finished] == ["vol_2"]
    assert state(world)["nice"] == protected()["nice"]
    asked = [type(act.change).__name__ for act in world.asked if act.subject == ("gold-lyon", "vol_1")]
    assert asked.count(kind) == 1
    assert ended.seconds < 30


@pytest.mark.parametrize("kind", OF_FAILOVER)
def test_a_volume_that_cannot_be_failed_over_holds_up_no_other(kind: str) -> None:
    world = transferring()
    world.always[kind, "vol_1"] = Fate.DECLINED
    ended = failover(world)
    assert set(ended.result.given_up) == {("gold-lyon", "vol_1")}
    assert state(world)["lyon"].volumes[1] == failed_over()["lyon"].volumes[1]


def test_a_job_shared_by_a_batch_that_fails_for_one_volume_is_no_failure_of_the_others() -> None:
    world = transferring()
    world.shared_jobs = True
    world.always["Break", "vol_1"] = Fate.DECLINED
    ended = failover(world)
    assert set(ended.result.given_up) == {("gold-lyon", "vol_1")}
    assert ended.result.given_up["gold-lyon", "vol_1"].text == "lyon says no"
    assert state(world)["lyon"].volumes[1] == failed_over()["lyon"].volumes[1]


def test_two_volumes_that_fail_in_one_shared_job_are_given_up_in_the_end() -> None:
    world = transferring()
    world.shared_jobs = True
    for volume in VOLUMES:
        world.always["Break", volume] = Fate.DECLINED
    ended = failover(world)
    assert {failure.text for failure in ended.result.given_up.values()} == {"lyon says no"}
    assert len(ended.result.given_up) == 2


def test_a_no_that_passes_is_asked_again() -> None:
    world = transferring()
    world.fates["Break", "vol_1"] = [Fate.BUSY] * 4
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]


def test_a_no_that_was_to_pass_and_does_not_is_given_up_with_its_words() -> None:
    world = transferring()
    world.always["Break", "vol_1"] = Fate.BUSY
    ended = failover(world)
    assert {subject: failure.text for subject, failure in ended.result.given_up.items()} == {
        ("gold-lyon", "vol_1"): "lyon is busy"
    }
    assert 60 <= ended.seconds < 70


def test_what_was_declined_and_came_about_all_the_same_is_gone_on_from() -> None:
    world = transferring()
    world.fates["Pause", "vol_1"] = [Fate.DONE_YET_DECLINED]
    world.fates["Break", "vol_1"] = [Fate.BUSY]
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]


def test_a_target_that_cannot_be_peered_stops_itself_alone() -> None:
    world = unprotected()
    world.always["AcceptSvmPeer", None] = Fate.DECLINED
    ended = protect(world)
    assert set(ended.result.given_up) == {("gold-lyon", None)}
    assert state(world)["nice"] == protected()["nice"]
    assert {act.volume for act in world.asked if act.backend == "gold-lyon"} == {None}


# -- time


def test_a_state_that_lags_behind_a_yes_is_waited_for_and_not_asked_for_twice() -> None:
    world = transferring()
    world.shows_after_s = 20
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]
    assert len(world.asked) == len(world.effects) == 8


def test_a_peering_that_takes_its_time_to_arrive_is_waited_for() -> None:
    world = unprotected()
    world.shows_after_s = 5
    assert not protect(world).result.given_up
    assert state(world) == protected()


def test_what_was_accepted_and_never_comes_is_given_up_as_unknown() -> None:
    world = transferring()
    world.always["Break", "vol_1"] = Fate.IGNORED
    ended = failover(world)
    assert set(ended.result.given_up) == ended.silent == {("gold-lyon", "vol_1")}
    assert 60 <= ended.seconds < 70
    assert state(world)["lyon"].volumes[1] == failed_over()["lyon"].volumes[1]


def test_a_transfer_that_moves_is_waited_for_as_long_as_it_takes() -> None:
    world = unprotected()
    world.transfer_s = 1200
    ended = protect(world)
    assert not ended.result.given_up
    assert ended.seconds > 1200


def test_a_transfer_that_moves_no_byte_is_given_up_in_the_end() -> None:
    world = unprotected()
    world.transfer_s, world.transfers_move = 3600, False
    ended = protect(world)
    assert len(ended.silent) == 4
    assert 900 <= ended.seconds < 930


def test_looks_become_rarer_while_nothing_comes_about() -> None:
    world = unprotected()
    world.transfer_s = 600
    protect(world)
    assert world.observed["lyon"] < 600 / 2 + 30


# -- silence


def test_a_cluster_that_is_silent_for_a_moment_is_given_more_looks() -> None:
    world = transferring()
    world.shows_after_s = 1
    world.silent["lyon"] = (2, 5)
    ended = failover(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == failed_over()["lyon"]


def test_a_target_that_falls_silent_is_left_and_the_other_is_finished() -> None:
    world = unprotected()
    world.silent["lyon"] = (3, float("inf"))
    ended = protect(world)
    assert {subject[0] for subject in ended.result.given_up} == {"gold-lyon"}
    assert ended.silent == set(ended.result.given_up)
    assert state(world)["nice"] == protected()["nice"]


def test_a_home_that_falls_silent_when_its_part_is_done_stops_nothing() -> None:
    world = unprotected()
    world.silent["paris"] = (3, float("inf"))
    ended = protect(world)
    assert not ended.result.given_up
    assert state(world)["lyon"] == protected()["lyon"]


def test_a_home_that_falls_silent_while_it_is_needed_ends_the_run_as_silence() -> None:
    world = unprotected()
    world.shows_after_s = 1
    world.silent["paris"] = (0.5, float("inf"))
    ended = protect(world)
    assert ended.result.given_up
    assert ended.silent == set(ended.result.given_up)


def test_a_target_that_answers_again_in_part_is_not_taken_for_an_empty_one() -> None:
    world = unprotected()
    world.shows_after_s = 1
    world.silent["nice"] = (0, 0.5)
    ended = protect(world)
    (refusal,) = ended.result.plan.refusals
    assert (refusal.backend, refusal.because_silent) == ("gold-nice", True)
    assert {act.backend for act in world.asked} == {"gold-paris", "gold-lyon"}


def test_a_failover_whose_target_falls_silent_breaks_no_other_leg() -> None:
    world = transferring()
    world.shows_after_s = 1
    world.silent["lyon"] = (2, float("inf"))
    ended = failover(world)
    assert ended.silent == set(ended.result.given_up) == {("gold-lyon", "vol_1"), ("gold-lyon", "vol_2")}
    assert {act.cluster for act in world.asked} == {"lyon"}
    assert {entry.cluster for entry in ended.journal.notes(Note.REACHED)} <= {"lyon"}
    reached = [entry.change for entry in ended.journal.notes(Note.REACHED)]
    assert "ModifyVolume" not in reached


# -- consent


def test_a_loss_that_appears_in_the_middle_of_a_run_is_given_up_before_anything_is_asked() -> None:
    world = transferring()
    lyon = world.views["lyon"]
    world.views["lyon"] = replace(lyon, volumes=(replace(lyon.volumes[0], state=VolumeState.OFFLINE), lyon.volumes[1]))
    world.on_look = _online_again
    ended = failover(world, failover_planner(GROUP, FailoverChoice(to="gold-lyon", allow_partial=True)))
    assert {act.volume for act in world.asked} == {"vol_2"}
    assert "not agreed to" in ended.result.given_up["gold-lyon", "vol_1"].text
    assert world.views["lyon"].relationships[0].state is MirrorState.SNAPMIRRORED


def _online_again(world: World) -> None:
    if world.asked:
        lyon = world.views["lyon"]
        volumes = tuple(replace(each, state=VolumeState.ONLINE) for each in lyon.volumes)
        world.views["lyon"] = replace(lyon, volumes=volumes)


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
    assert told == [(note, kind) for kind in OF_FAILOVER for note in (Note.INTENDED, Note.ANSWERED, Note.REACHED)]
    assert {entry.volumes for entry in journal.entries} == {VOLUMES}
    assert {entry.cluster for entry in journal.entries} == {"lyon"}
    assert [entry.at for entry in journal.entries] == sorted(entry.at for entry in journal.entries)


def test_the_journal_keeps_jobs_answers_and_reasons() -> None:
    world = transferring()
    world.shared_jobs = True
    world.always["Break", "vol_1"] = Fate.DECLINED
    journal = failover(world).journal
    assert all(len(entry.jobs) == 1 for entry in journal.notes(Note.ANSWERED))
    (given_up,) = journal.notes(Note.GIVEN_UP)
    assert (given_up.change, given_up.volumes, given_up.detail) == ("Break", ("vol_1",), "lyon says no")


def test_a_lost_answer_is_written_down_as_one() -> None:
    world = transferring()
    world.fates["Break", "vol_1"] = [Fate.LOST_AFTER]
    answered = [entry.detail for entry in failover(world).journal.notes(Note.ANSWERED) if entry.change == "Break"]
    assert answered == ["1 accepted, 1 no answer"]


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


def test_protecting_that_dies_at_any_write_is_finished_by_the_same_command() -> None:
    worlds = outcomes_of_dying(unprotected, PROTECT, ALL)
    assert len(worlds) > 20
    wanted = protected()
    for world in worlds:
        assert state(world) == wanted
        assert repeated(world) == {}


def test_a_failover_that_dies_at_any_write_is_finished_by_the_same_command() -> None:
    worlds = outcomes_of_dying(transferring, FAILOVER, TARGETS)
    assert len(worlds) == 3 * len(OF_FAILOVER)
    wanted = failed_over()
    for world in worlds:
        assert state(world)["lyon"] == wanted["lyon"]
        assert {act.cluster for act in world.asked} == {"lyon"}
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


def test_every_plan_is_made_from_a_look_of_its_own() -> None:
    world = transferring()
    seen: list[tuple[int, int]] = []  # looks and requests so far, at every plan

    def watched(situation: Situation) -> Plan:
        seen.append((world.observed["lyon"], len(world.asked)))
        return FAILOVER(situation)

    failover(world, watched)
    looks, requests = zip(*seen, strict=True)
    assert looks == tuple(range(1, len(seen) + 1))
    assert requests[-1] == len(world.asked) > 0
