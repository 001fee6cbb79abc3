"""Random histories of a group, against the ledger of its clients. A failure tells its seed and what happened."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.together.histories.clients import Clients
from tests.together.histories.history import SITES, History
from tests.together.stories import Story, play
from tests.together.world import GROUP

_IN_TEST, _IN_SOAK = 4, 2000
_STEPS, _STEPS_IN_SOAK = 8, 20
_VOLUMES = (1, 1, 1, 2, 2, 3, 3, 12)


def live(root: Path, seed: int, steps: int = _STEPS) -> None:
    async def main(story: Story) -> None:
        draw = random.Random(seed)
        policy = draw.choice(("Asynchronous", "MirrorAllSnapshots"))
        story = story.configured(lambda tree: [each.update(policy=policy) for each in tree["groups"][GROUP]["targets"]])
        volumes = tuple(f"vol_{number}" for number in range(1, draw.choice(_VOLUMES) + 1))
        await story.protected(*volumes)
        history = History(story, draw, Clients(story.place, volumes))
        await history.live(steps)

    play(root, main, targets=SITES[1:], schedule="hourly")


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_ever_lost_unasked(quick_path: Path, soaking: int | None) -> None:
    first = soaking if soaking is not None else random.randrange(2**32)
    number, steps = (_IN_TEST, _STEPS) if soaking is None else (_IN_SOAK, _STEPS_IN_SOAK)
    for seed in range(first, first + number):
        print(f"seed {seed}")
        try:
            live(quick_path / str(seed), seed, steps)
        except BaseException:
            print(f"seed {seed} failed")
            raise
