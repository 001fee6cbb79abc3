"""What a run looks at, look by look, and what it makes of clusters that fall silent and answer again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from datamotion.engine.result import Outcome
from datamotion.model.mirror_acts import AwaitTransfer, Break, Pause
from datamotion.model.plan import Plan
from datamotion.model.view import Aspect
from datamotion.model.words import TransferState
from datamotion.policy.situation import Situation
from tests.datamotion.building import NICE, a_transfer
from tests.datamotion.engine.attempts import WHOLE
from tests.datamotion.engine.memory import Fate
from tests.datamotion.engine.runs import ALL, TARGETS, carry_out, failed_over, failover, mirrored, state, transferring
from tests.datamotion.engine.scripts import act, script, step

PAUSE = act(Pause(uuid="gold-lyon/vol_1/mirror"))
BREAK = act(Break(uuid="gold-lyon/vol_1/mirror"))
AWAIT = act(AwaitTransfer(uuid="gold-nice/vol_1/mirror", exported="snap.1"), "vol_1", NICE)


def test_later_looks_are_at_what_was_asked_for_and_who_has_claimed_it() -> None:
    world = mirrored()
    carry_out(world, script(step(PAUSE), step(BREAK)), ALL)
    assert [(name, set(aspects)) for _, name, aspects in world.looks[len(ALL) :]] == [
        ("lyon", {Aspect.RELATIONSHIPS, Aspect.POLICIES}),
        ("lyon", {Aspect.RELATIONSHIPS, Aspect.VOLUMES, Aspect.POLICIES}),
    ]


def test_in_a_long_run_everything_is_looked_at_once_a_minute() -> None:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 300
    carry_out(world, script(step(AWAIT)), ALL)
    whole = [at for at, name, aspects in world.looks if name == "paris" and aspects == WHOLE]
    assert len(whole) == 5
    assert all(60 <= later - earlier < 70 for earlier, later in pairwise(whole))
    narrow = [name for _, name, aspects in world.looks if aspects != WHOLE]
    assert set(narrow) == {"nice"}


def test_a_cluster_that_answers_again_is_looked_at_as_a_whole_and_gone_on_with() -> None:
    world = transferring()
    world.shows_after_s = 1
    world.silent["lyon"] = (3, 5)
    ended = failover(world)
    assert set(ended.outcomes.values()) == {Outcome.DONE}
    assert state(world)["lyon"] == failed_over()["lyon"]
    again = [aspects for at, name, aspects in world.looks if name == "lyon" and at >= 5]
    assert again[0] == WHOLE
    assert all(aspects != WHOLE for aspects in again[1:])


def test_a_cluster_that_stays_silent_delays_what_is_asked_of_others_only_once() -> None:
    world = mirrored()
    world.silent["paris"] = (0.1, float("inf"))
    world.always["Pause", "vol_1"] = Fate.BUSY
    ended = carry_out(world, script(step(PAUSE)), ALL)
    looks_at_paris = [at for at, name, _ in world.looks if name == "paris" and at > 0]
    assert len(looks_at_paris) <= 4
    assert 60 <= ended.seconds < 80


def test_a_cluster_that_was_not_seen_at_first_stays_out_of_the_run() -> None:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 200
    world.silent["paris"] = (0, 1)
    seen: list[bool] = []

    def listening(situation: Situation) -> Plan:
        seen.append(situation.now.sites["gold-paris"].unseen is None)
        return script(step(AWAIT))(situation)

    carry_out(world, listening, ALL)
    assert set(seen) == {False}
    assert world.observed["paris"] == 1


def test_what_others_do_elsewhere_is_seen_within_a_minute_or_so() -> None:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 200
    states: list[bool] = []

    def listening(situation: Situation) -> Plan:
        states.append(situation.now.copy("gold-lyon", "vol_1") is not None)
        if len(states) == 3:
            lyon = world.views["lyon"]
            world.views["lyon"] = replace(lyon, volumes=(), relationships=())
        return script(step(AWAIT))(situation)

    carry_out(world, listening, ALL)
    assert states[0]
    assert not states[-1]


def test_silence_after_something_was_sent_says_what_was_sent_and_what_is_unknown() -> None:
    world = transferring()
    world.shows_after_s = 1
    world.silent["lyon"] = (4.5, float("inf"))
    ended = failover(world)
    ending = ended.result.endings()["gold-lyon", "vol_1"]
    assert ending.outcome is Outcome.UNKNOWN
    assert ending.seen == ("Abort running transfers", "Pause mirrors")
    assert ending.unknown == ("Break mirrors off",)
    assert ending.failure is not None
    assert "not known to have come about" in ending.failure.text
    assert ending.failure.hint is not None
    assert "lyon answers" in ending.failure.hint


def test_looks_of_a_failover_go_nowhere_else() -> None:
    world = transferring()
    failover(world)
    assert {name for _, name, _ in world.looks} == set(TARGETS)
    there = {aspects for _, name, aspects in world.looks if name == "nice" and aspects != WHOLE}
    opened = frozenset({Aspect.POLICIES, Aspect.VOLUMES})
    assert there == {opened | {Aspect.RELATIONSHIPS}, opened | {Aspect.LUNS}}, (
        "who has claimed it: as it is claimed, with what can be written there; at the end, with who lets clients in"
    )
