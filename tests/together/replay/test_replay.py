"""Recorded answers of every request, with each field in turn replaced by each of many bad values.

Whatever one cluster says in one field: no command falls over, none hangs, and none asks for anything that it would not
have asked for anyway. In `make test` a sample, whose seed is told; `make soak` plays all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import pytest
import trio
from hypothesis import settings
from trio.testing import MockClock

from tests.together.replay.changes import Change, changes_of
from tests.together.replay.scenes import Ran, Scene, record
from tests.together.replay.tape import Player

pytestmark = pytest.mark.slow

_SCENES = ("status", "check", "plan", "update", "failover, dry", "failover", "status after", "apply after")
_SAMPLE = 60  # of each scene
_LONGEST_S = 24 * 3600.0
_IS_SOAK = settings.get_current_profile_name() == "soak"
_UNREADABLE = "in a way that cannot be read"


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


def _drawn(scene: Scene, draw: Random) -> Iterator[Change]:
    every = list(changes_of(scene.tape))
    print(f"{len(every)} changes in all")
    yield from every if _IS_SOAK else draw.sample(every, _SAMPLE)


@pytest.mark.parametrize("name", _SCENES)
def test_what_was_recorded_plays_as_it_was(name: str, scenes: Mapping[str, Scene]) -> None:
    scene = scenes[name]
    ran = _played(scene)
    assert ran.acts == scene.tape.acts
    assert _UNREADABLE not in ran.text
    assert bool(ran.acts) is (name in ("update", "failover", "apply after"))


@pytest.mark.parametrize("name", _SCENES)
def test_no_field_of_any_answer_makes_a_command_fall_over_or_act_otherwise(
    name: str, scenes: Mapping[str, Scene], soaking: int | None
) -> None:
    seed = soaking or Random().randrange(2**32)
    print(f"{name}, seed {seed}")
    scene = scenes[name]
    for change in _drawn(scene, Random(f"{seed}/{name}")):
        try:
            ran = _played(scene, change)
        except BaseException as error:
            raise AssertionError(f"{name}: {change}: {error!r}") from error
        assert ran.acts <= scene.tape.acts, f"{name}: {change}: {sorted(ran.acts - scene.tape.acts)}"
        if _UNREADABLE in ran.text:
            assert f"{change.key[0]} answered {change.key[1]} " in ran.text.replace("\n", " "), str(change)
