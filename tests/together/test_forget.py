"""A site that will not come back is let go: the others hold nothing for it, and the group goes on without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datamotion.service import removal
from datamotion.service.history import history, past_run
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_failover_ways import all_snapshots
from tests.together.test_removal import listed
from tests.together.test_reprotect import reprotect
from tests.together.world import GROUP

BOTH = ("lyon", "oslo")


async def forget(story: Story, backend: str = "gold-paris") -> RunReport:
    return await story.place.run(removal.forget(story.place.session.group(GROUP), backend))


async def lost_for_good(story: Story) -> Story:
    """Lyon serves, oslo mirrors it, and paris is gone."""
    story = all_snapshots(story)
    await story.protected("vol_1", "vol_2")
    story.place.lose("paris")
    report = await story.failover("lyon")
    assert report.verdict is Verdict.DONE, told(report)
    return story


def without_paris(tree: dict[str, Any]) -> None:
    group = tree["groups"][GROUP]
    group["home"] = "gold-lyon"
    group["targets"] = [each for each in group["targets"] if each["backend"] != "gold-lyon"]
    del tree["backends"]["gold-paris"], tree["clusters"]["paris"]


def test_the_group_goes_on_without_it(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = await lost_for_good(story)
        early = await forget(story)
        assert early.verdict is Verdict.PARTLY, told(early)
        assert "vol_1 at gold-oslo is a mirror of gold-paris still" in told(early)
        assert "Leave gold-paris in the configuration" in told(early)
        assert "out of the configuration" not in told(early)
        await story.place.run(reprotect(story))
        report = await forget(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert "make gold-lyon the `home`" in told(report)
        assert "snapmirror release -destination-path" in told(early)
        assert "`datamotion history RUN` tells all this again" in told(early)
        runs = [each.run for each in history(story.place.session, GROUP).runs if each.operation == "forget"]
        outcome = past_run(story.place.session, min(runs)).outcome
        assert outcome is not None
        assert "snapmirror release -destination-path" in told(outcome)
        assert await story.at["lyon"].get("/snapmirror/relationships") == []
        alone = story.configured(without_paris)
        group = await alone.group()
        assert (group.serving, group.mirrored, group.concerns) == ("gold-lyon", 2, ()), group.concerns
        story.write("lyon", "vol_1", "later")
        assert (await alone.update()).verdict is Verdict.DONE
        assert "later" in story.files("oslo")
        applied = await alone.apply()
        assert applied.verdict is Verdict.DONE, told(applied)

    play(quick_path, main, targets=BOTH)


def test_taken_out_of_the_configuration_too_early_it_is_put_back_where_the_hint_says_so(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = await lost_for_good(story)
        await forget(story)
        found = (await story.configured(without_paris).concerns())["foreign source"]
        assert "a mirror of svm_gold_paris:vol_1 of paris, which is no copy of it that is known here" in found.text
        hint = found.hint or ""
        assert hint.startswith("if a back end was taken out of the configuration that held it, put it back"), hint
        assert "datamotion reprotect gold makes the mirror follow" in hint
        assert "foreign source" not in await story.concerns()
        await story.place.run(reprotect(story))
        assert (await story.mirror("oslo"))["source"]["path"] == "svm_gold_dr:vol_1"
        assert "foreign source" not in await story.configured(without_paris).concerns()

    play(quick_path, main, targets=BOTH)


def test_one_that_answers_or_serves_is_not_let_go(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        for is_lost in (False, True):
            if is_lost:
                story.place.lose("paris")
            plan = await story.planned(removal.forget(story.place.session.group(GROUP), "gold-paris"))
            assert plan.verdict is Verdict.REFUSED, told(plan)
            assert "gold-paris serves vol_1" in told(plan)
            assert ("needs nothing of gold-paris" in told(plan)) is is_lost, "while it answers it would be frozen first"
        await story.failover("lyon")
        story.place.regain("paris")
        plan = await story.planned(removal.forget(story.place.session.group(GROUP), "gold-paris"))
        assert "gold-paris answers" in told(plan)
        assert plan.verdict is Verdict.REFUSED

    play(quick_path, main, schedule=None)


def test_what_serves_releases_the_mirrors_that_are_gone_with_it(quick_path: Path) -> None:
    """Paris was a mirror of lyon by then."""

    async def main(story: Story) -> None:
        story = all_snapshots(story)
        await story.protected("vol_1", "vol_2")
        await story.failover("lyon", is_planned=None)
        await story.place.run(reprotect(story))
        assert await listed(story, "lyon") == ["vol_1", "vol_1", "vol_2", "vol_2"]
        story.place.lose("paris")
        report = await forget(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert await listed(story, "lyon") == ["vol_1", "vol_2"], "those of oslo"

    play(quick_path, main, targets=BOTH, schedule=None)


def test_of_a_target_that_never_served_its_mirrors_are_released_too(quick_path: Path) -> None:
    """No claim tells which SVM it was; the peering does. Without it the group has no target left."""

    async def main(story: Story) -> None:
        await story.protected("vol_1")
        assert await listed(story, "paris") == ["vol_1"]
        story.place.lose("lyon")
        report = await forget(story, "gold-lyon")
        assert report.verdict is Verdict.DONE, told(report)
        assert await listed(story, "paris") == []
        assert "Take it out then, and name another back end as the target that a group has to have" in told(report)

    play(quick_path, main, schedule=None)


def test_where_a_target_serves_it_stays_one_and_no_other_is_asked_for(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = all_snapshots(story)
        await story.protected("vol_1")
        await story.failover("lyon", is_planned=None)
        await story.place.run(reprotect(story))
        story.place.lose("oslo")
        report = await forget(story, "gold-oslo")
        assert report.verdict is Verdict.DONE, told(report)
        assert "Take it out then" in told(report)
        assert "name another back end" not in told(report)

    play(quick_path, main, targets=BOTH, schedule=None)


def test_what_was_released_meanwhile_is_told_of_one_that_comes_back_before_a_transfer_fails(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        assert not await story.concerns()
        story.place.lose("oslo")
        assert (await forget(story, "gold-oslo")).verdict is Verdict.DONE
        story.place.regain("oslo")
        told_of = (await story.concerns())["not listed"]
        assert (told_of.backend, told_of.volumes, told_of.exit_status) == ("gold-oslo", ("vol_1",), 1)
        assert "does not list it any more, as after a release: the next transfer may fail" in told_of.text
        assert "where none does, datamotion reprotect gold takes it up again" in (told_of.hint or "")
        shown = await story.plan()
        assert (shown.changes, shown.lacks) == (False, 1), "nobody says that all is as wanted"
        assert "vol_1 at gold-oslo: what is mirrored there does not list it any more" in told(shown)
        await story.delete_mirror("oslo")
        refused = await story.apply()
        assert "datamotion reprotect gold --discard-divergent gold-oslo gives that up" in told(refused)
        assert (await story.place.run(reprotect(story, "oslo"))).verdict is Verdict.DONE
        assert not await story.concerns()

    play(quick_path, main, targets=BOTH, schedule=None)


@pytest.mark.parametrize(("is_tried", "kind"), [(False, "not listed"), (True, "released")])
def test_of_a_home_that_comes_back_it_is_told_what_takes_it_up_again(
    quick_path: Path, is_tried: bool, kind: str
) -> None:
    """`apply` keeps no mirror at a home that has none."""

    async def main(story: Story) -> None:
        story = all_snapshots(story)
        await story.protected("vol_1")
        await story.failover("lyon", is_planned=None)
        await story.place.run(reprotect(story))
        story.place.lose("paris")
        assert (await forget(story)).verdict is Verdict.DONE
        story.place.regain("paris")
        if is_tried:
            assert (await story.update()).verdict is Verdict.FAILED
        assert "datamotion reprotect gold takes it up again" in ((await story.concerns())[kind].hint or "")
        if is_tried:  # what it was carried by last is gone at its source with that
            asked = await story.place.run(reprotect(story))
            assert (
                "datamotion reprotect gold --discard-divergent gold-paris gives that up; a clone of it is kept"
                in told(asked)
            )
            ended = await story.place.run(reprotect(story, "paris"))
        else:
            await story.delete_mirror("paris")
            ended = await story.place.run(reprotect(story))
        assert ended.verdict is Verdict.DONE, told(ended)
        assert kind not in await story.concerns()
        assert (await story.update()).verdict is Verdict.DONE

    play(quick_path, main)


@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.sweep
def test_killed_at_any_call_the_same_command_comes_to_the_same_end(quick_path: Path, is_carried_out: bool) -> None:
    async def main(story: Story) -> None:
        story = await lost_for_good(story)
        await story.place.run(reprotect(story))
        for calls in range(3):
            await dies(forget, story, Life(calls, is_carried_out))
        report = await forget(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert await story.at["lyon"].get("/snapmirror/relationships") == []
        assert story.served("lyon") == {"vol_1", "vol_2"}

    play(quick_path, main, targets=BOTH, schedule=None)
