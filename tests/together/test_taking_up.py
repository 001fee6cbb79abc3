"""A copy whose relationship somebody deleted: taken up again where that gives nothing up, and else left as it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from datamotion.policy.selection import Selection
from datamotion.service import mirrors, removal
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, outcomes, play, told
from tests.together.test_failover_ways import all_snapshots
from tests.together.world import GROUP, create_volumes


def test_it_is_taken_up_again_where_what_serves_has_all_of_it(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.delete_mirror("oslo")
        story.write("paris", "vol_1", "newer")
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert (await story.mirror("oslo"))["state"] == "snapmirrored"
        assert "newer" in story.files("oslo")

    play(quick_path, story, targets=("lyon", "oslo"), schedule=None)


def test_what_it_alone_holds_is_not_given_up_unasked(quick_path: Path) -> None:
    """It was newer than the one that took over, and lost its relationship before."""

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        group = story.place.session.group(GROUP)
        lyon = Selection(at="gold-lyon")
        await story.place.run(mirrors.pause(group, lyon, timeout=timedelta(seconds=30)))
        story.write("paris", "vol_1", "the order of a customer")
        await story.update()
        await story.delete_mirror("oslo")
        story.place.lose("paris")
        await story.failover("lyon")
        report = await story.apply()
        assert "the order of a customer" in story.files("oslo")
        assert outcomes(report, "gold-oslo")["vol_1"] != "done"
        assert "has lost its relationship, and taking it up again gives up all that gold-oslo holds" in told(report)
        assert "datamotion reprotect gold --discard-divergent gold-oslo" in told(report)
        await story.place.run(mirrors.reprotect(group, discard=["gold-oslo"]))
        assert (await story.mirror("oslo"))["state"] == "snapmirrored"

    play(quick_path, story, targets=("lyon", "oslo"), schedule=None)


@pytest.mark.parametrize("is_common", [True, False])
def test_what_was_its_mirror_before_it_was_unprotected_is_taken_up_by_the_command_that_is_named(
    quick_path: Path, is_common: bool
) -> None:
    async def story(story: Story) -> None:
        story = all_snapshots(story) if is_common else story
        await create_volumes(story.place.lab["paris"], ["vol_1", "vol_2"])
        story.write("paris", "vol_2", "kept")
        uuid = (await story.volume("paris", "vol_2"))["uuid"]
        await story.at["paris"].post(f"/storage/volumes/{uuid}/snapshots", {"name": "monday"})
        await story.apply()
        without = story.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=["*", "!vol_2"]))
        report = await without.place.run(removal.unprotect(without.place.session.group(GROUP), ["vol_2"]))
        assert report.verdict is Verdict.DONE, told(report)
        refused = told(await story.plan())
        create = "at lyon: snapmirror create -source-path svm_gold:vol_2 -destination-path svm_gold_dr:vol_2 -policy"
        assert f"delete it, and datamotion apply gold makes it anew; or {create}" in refused
        body = {"source": {"path": "svm_gold:vol_2"}, "destination": {"path": "svm_gold_dr:vol_2"}}
        await story.at["lyon"].post("/snapmirror/relationships", body)
        story.write("paris", "vol_2", "newer")
        group = story.place.session.group(GROUP)
        plan = told(await story.planned(mirrors.reprotect(group)))
        assert ("vol_2: from monday on" if is_common else "no snapshot is common") in plan
        report = await story.place.run(mirrors.reprotect(group))
        assert report.verdict is Verdict.DONE, told(report)
        assert (await story.mirror("lyon", "vol_2"))["state"] == "snapmirrored"
        assert story.files("lyon", "vol_2") == {"kept", "newer"}

    play(quick_path, story, schedule=None)


def test_what_is_no_mirror_without_a_relationship_is_not_taken_for_a_former_one(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await create_volumes(story.place.lab["lyon"], ["vol_1"])
        refused = told(await story.plan())
        assert "svm_gold_dr:vol_1 cannot become the mirror of vol_1: a volume of that name is there (rw)" in refused
        assert "snapmirror create" not in refused

    play(quick_path, story, schedule=None)
