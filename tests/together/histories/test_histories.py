"""Random histories of a group, against the ledger of its clients. A failure tells its seed and what happened."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.together.histories.clients import Clients
from tests.together.histories.history import SITES, History
from tests.together.stories import Story, play
from tests.together.world import GROUP

_IN_TEST, _IN_SOAK, _STEPS = 5, 2000, 8


def live(root: Path, seed: int) -> None:
    async def main(story: Story) -> None:
        draw = random.Random(seed)
        policy = draw.choice(("Asynchronous", "MirrorAllSnapshots"))
        story = story.configured(lambda tree: [each.update(policy=policy) for each in tree["groups"][GROUP]["targets"]])
        volumes = tuple(f"vol_{number}" for number in range(1, draw.randint(1, 3) + 1))
        await story.protected(*volumes)
        history = History(story, draw, Clients(story.place, volumes))
        await history.live(_STEPS)

    play(root, main, targets=SITES[1:], schedule="hourly")


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_ever_lost_unasked(quick_path: Path, soaking: int | None) -> None:
    first = soaking if soaking is not None else random.randrange(2**32)
    for seed in range(first, first + (_IN_SOAK if soaking is not None else _IN_TEST)):
        print(f"seed {seed}")
        try:
            live(quick_path / str(seed), seed)
        except BaseException:
            print(f"seed {seed} failed")
            raise
