"""A copy whose relationship somebody deleted: taken up again where that gives nothing up, and else left as it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from datamotion.policy.selection import Selection
from datamotion.service import mirrors
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, outcomes, play, told
from tests.together.world import GROUP


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
