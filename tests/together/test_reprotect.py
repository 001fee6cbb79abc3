"""What serves mirrored to every other back end again, at clusters that hold real bytes: nothing goes that was not told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import trio

from datamotion.service import mirrors
from datamotion.service.operations import Intent
from datamotion.service.reports import Verdict
from tests.together.stories import Story, outcomes, play, titles, told
from tests.together.world import GROUP, digests

BOTH = ("lyon", "oslo")


def reprotect(story: Story, *discard: str, keep: bool = True) -> Intent:
    group = story.place.session.group(GROUP)
    return mirrors.reprotect(group, discard=[f"gold-{name}" for name in discard], keep=keep)


def with_policy(story: Story, policy: str) -> Story:
    """As one sees it whose targets all have this policy."""
    return story.configured(lambda tree: [each.update(policy=policy) for each in tree["groups"][GROUP]["targets"]])


async def lost_and_back(story: Story, *volumes: str, wrote: bool = True) -> None:
    """Lyon serves, and was worked at; the home returns with writes that were never carried anywhere."""
    await story.protected(*volumes)
    if wrote:
        for name in volumes:
            story.write("paris", name, "not carried")
    story.place.lose("paris")
    report = await story.failover("lyon")
    assert report.verdict is Verdict.DONE, told(report)
    for name in volumes:
        story.write("lyon", name, "at lyon")
    await trio.sleep(600)
    story.place.regain("paris")


async def listed(story: Story, cluster: str) -> Sequence[str]:
    """The volumes of which this cluster lists mirrors."""
    found = await story.at[cluster].get(
        "/snapmirror/relationships", list_destinations_only="true", fields="source.path,destination.path"
    )
    return sorted(each["destination"]["path"] for each in found)


async def snapshots(story: Story, cluster: str, volume: str) -> Sequence[str]:
    found = await story.volume(cluster, volume, "uuid")
    return [each["name"] for each in await story.at[cluster].get(f"/storage/volumes/{found['uuid']}/snapshots")]


def test_the_home_is_refused_with_what_it_alone_holds_and_follows_once_that_is_given_up(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await lost_and_back(story, "vol_1", "vol_2")
        await story.apply()
        plan = await story.planned(reprotect(story))
        assert plan.verdict is Verdict.REFUSED, told(plan)
        print(told(plan))
        plan = await story.planned(reprotect(story, "paris"))
        print(told(plan))
        report = await story.place.run(reprotect(story, "paris"))
        print(told(report), report.calls, report.seconds)
        assert report.verdict is Verdict.DONE, told(report)
        await story.update()
        for name in ("vol_1", "vol_2"):
            assert (await story.mirror("paris", name))["state"] == "snapmirrored"
            assert digests(story.place.tree("paris", name)) == digests(story.place.tree("lyon", name))
            assert story.files("paris", name) == {"kept", "at lyon"}
            assert story.files("paris", f"{name}_kept_e2") == {"kept", "not carried"}
        plan = await story.plan()
        print(told(plan))
        print((await story.concerns()))
        assert (plan.verdict, plan.changes) == (Verdict.DONE, False), told(plan)

    play(quick_path, story)


def test_three_sites_follow_from_common_snapshots_and_the_home_serves_again_as_any_target(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = with_policy(story, "MirrorAllSnapshots")
        await story.protected("vol_1", "vol_2")
        await story.update()
        story.place.lose("paris")
        await story.failover("lyon")
        story.write("lyon", "vol_1", "at lyon")
        received = story.place.lab["oslo"].cluster
        plan = await story.planned(reprotect(story))
        print(told(plan))
        report = await story.place.run(reprotect(story))
        print(told(report), report.calls, report.seconds)
        assert outcomes(report, "gold-oslo") == {"vol_1": "done", "vol_2": "done"}, told(report)
        assert digests(story.place.tree("oslo", "vol_1")) == digests(story.place.tree("lyon", "vol_1"))
        plan = await story.planned(reprotect(story))
        assert (plan.changes, plan.holds) == (False, 2)
        story.place.regain("paris")
        await story.apply()
        print(await listed(story, "paris"))
        report = await story.place.run(reprotect(story, "paris"))
        print(told(report), report.calls, report.seconds)
        assert report.verdict is Verdict.DONE, told(report)
        print(await listed(story, "paris"), await listed(story, "lyon"))
        plan = await story.plan()
        assert (plan.verdict, plan.changes) == (Verdict.DONE, False), told(plan)
        story.write("lyon", "vol_1", "later")
        await story.update()
        story.place.lose("lyon")
        report = await story.failover("paris")
        assert report.verdict is Verdict.DONE, told(report)
        assert story.served("paris") == {"vol_1", "vol_2"}
        assert story.files("paris") == {"kept", "at lyon", "later"}
        story.place.regain("lyon")
        plan = await story.planned(reprotect(story, "lyon"))
        print(told(plan))
        report = await story.place.run(reprotect(story, "lyon"))
        assert report.verdict is Verdict.DONE, told(report)
        assert (await story.plan()).changes is False, told(await story.plan())
        for name in BOTH:
            assert digests(story.place.tree(name, "vol_1")) == digests(story.place.tree("paris", "vol_1"))

    play(quick_path, story, targets=BOTH)
