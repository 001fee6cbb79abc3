"""Clients that somebody lets in by hand where a planned failover keeps them away: seen, told, kept away again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import trio

from datamotion.model.acts import Act, Change
from datamotion.model.mirror_acts import Break, Pause
from datamotion.model.standing import FENCE
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, outcomes, play, told
from tests.together.test_failover_ways import let_in_by_hand
from tests.together.test_planned import FROZEN, SERVED, as_served
from tests.together.test_reprotect import reprotect
from tests.together.world import GROUP, Quiet


class Tells(Quiet):
    """Tells once an act of a kind has come about."""

    def __init__(self, kind: type[Change]) -> None:
        self._kind = kind
        self.has_come = trio.Event()

    def reached(self, acts: Sequence[Act]) -> None:
        if any(isinstance(act.change, self._kind) for act in acts):
            self.has_come.set()


@pytest.mark.parametrize("kind", [Pause, Break])
def test_what_is_let_in_behind_the_break_is_fenced_again_and_no_longer_said_to_lose_nothing(
    quick_path: Path, kind: type[Change]
) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        for name in ("paris", "lyon"):
            await story.at[name].http.put("/lab/latency", json={"seconds": 0.05})
        tells = Tells(kind)

        async def lets_in() -> None:
            await tells.has_come.wait()
            await let_in_by_hand(story, "vol_2")
            story.write("paris", "vol_2", "late")

        choice = FailoverChoice(to="gold-lyon", is_planned=True)
        async with trio.open_nursery() as both:
            both.start_soon(lets_in)
            report = await story.place.run(failing_over.failover(story.place.session.group(GROUP), choice), tells)
        assert report.title == "Fail gold over from gold-paris to gold-lyon, epoch 2, as planned"
        assert report.verdict is Verdict.PARTLY
        assert "vol_2: clients could write at gold-paris after the last snapshot was taken" in told(report)
        assert "datamotion reprotect gold keeps it" in told(report)
        assert await as_served(story, "paris", "vol_2") == FROZEN
        await reprotected(story)

    async def reprotected(story: Story) -> None:
        report = await story.place.run(reprotect(story))
        assert "vol_2" in told(report)
        assert "may hold writes of its own" in told(report)
        assert "late" in story.files("paris", "vol_2")

    play(quick_path, main, schedule=None)


class LetsIn(Quiet):
    """Lets clients in again as soon as a freeze was carried out, before any look: so many times."""

    def __init__(self, story: Story, times: int) -> None:
        self._story = story
        self._left = times
        self.is_over = trio.Event()

    async def watch(self) -> None:
        """Ends once it has done so, or the run is over."""
        while self._left and not self.is_over.is_set():
            (volume,) = (it for it in self._story.place.lab["paris"].cluster.volumes if it.name == "vol_2")
            if volume.export_path is None and volume.properties["nas.export_policy.name"] == FENCE:
                await let_in_by_hand(self._story, "vol_2")
                self._left -= 1
            await trio.sleep(0.001)


@pytest.mark.parametrize(("times", "verdict"), [(1, Verdict.DONE), (99, Verdict.FAILED)])
def test_a_freeze_that_somebody_undoes_before_it_is_seen_is_carried_out_anew_or_given_up(
    quick_path: Path, times: int, verdict: Verdict
) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.at["paris"].http.put("/lab/latency", json={"seconds": 0.05})
        lets_in = LetsIn(story, times)
        async with trio.open_nursery() as both:
            both.start_soon(lets_in.watch)
            began = trio.current_time()
            report = await story.failover("lyon", is_planned=True)
            lets_in.is_over.set()
        assert report.verdict is verdict, told(report)
        assert trio.current_time() - began < 30
        for volume in ("vol_1", "vol_2"):
            if verdict is Verdict.DONE:
                assert await as_served(story, "paris", volume) == FROZEN
            else:
                assert await as_served(story, "paris", volume) == {**SERVED, "path": f"/{volume}"}
                assert "undone by somebody else" in told(report)

    play(quick_path, main, schedule=None)


def test_what_somebody_opens_again_and_again_is_told_as_not_fenced(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        for name in ("paris", "lyon"):
            await story.at[name].http.put("/lab/latency", json={"seconds": 0.05})
        tells, lets_in = Tells(Break), LetsIn(story, 99)

        async def opens() -> None:
            await tells.has_come.wait()
            await lets_in.watch()

        choice = FailoverChoice(to="gold-lyon", is_planned=True)
        async with trio.open_nursery() as both:
            both.start_soon(opens)
            report = await story.place.run(failing_over.failover(story.place.session.group(GROUP), choice), tells)
            lets_in.is_over.set()
        assert report.verdict is Verdict.PARTLY
        assert "no write is lost" not in told(report)
        assert outcomes(report, "gold-lyon") == {"vol_1": "done", "vol_2": "done"}
        assert outcomes(report, "gold-paris") == {"vol_1": "done", "vol_2": "failed"}
        assert "undone by somebody else" in told(report)
        assert "Fence the overtaken copies" not in [title for each in report.volumes for title in each.came_about]
        assert "gold-paris is overtaken and not fenced yet, clients may still write there: vol_2" in told(report)
        assert "`datamotion apply gold` fences it" in told(report)

    play(quick_path, main, schedule=None)
