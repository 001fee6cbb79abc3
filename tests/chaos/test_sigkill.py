"""`datamotion` is killed with SIGKILL while it changes things; the same command, run again, ends as if it never was.

Real processes, real sockets, real bytes: every point is a scene of its own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from datamotion.runs.phases import Phase
from datamotion.store.lock import hold_group
from tests.chaos.commands import Ended
from tests.chaos.facts import Facts, facts, runs, writes
from tests.chaos.mortal import Fate, Moment
from tests.chaos.plays import PLAYS, Play, held
from tests.chaos.site import TARGET, Scene, Site, a_site
from tests.profile import thinned
from tests.together.world import GROUP

pytestmark = pytest.mark.slow

_RANDOM_POINTS, _IN_SOAK = 1, 20  # of each play


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with a_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module", params=list(PLAYS))
def play(request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Play:
    return PLAYS[request.param](site, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("moment", thinned(["before", "after"], 2))
@pytest.mark.sweep
def test_killed_at_any_write_of_its_journal_the_same_command_again_ends_in_the_same_state(
    play: Play, moment: Moment, tmp_path: Path, soaking: int | None
) -> None:
    """In `make test` at every twelfth write, from any of the first twelve on."""
    unkilled, _ = _unkilled(play, tmp_path / "unkilled")
    stride = 1 if soaking is not None else 12
    first = random.randint(1, stride)
    for nth in count(first, stride):
        with play.scene(tmp_path / f"{nth}") as scene:
            ended = scene.run(*play.arguments, fate=Fate(nth=nth, moment=moment))
            if not ended.killed:
                assert ended.status == 0, ended.err or ended.out
                assert nth - stride <= writes(scene) < nth
                break
            _goes_on(play, scene, unkilled)
    print(f"{play.arguments[0]}: killed {moment} journal writes {first} to {nth - stride}, {stride} apart")
    assert nth > 10


@pytest.mark.sweep
def test_killed_at_any_moment_the_same_command_again_ends_in_the_same_state(
    play: Play, tmp_path: Path, soaking: int | None
) -> None:
    unkilled, seconds = _unkilled(play, tmp_path / "unkilled")
    seed = random.randrange(2**32)
    points = _RANDOM_POINTS if soaking is None else _IN_SOAK
    print(f"{play.arguments[0]}: killed at {points} moments within {seconds:.2f} s, seed {seed}")
    moments = random.Random(seed)
    for point in range(points):
        with play.scene(tmp_path / f"{point}") as scene:
            ended = scene.run(*play.arguments, dies_after_s=moments.uniform(0, seconds))
            assert ended.killed or ended.status == 0, ended.err or ended.out
            _goes_on(play, scene, unkilled)


def _unkilled(play: Play, folder: Path) -> tuple[Facts, float]:
    """What is so after the command, and how many seconds it took."""
    with play.scene(folder) as scene:
        began_s = time.perf_counter()
        ended = scene.run(*play.arguments)
        seconds = time.perf_counter() - began_s
        assert ended.status == 0, ended.err or ended.out
        assert ended.report["went_on_from"] is None
        assert [run.phase for run in runs(scene)] == [Phase.DONE]
        assert held(scene, TARGET) == play.expected
        return facts(scene), seconds


def _goes_on(play: Play, scene: Scene, unkilled: Facts) -> None:
    """The command, killed in this scene, is run again: everything is as if it had not been killed."""
    before = [run.phase for run in runs(scene)]
    again = scene.run(*play.arguments)
    assert again.status == 0, again.err or again.out
    assert facts(scene) == unkilled
    assert held(scene, TARGET) == play.expected
    _store_tells(before, again, [run.phase for run in runs(scene)])
    with hold_group(scene.folder, GROUP, "nothing", datetime.now(UTC)):
        pass  # nobody holds the group any more


def _store_tells(before: list[Phase], again: Ended, after: list[Phase]) -> None:
    """The run that was cut off is recorded as that by the run which went on from it, and this one says so.

    A command that finds nothing left to do begins no run of its own; where one was cut off, it is recorded that nothing
    is left of it.
    """
    if not again.report.get("run"):
        assert not again.report["changes"]
        is_closed = before[-1:] == [Phase.ACTING]
        told = [Phase.CUT_OFF if phase is Phase.ACTING else phase for phase in before]
        assert after == [*told, *([Phase.DONE] if is_closed else [])]
    elif before:
        assert after == [Phase.CUT_OFF, Phase.DONE]
        assert again.report["went_on_from"] == 1
    else:
        assert after == [Phase.DONE]
        assert again.report["went_on_from"] is None
