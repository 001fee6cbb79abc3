"""A run holds its group while it asks for anything, and lets it go while it merely waits."""

from __future__ import annotations

import pytest

from datamotion.engine.result import Outcome
from datamotion.model.mirror_acts import AwaitTransfer, Pause
from datamotion.model.words import TransferState
from tests.datamotion.building import LYON, NICE, a_transfer
from tests.datamotion.engine.attempts import WHOLE
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, carry_out, failover, mirrored, protect, protected, state, unprotected
from tests.datamotion.engine.scripts import act, script, step

AWAIT = act(AwaitTransfer(uuid="gold-lyon/vol_1/mirror", exported="snap.1"))
THEN_PAUSE = act(Pause(uuid="gold-lyon/vol_1/mirror"))
FOREVER = float("inf")


def waiting() -> World:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 30
    return world


def test_a_run_that_waits_for_transfers_keeps_nobody_out() -> None:
    world = unprotected()
    world.transfer_s = 1000
    ended = protect(world)
    assert state(world) == protected()
    assert len(ended.hold.let_go_at) > 100
    assert not ended.hold.is_held


def test_a_run_that_waits_for_what_it_asked_for_keeps_its_group() -> None:
    world = mirrored()
    world.shows_after_s = 20
    ended = failover(world)
    assert ended.hold.let_go_at == []
    assert ended.hold.is_held


def test_before_anything_is_asked_the_group_is_taken_again_and_looked_at() -> None:
    world = waiting()
    ended = carry_out(world, script(step(AWAIT), step(THEN_PAUSE)), ALL)
    assert ended.hold.let_go_at  # the journal holds that nothing is asked for meanwhile
    assert ended.hold.is_held
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.DONE}


def test_who_holds_the_group_instead_ends_the_run_and_is_told() -> None:
    world = waiting()
    ended = carry_out(world, script(step(AWAIT), step(THEN_PAUSE)), ALL, others=[(10, FOREVER)])
    assert 10 <= ended.seconds < 13
    assert world.asked == []
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.FAILED}
    failure = ended.failure(LYON, "vol_1")
    for told in ("overtaken", "process 8 on host", "failover", "since noon", "goes on at the clusters by itself"):
        assert told in failure.text
    assert ended.result.others == ["process 8 on host, which runs failover since noon holds the group"]


def test_who_had_the_group_meanwhile_makes_the_run_look_at_everything_again() -> None:
    world = waiting()
    ended = carry_out(world, script(step(AWAIT)), ALL, others=[(10, 10.5)])
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.DONE}
    assert ended.result.others == ["process 8 on host, which runs update since noon had the group"]
    (again,) = [at for at, name, aspects in world.looks if name == "paris" and aspects == WHOLE and at > 0]
    assert 10 <= again < 13


def test_a_volume_that_is_waited_for_lets_the_group_go_only_when_no_other_is_asked_for() -> None:
    world = waiting()
    world.troubled = "gold-nice"
    world.fates["Pause", "vol_1"] = [Fate.BUSY] * 6
    pause = act(Pause(uuid="gold-nice/vol_1/mirror"), "vol_1", NICE)
    ended = carry_out(world, script(step(AWAIT, pause)), ALL)
    assert ended.outcomes == {("gold-lyon", "vol_1"): Outcome.DONE, ("gold-nice", "vol_1"): Outcome.DONE}
    assert ended.hold.let_go_at[0] > 0.5


@pytest.mark.sweep
def test_a_transfer_that_is_queued_behind_others_is_waited_for_as_long_as_it_takes() -> None:
    world = unprotected()
    world.queued_s = 3 * 3600
    ended = protect(world)
    assert ended.given_up == {}
    assert ended.seconds > 3 * 3600
