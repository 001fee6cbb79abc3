"""Hooks of failovers: commands that a group's configuration names, run at moments of it on this host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio

from datamotion.cli.streaming import StreamingWatcher
from datamotion.model.words import Operation
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, mirrors
from datamotion.service.commands_here import CheckOutcome
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, play, told
from tests.together.test_planned import FROZEN, SERVED, as_served, planned
from tests.together.test_reprotect import snapshots
from tests.together.world import GROUP

MOMENTS = ("freeze", "fence", "break", "serve")


class Here:
    """Runs nothing: notes what was to be run, and answers for it."""

    def __init__(self, failing: str = "") -> None:
        self.ran: list[str] = []
        self.told: list[Mapping[str, str]] = []
        self._failing = failing

    async def __call__(
        self, command: Sequence[str], facts: Mapping[str, str], environ: Mapping[str, str], limit: timedelta
    ) -> CheckOutcome:
        self.ran.append(facts["DATAMOTION_HOOK"])
        self.told.append(facts)
        status = int(facts["DATAMOTION_HOOK"] == self._failing)
        return CheckOutcome(command=command[0], status=status, printed="starting\nnot now\n", problem=None, seconds=0.1)


def hooked(story: Story, here: Here) -> Story:
    """With a hook before and after each moment."""
    moments = [f"{when}-{moment}" for moment in MOMENTS for when in ("before", "after")]
    hooks = [{"at": each, "command": [f"/sbin/{each}"]} for each in moments]
    story = story.configured(lambda tree: tree["groups"][GROUP].update(hooks=hooks))
    session = story.place.session
    return replace(
        story, place=replace(story.place, session=replace(session, world=replace(session.world, run_here=here)))
    )


def test_a_planned_failover_runs_them_around_each_moment(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        here = Here()
        story = hooked(story, here)
        shown = await story.plan_failover(is_planned=None)
        assert "before-freeze: " in told(shown)
        report = await planned(story)
        assert report.verdict is Verdict.DONE, told(report)
        moments = ("freeze", "break", "serve")  # what is frozen needs no other fence
        assert sorted(here.ran) == sorted(f"{when}-{each}" for when in ("before", "after") for each in moments)
        assert here.ran.index("before-freeze") < here.ran.index("after-freeze") < here.ran.index("before-break")
        assert here.ran.index("before-serve") < here.ran.index("after-serve")
        assert here.told[0] == {
            "DATAMOTION_GROUP": "gold",
            "DATAMOTION_HOOK": "before-freeze",
            "DATAMOTION_FROM": "gold-paris",
            "DATAMOTION_TO": "gold-lyon",
            "DATAMOTION_EPOCH": "2",
            "DATAMOTION_VOLUMES": "vol_1 vol_2",
        }

    play(quick_path, story)


class Slow(Here):
    """Takes four seconds behind the freeze, and looks at what snapshots there are before and after that."""

    snapshots: tuple[Sequence[str], ...] = ()
    story: Story

    async def __call__(
        self, command: Sequence[str], facts: Mapping[str, str], environ: Mapping[str, str], limit: timedelta
    ) -> CheckOutcome:
        if facts["DATAMOTION_HOOK"] == "after-freeze":
            before = await snapshots(self.story, "paris", "vol_1")
            await trio.sleep(4)
            self.snapshots = before, await snapshots(self.story, "paris", "vol_1")
        return await super().__call__(command, facts, environ, limit)


def test_the_last_snapshot_waits_for_what_is_run_behind_the_freeze_and_whoever_follows_it_is_told(
    quick_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        slow = Slow()
        slow.story, story = story, hooked(story, slow)
        intent = failing_over.failover(story.place.session.group(GROUP), FailoverChoice(is_planned=True))
        with StreamingWatcher(story.place.session.world.clock, group=GROUP, operation=Operation.FAILOVER) as watcher:
            report = await story.place.run(intent, watcher)
        assert report.verdict is Verdict.DONE, told(report)
        last = [any(name.startswith("datamotion_last") for name in names) for names in slow.snapshots]
        assert last == [False, False]
        assert any(name.startswith("datamotion_last") for name in await snapshots(story, "paris", "vol_1"))

    play(quick_path, story)
    assert "after-freeze" in capsys.readouterr().out


def test_an_unplanned_one_has_a_fence_in_place_of_a_freeze(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        here = Here()
        story = hooked(story, here)
        report = await story.failover("lyon", earlier=Earlier(taken_by=datetime(2040, 1, 1, tzinfo=UTC)))
        assert report.verdict is Verdict.DONE, told(report)
        moments = ("fence", "break", "serve")
        assert sorted(here.ran) == sorted(f"{when}-{each}" for when in ("before", "after") for each in moments)

    play(quick_path, story)


async def assert_nothing_is_moved(story: Story, report: RunReport) -> None:
    assert report.verdict is Verdict.FAILED, told(report)
    assert "ended with status 1: not now" in told(report), told(report)
    await trio.sleep(1)
    assert await as_served(story, "paris", "vol_1") == {**SERVED, "path": "/vol_1"}
    assert (await story.mirror("lyon"))["state"] == "snapmirrored"
    assert (report.serving, report.epoch) == ("gold-paris", 1)


def test_one_that_fails_before_anything_is_decided_stops_it_and_clients_are_let_in(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        for failing in ("before-freeze", "before-break"):
            here = Here(failing)
            report = await planned(hooked(story, here))
            await assert_nothing_is_moved(story, report)
            assert here.ran[-1] == failing

    play(quick_path, story)


def test_one_that_fails_before_clients_are_let_in_stops_there_and_the_same_command_goes_on(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        report = await planned(hooked(story, Here("before-serve")))
        assert report.verdict is Verdict.FAILED, told(report)
        assert story.served("lyon") == set()
        assert await as_served(story, "paris", "vol_1") == FROZEN
        assert "Clients cannot write to vol_1 anywhere: gold-" in told(report), told(report)
        again = await planned(hooked(story, Here()))
        assert again.verdict is Verdict.DONE, told(again)
        assert story.served("lyon") == {"vol_1"}

    play(quick_path, story)


def test_where_one_failed_and_who_served_before_serves_again_its_mirrors_go_on_in_the_same_command(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await planned(hooked(story, Here("before-serve")))
        await trio.sleep(50)
        report = await story.failover("paris", overrule="gold-lyon", reprotects=True)
        assert report.verdict is Verdict.DONE, told(report)
        (volume,) = (each for each in report.volumes if each.backend == "gold-paris")
        assert volume.frozen_s is not None
        assert volume.frozen_s >= 50
        follows = await story.place.run(mirrors.reprotect(story.place.session.group(GROUP)))
        assert follows.verdict is Verdict.DONE, told(follows)
        assert (await story.mirror("lyon"))["state"] == "snapmirrored"
        assert story.served("paris") == {"vol_1"}

    play(quick_path, story)


def test_one_that_fails_afterwards_is_told_and_stops_nothing(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        report = await planned(hooked(story, Here("after-freeze")))
        assert report.verdict is Verdict.PARTLY, told(report)
        assert "hook after-freeze: " in told(report)
        assert story.served("lyon") == {"vol_1"}

    play(quick_path, story)
