"""SnapMirror policies that the configuration defines, at clusters with real bytes: made, followed, changed, refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datamotion.service.check import check
from datamotion.service.check_reports import CheckKind, Finding
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, SVMS, Change, create_volumes


def nightly(**definition: Any) -> Change:
    """All targets follow `nightly`, which is defined so."""

    def change(tree: dict[str, Any]) -> None:
        tree["policies"] = {"nightly": definition}
        for target in tree["groups"][GROUP]["targets"]:
            target["policy"] = "nightly"

    return change


def daily(count: int) -> list[dict[str, Any]]:
    return [{"label": "daily", "count": count}]


async def at_lyon(story: Story) -> Mapping[str, Any]:
    return await story.at["lyon"].one("/snapmirror/policies", name="nightly", fields="*")


async def writes(story: Story) -> int:
    total = 0
    for asker in story.at.values():
        total += (await asker.http.get("/lab/calls")).json()["writes"]
    return total


def test_a_policy_is_made_followed_and_kept_as_it_is_defined(quick_path: Path) -> None:
    async def tell(story: Story) -> None:
        story = story.configured(nightly(retention=daily(2), schedule="hourly"))
        (line,) = (each for each in (await check(story.place.session)).lines if "policy nightly" in each.what)
        assert (line.kind, line.finding) == (CheckKind.POLICY, Finding.NOTE)
        await story.protected("vol_1")
        policy = await at_lyon(story)
        assert (policy["svm"]["name"], policy["transfer_schedule"]["name"]) == (SVMS["lyon"], "hourly")
        assert [(each["label"], each["count"]) for each in policy["retention"]] == [("daily", "2")]
        mirror = await story.mirror("lyon")
        assert (mirror["policy"]["name"], mirror["state"]) == ("nightly", "snapmirrored")
        assert story.files("lyon") == {"kept"}

        story = story.configured(nightly(retention=daily(5)))
        planned = "nightly: daily 2 -> 5, schedule hourly -> none, as the definition names none"
        assert planned in told(await story.plan())
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        policy = await at_lyon(story)
        assert [(each["label"], each["count"]) for each in policy["retention"]] == [("daily", "5")]
        assert "transfer_schedule" not in policy
        before = await writes(story)
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert await writes(story) == before

    play(quick_path, tell)


def test_what_cannot_be_made_so_is_refused_and_nothing_is_written(quick_path: Path) -> None:
    async def tell(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        svm = {"svm.name": SVMS["lyon"]}
        await story.at["lyon"].post("/snapmirror/policies", {"name": "nightly", **svm, "retention": daily(2)})
        before = await writes(story)
        for change, why in (
            (nightly(copy_all_source_snapshots=True), "retention by labels -> copy_all_source_snapshots"),
            (lambda tree: tree["groups"][GROUP]["targets"][0].update(policy="nightli"), "no SnapMirror policy nightli"),
        ):
            report = await story.configured(change).plan()
            assert why in told(report)
            assert [step.title for step in report.steps if step.cluster == "lyon"] == ["Take epoch 1"]
        assert await writes(story) == before

    play(quick_path, tell)


def test_a_policy_that_the_mirror_of_somebody_else_follows_is_left(quick_path: Path) -> None:
    async def tell(story: Story) -> None:
        story = story.configured(nightly(retention=daily(2)))
        await story.protected("vol_1")
        lyon = story.at["lyon"]
        body = {"name": "theirs", "type": "dp", "size": 100 * 2**20, "aggregates": [{"name": "aggr1"}]}
        await lyon.post("/storage/volumes", {**body, "svm.name": SVMS["lyon"]})
        await create_volumes(story.place.lab["paris"], ["other"])
        peer = await lyon.one("/svm/peers", **{"svm.name": SVMS["lyon"]})
        ends = {"source.path": f"{peer['name']}:other", "destination.path": f"{SVMS['lyon']}:theirs"}
        await lyon.post("/snapmirror/relationships", {**ends, "policy": "nightly"})
        before = await writes(story)
        report = await story.configured(nightly(retention=daily(9))).apply()
        assert report.verdict is not Verdict.DONE
        assert "mirrors that are not the group's follow it too (theirs): it is left" in told(report)
        assert await writes(story) == before
        assert [each["count"] for each in (await at_lyon(story))["retention"]] == ["2"]

    play(quick_path, tell)


def test_what_is_taken_out_of_the_configuration_goes_back_to_its_default_and_the_plan_says_so(quick_path: Path) -> None:
    def every(**settings: Any) -> Change:
        return lambda tree: [each.update(settings) for each in tree["groups"][GROUP]["targets"]]

    async def tell(story: Story) -> None:
        named = story.configured(every(policy="MirrorLatest", schedule="daily", throttle=512))
        await named.protected("vol_1")
        mirror = await story.mirror("lyon")
        has = mirror["policy"]["name"], mirror["transfer_schedule"]["name"], mirror["throttle"]
        assert has == ("MirrorLatest", "daily", 512)
        wanted = (
            "vol_1: policy MirrorLatest -> Asynchronous, the default,"
            " schedule daily -> that of the policy, as the target names none,"
            " throttle 512 KiB/s -> that of the policy, as the target names none"
        )
        assert wanted in told(await story.plan())
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        mirror = await story.mirror("lyon")
        assert (mirror["policy"]["name"], mirror.get("transfer_schedule"), mirror["throttle"]) == (
            "Asynchronous",
            None,
            0,
        )
        before = await writes(story)
        assert (await story.apply()).verdict is Verdict.DONE
        assert await writes(story) == before

    play(quick_path, tell, schedule=None)


def test_what_somebody_set_at_a_mirror_that_is_adopted_is_told_before_it_is_changed(quick_path: Path) -> None:
    async def tell(story: Story) -> None:
        await story.protected("vol_1")
        await story.change("lyon", "vol_1", {"comment": "mine"})
        await story.change_mirror("lyon", {"throttle": 9})
        before = await writes(story)
        report = await story.plan()
        (step,) = (step for step in report.steps if step.title == "Change adopted relationships")
        assert "somebody else made them" in step.because
        (act,) = step.acts
        assert act.text == "vol_1: throttle 9 KiB/s -> that of the policy, as the target names none"
        assert await writes(story) == before

    play(quick_path, tell)
