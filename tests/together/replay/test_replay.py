"""Recorded answers of every request, with each field in turn replaced by each of many bad values.

Whatever one cluster says in one field: no command falls over, none hangs, and none asks for anything that it would not
have asked for anyway. In `make test` a sample, whose seed is told; `make soak` plays all that are read differently, and
`make replay` them alone: it tells how far it is, and goes on from there (`FROM="failover 1500"`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from urllib.parse import quote

import pytest
import trio
from hypothesis import settings
from trio.testing import MockClock

from tests.together.replay.changes import Change, changes_of
from tests.together.replay.readings import Alike, alike, distinct
from tests.together.replay.scenes import Ran, Scene, record
from tests.together.replay.tape import Player, Tape

pytestmark = pytest.mark.slow

_SCENES = ("status", "check", "plan", "update", "failover, dry", "failover", "status after", "apply after")
_RUNS = {"update": 3, "failover": 10, "apply after": 6}
_SAMPLE = 25  # of a scene that only looks
_TOLD_EACH = 500
_LONGEST_S = 24 * 3600.0
_IS_SOAK = settings.get_current_profile_name() == "soak"
_UNREADABLE = "in a way that cannot be read"
_STOPS_SERVING = ('"path": ""', "datamotion_fence", '"broken_off"', '"paused"', "DELETE")
_OF_NO_FIELD = ("record number", "its next page", "the answer", "did not answer")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Scene]:
    root = tmp_path_factory.mktemp("replay")
    found: Mapping[str, Scene] = trio.run(record, root, clock=MockClock(autojump_threshold=0))
    return found


def _played(scene: Scene, change: Change | None = None) -> Ran:
    async def main() -> Ran:
        changed = (change.key, change.body(scene.tape)) if change else None
        with trio.fail_after(_LONGEST_S):
            return await scene.play(Player(scene.tape, changed))

    ran: Ran = trio.run(main, clock=MockClock(autojump_threshold=0))
    return ran


def _drawn(name: str, scene: Scene, seed: int) -> Iterator[Change]:
    every = list(changes_of(scene.tape))
    print(f"{name}, seed {seed}: {len(every)} changes in all")
    if not _IS_SOAK:
        yield from Random(f"{seed}/{name}").sample(every, _RUNS.get(name, _SAMPLE))
        return
    differing: list[Change] = trio.run(distinct, scene, every, clock=MockClock(autojump_threshold=0))
    for number, change in enumerate(differing):
        if number % _TOLD_EACH == 0 or number == len(differing) - 1:
            print(
                f"{time.strftime('%H:%M:%S')} {name} {number} of {len(differing)} that are read differently", flush=True
            )
        if number >= _begins_at(name):
            yield change


def _begins_at(name: str) -> int | float:
    """The first of a scene that `REPLAY_FROM` leaves to be played: a scene and a number, as they are told."""
    scene, _, number = os.environ.get("REPLAY_FROM", "").rpartition(" ")
    if not scene or name not in _SCENES[: _SCENES.index(scene) + 1]:
        return 0
    return int(number) if name == scene else float("inf")


@pytest.mark.parametrize("name", _SCENES)
def test_what_was_recorded_plays_as_it_was(name: str, scenes: Mapping[str, Scene]) -> None:
    scene = scenes[name]
    ran = _played(scene)
    assert ran.acts == scene.tape.acts
    assert _UNREADABLE not in ran.told
    assert bool(ran.acts) is (name in _RUNS)


@pytest.mark.parametrize("name", _SCENES)
@pytest.mark.sweep
def test_no_field_of_any_answer_makes_a_command_fall_over_or_act_otherwise(
    name: str, scenes: Mapping[str, Scene], soaking: int | None
) -> None:
    scene, found = scenes[name], []
    for change in _drawn(name, scene, soaking or Random().randrange(2**32)):
        try:
            _check(name, change, scene, _played(scene, change))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            found.append(f"{name}: {change}: {error!r}")
            print(f"found: {found[-1]}", flush=True)
    assert not found


def _check(name: str, change: Change, scene: Scene, ran: Ran) -> None:
    """Nothing else was asked for, nothing unclean is shown, and what cannot be read is told with where it is."""
    beyond = _beyond(change, scene, ran)
    if name != "apply after":
        assert not beyond
    # What can be read is believed: at its own site a cluster may be asked to mend what it says is missing.
    assert all(act.startswith(change.key[0]) for act in beyond), beyond
    assert not [act for act in beyond if any(word in act for word in _STOPS_SERVING)]
    assert ran.shown.replace("\n", "").isprintable(), ran.shown
    if _UNREADABLE in ran.told:
        assert f"{change.key[0]} answered {change.key[1]} " in ran.told
        # In place of a whole object the first of its fields is told that is missed.
        fields = [""] if isinstance(change.value, dict | list) else [*change.fields]
        named = [f"`{field}" for field in fields]
        assert any(words in ran.told for words in (*named, *_OF_NO_FIELD)), ran.told


def _beyond(change: Change, scene: Scene, ran: Ran) -> list[str]:
    """What was asked for and is not asked for where all answers are good.

    What goes to an identity that a cluster has made up, at that cluster, reaches nothing. Less than a good act is no
    other one: what is not known to be there is left out of it.
    """
    made_up = change.value if change.field.endswith("uuid") and isinstance(change.value, str) else None
    return [
        act
        for act in ran.acts - scene.tape.acts
        if (not made_up or (made_up not in act and quote(made_up) not in act))
        and not any(_is_part(act, good) for good in scene.tape.acts)
    ]


def _is_part(act: str, good: str) -> bool:
    """Whether one asks the same for less than the other: the same object, with some of the fields alike."""
    (what, _, body), (whole, _, all_of_it) = act.partition(" {"), good.partition(" {")
    if what != whole or not body or not all_of_it:
        return False
    return _is_within(json.loads("{" + body), json.loads("{" + all_of_it))


def _is_within(less: object, more: object) -> bool:
    if isinstance(less, dict) and isinstance(more, dict):
        return all(name in more and _is_within(value, more[name]) for name, value in less.items())
    return less == more


def test_a_bad_answer_of_one_target_leaves_the_other_one_to_fail_over_to(
    scenes: Mapping[str, Scene], soaking: int | None
) -> None:
    """But for a claim that does not say who took an epoch: that is for a person."""
    name = "failover, dry"
    for change in _drawn(name, scenes[name], soaking or Random().randrange(2**32)):
        ran = _played(scenes[name], change)
        is_claim = "/snapmirror/policies" in change.key[2] and "comment" in change.where
        assert is_claim or ran.status == 0, f"{change}: {ran.shown}"


@pytest.mark.parametrize("name", ["status", "update", "failover, dry", "apply after"])
@pytest.mark.sweep
def test_changes_that_are_read_alike_come_to_the_same(
    name: str, scenes: Mapping[str, Scene], soaking: int | None
) -> None:
    """So one of them is enough for all. In a run that goes on for hours, of ten times as many."""
    scene, seed = scenes[name], soaking or Random().randrange(2**32)
    print(f"{name}, seed {seed}")
    drawn, many = Random(f"{seed}/{name}"), 10 if soaking else 1
    changes = drawn.sample(list(changes_of(scene.tape)), 200 * many)
    classes: list[Alike] = trio.run(alike, scene, changes, clock=MockClock(autojump_threshold=0))
    several = [each for each in classes if len(each) > 1]
    assert several
    for first, *others in drawn.sample(several, min(4 * many, len(several))):
        other = drawn.choice(others)
        one, same = _played(scene, first), _played(scene, other)
        assert (same.status, same.acts) == (one.status, one.acts), f"{first} and {other}"


def test_jobs_that_never_end_are_followed_no_longer_than_there_is_patience(scenes: Mapping[str, Scene]) -> None:
    """What they were to do is seen to hold all the same, and so it is done."""
    scene = scenes["failover"]
    answers = {
        key: [replace(each, body=each.body.replace(b'"success"', b'"running"')) for each in taped]
        if key[2].startswith("/api/cluster/jobs")
        else taped
        for key, taped in scene.tape.answers.items()
    }
    assert answers != scene.tape.answers
    ran = _played(replace(scene, tape=Tape(answers, scene.tape.acts)))
    assert ran.status == 0
    assert ran.acts <= scene.tape.acts


def test_changes_that_are_taken_and_never_come_about_are_given_up(scenes: Mapping[str, Scene]) -> None:
    """Every look shows what the first one did."""
    scene = scenes["failover"]
    answers = {key: taped[:1] for key, taped in scene.tape.answers.items()}
    ran = _played(replace(scene, tape=Tape(answers, scene.tape.acts)))
    assert ran.status in (1, 4)
    assert ran.acts < scene.tape.acts
