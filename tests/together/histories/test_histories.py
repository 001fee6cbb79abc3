"""Random histories of a group, against the ledger of its clients. A failure tells its seed and what happened."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.together.histories.clients import Clients
from tests.together.histories.history import SITES, History
from tests.together.histories.obeying import end_as_told
from tests.together.stories import Story, play
from tests.together.world import GROUP

_IN_TEST, _IN_SOAK = 4, 2000
_OBEYED_IN_TEST, _OBEYED_IN_SOAK = 2, 500
_STEPS, _STEPS_IN_SOAK = 8, 20
_VOLUMES = (1, 1, 1, 2, 2, 3, 3, 12)


Ends = Callable[[History], Awaitable[None]]


def live(root: Path, seed: int, steps: int = _STEPS, *, ends: Ends = History.end_well) -> None:
    async def main(story: Story) -> None:
        draw = random.Random(seed)
        policy = draw.choice(("Asynchronous", "MirrorAllSnapshots"))
        story = story.configured(lambda tree: [each.update(policy=policy) for each in tree["groups"][GROUP]["targets"]])
        volumes = tuple(f"vol_{number}" for number in range(1, draw.choice(_VOLUMES) + 1))
        await story.protected(*volumes)
        history = History(story, draw, Clients(story.place, volumes))
        await history.live(steps)
        await ends(history)

    play(root, main, targets=SITES[1:], schedule="hourly")


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_ever_lost_unasked(quick_path: Path, soaking: int | None) -> None:
    _live_from(quick_path, soaking, _IN_TEST, _IN_SOAK, History.end_well)


@pytest.mark.slow
def test_whoever_does_to_the_letter_what_is_said_comes_to_where_all_is_well(
    quick_path: Path, soaking: int | None
) -> None:
    _live_from(quick_path, soaking, _OBEYED_IN_TEST, _OBEYED_IN_SOAK, end_as_told)


def _live_from(root: Path, soaking: int | None, in_test: int, in_soak: int, ends: Ends) -> None:
    first = soaking if soaking is not None else random.randrange(2**32)
    number, steps = (in_test, _STEPS) if soaking is None else (in_soak, _STEPS_IN_SOAK)
    for seed in range(first, first + number):
        print(f"seed {seed}")
        try:
            live(root / str(seed), seed, steps, ends=ends)
        except BaseException:
            print(f"seed {seed} failed")
            raise
