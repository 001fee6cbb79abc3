"""The picture of a failover of 200 volumes whose cluster loses answers, second by second on virtual time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from datamotion.cli.picture import picture_lines
from datamotion.cli.watching import kept_fresh
from datamotion.clock import Clock
from datamotion.engine.ports import Look
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, prepared, preparing
from datamotion.service.events import EventReport, Follower
from datamotion.service.progress import Doing, RunPhase, RunProgress
from datamotion.service.verdict import Verdict
from ontaplab.faults.scripted import scripted
from tests.together.stories import Story, play, told
from tests.together.world import GROUP

pytestmark = pytest.mark.slow

_VOLUMES = [f"vol_{number}" for number in range(1, 201)]
KEPT = Path(__file__).parent.parent / "faces" / "kept"
_ONE_BY_ONE = {"single_patches": ("volumes", "relationships")}


class Pictures(Follower):
    """Keeps how the run went, second by second, and at its end."""

    def __init__(self, clock: Clock, prepared: prepared.Prepared) -> None:
        super().__init__(clock, unanswered=prepared.unanswered)
        self.kept: list[RunProgress] = []

    def told(self, event: EventReport) -> None: ...

    def passed(self) -> None:
        self.kept.append(self.progress.picture())

    def looked(self, look: Look) -> None:
        super().looked(look)
        self.passed()


def test_a_failover_of_200_volumes_under_lost_answers_is_followed_to_its_end(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected(*_VOLUMES)
        story.place.lose("paris")
        intent = failing_over.failover(story.place.session.group(GROUP), FailoverChoice())
        clock, lyon = story.place.session.world.clock, story.at["lyon"].http
        async with (
            scripted(lyon, kind="lost_answer", route="PATCH /*", count=12),
            scripted(lyon, kind="hang", route="PATCH /*", skip=300, count=1),
            preparing.prepare(story.place.session, [intent]) as (prepared,),
        ):
            pictures = Pictures(clock, prepared)
            async with kept_fresh(pictures, clock):
                report = await prepared.carry_out(pictures)
        pictures.progress.ended(RunPhase.ENDED)
        pictures.passed()
        assert report.verdict is Verdict.DONE, told(report)
        _fit(pictures.kept)
        silent = next(each for each in pictures.kept for silence in each.silent if silence.for_s >= 12)
        _is_as_kept("following-silence", silent)
        _is_as_kept("following-end", pictures.kept[-1])
        done = [each.counts().get(Doing.DONE, 0) for each in pictures.kept]
        assert done == sorted(done)
        assert {len(each.volumes) for each in pictures.kept if each.volumes} <= {200, 201}
        assert not any(each.counts().get(Doing.GIVEN_UP) for each in pictures.kept)
        assert all(each.reached == each.acts for each in pictures.kept[-1].steps)

    play(quick_path, story, traits=_ONE_BY_ONE)


def _fit(pictures: Sequence[RunProgress]) -> None:
    for width, height in ((79, 23), (199, 59)):
        for each in pictures:
            lines = picture_lines(each, width, height)
            assert len(lines) <= height
            assert all(len(line.text) <= width for line in lines)


def _is_as_kept(name: str, picture: RunProgress) -> None:
    """After a change that is meant, `KEEP=1` keeps what is drawn now."""
    path = KEPT / f"{name}-80.txt"
    shown = "".join(f"{line.text}\n" for line in picture_lines(picture, 79, 23))
    if os.environ.get("KEEP"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
