"""A snapshot that is kept common to both targets, at clusters with real bytes: what it is good for after a failover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from datamotion.service.check import check
from datamotion.service.check_reports import CheckLine, Finding
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, SVMS

TARGETS = ("lyon", "oslo")


def following(policy: str) -> Any:
    def change(tree: dict[str, Any]) -> None:
        for target in tree["groups"][GROUP]["targets"]:
            target.update(policy=policy)

    return change


async def labelled(story: Story) -> Story:
    """Both targets have a policy with a rule for what is kept common to them."""
    for name in TARGETS:
        retention = [{"label": "sm_created", "count": 1}, {"label": "datamotion", "count": 2}]
        await story.at[name].post("/snapmirror/policies", {"name": "Common", "type": "async", "retention": retention})
    return story.configured(following("Common"))


async def ours(story: Story, cluster: str) -> Sequence[str]:
    found = await story.at[cluster].get("/storage/volumes/*/snapshots", name="datamotion_common_*")
    return sorted(each["name"] for each in found)


async def grounds(story: Story) -> CheckLine:
    lines = (await check(story.place.session)).lines
    (line,) = (each for each in lines if "after a failover, and the other way round" in each.what)
    return line


async def follow(story: Story, cluster: str, source: str) -> Mapping[str, Any]:
    """The mirror there is deleted, and one is made from another source, as somebody does after a failover."""
    await story.delete_mirror(cluster)
    ends = {"source": {"path": f"{SVMS[source]}:vol_1"}, "destination": {"path": f"{SVMS[cluster]}:vol_1"}}
    peer = await story.at[cluster].one("/svm/peers", **{"peer.cluster.name": source, "svm.name": SVMS[cluster]})
    ends["source"]["path"] = f"{peer['name']}:vol_1"
    await story.at[cluster].post("/snapmirror/relationships", {**ends, "policy": {"name": "Common"}})
    await story.change_mirror(cluster, {"state": "snapmirrored"})
    await anyio.sleep(60)
    return await story.mirror(cluster)


def test_the_other_target_follows_from_the_common_snapshot_without_a_new_baseline(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = await labelled(story)
        await story.protected()
        assert (await story.plan()).steps == (), "applied again, it does nothing"
        assert (await grounds(story)).finding is Finding.NOTE
        assert len(await ours(story, "paris")) == 1
        await story.update()
        assert await ours(story, "lyon") == await ours(story, "oslo") == await ours(story, "paris")
        line = await grounds(story)
        assert (line.finding, line.hint) == (Finding.PASSED, None)
        assert "share a snapshot of every volume" in line.what
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert report.verdict is Verdict.DONE, told(report)
        await peered(story)
        story.write("lyon", "vol_1", "after")
        mirror = await follow(story, "oslo", "lyon")
        assert (mirror["state"], mirror["healthy"]) == ("snapmirrored", True)
        assert story.files("oslo") == story.files("lyon")

    play(quick_path, story, targets=TARGETS)


async def peered(story: Story) -> None:
    """The SVMs of both targets are peers."""
    body = {
        "svm.name": SVMS["oslo"],
        "name": "of_lyon",
        "peer": {"svm": {"name": SVMS["lyon"]}, "cluster": {"name": "lyon"}},
        "applications": ["snapmirror"],
    }
    await story.at["oslo"].post("/svm/peers", body)
    asked = await story.at["lyon"].one("/svm/peers", **{"peer.cluster.name": "oslo"})
    await story.at["lyon"].patch(f"/svm/peers/{asked['uuid']}", {"state": "peered"})


def test_a_newer_one_takes_its_place_when_it_is_common_and_no_more_than_two_are_kept(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = await labelled(story)
        await story.protected()
        await story.update()
        (first,) = await ours(story, "paris")
        for _ in range(3):
            await anyio.sleep(3 * 3600)
            report = await story.apply()
            assert report.verdict is Verdict.DONE, told(report)
            assert len(await ours(story, "paris")) == 2, "the newest, and the newest common one"
            await story.update()
        await story.apply()
        assert first not in await ours(story, "paris")
        assert len(await ours(story, "paris")) == 1
        assert (await story.plan()).steps == ()

    play(quick_path, story, targets=TARGETS, schedule=None)


def test_policies_that_copy_all_snapshots_share_what_both_received(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = story.configured(following("MirrorAllSnapshots"))
        await story.protected()
        assert await ours(story, "paris") == []
        line = await grounds(story)
        assert (line.finding, line.hint) == (Finding.PASSED, None)
        assert "share all snapshots that both received" in line.what
        assert "gold-lyon and gold-oslo share all snapshots" in told(await story.plan())

    play(quick_path, story, targets=TARGETS)


def test_policies_that_share_nothing_say_what_that_costs(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = story.configured(following("MirrorLatest"))
        await story.protected()
        line = await grounds(story)
        assert line.finding is Finding.NOTE
        assert "costs the other all of it again" in (line.detail or "")
        assert "MirrorAllSnapshots" in (line.hint or "")

    play(quick_path, story, targets=TARGETS)


def test_an_export_policy_that_is_configured_and_not_there_is_found_by_check(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        def change(tree: dict[str, Any]) -> None:
            tree["groups"][GROUP]["targets"][0]["export_policy"] = "clients"

        there = story.configured(change)
        (line,) = (each for each in (await check(there.place.session)).lines if "export policy clients" in each.what)
        assert (line.finding, line.detail) == (Finding.FAILED, "there is none")

    play(quick_path, story)
