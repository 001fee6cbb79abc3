"""New destination volumes are waited for until they are online, for as long as the configuration says."""

from __future__ import annotations

from pathlib import Path

import trio

from datamotion.service.verdict import Verdict
from tests.together.stories import Story, play, told
from tests.together.world import create_volumes


def patient(story: Story, limit: str) -> Story:
    """The target waits so long for a new volume."""
    return story.configured(lambda tree: tree["groups"]["gold"]["targets"][0].update(online_timeout=limit))


async def slowly(story: Story, after_s: int) -> None:
    """Making a volume takes so long at lyon."""
    answer = await story.at["lyon"].http.post("/lab/pace", json={"route": "POST /storage/volumes", "after_s": after_s})
    assert answer.is_success


def test_a_volume_that_takes_less_than_the_limit_is_waited_for(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await slowly(story, 500)
        report = await patient(story, "10m").apply()
        assert report.verdict is Verdict.DONE, told(report)

    play(tmp_path, main)


def test_one_that_takes_longer_is_given_up_with_the_key_that_says_how_long_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await slowly(story, 500)
        began = trio.current_time()
        report = await patient(story, "2m").apply()
        assert 120 <= trio.current_time() - began < 200, "a minute of it follows the job"
        assert report.verdict is Verdict.PARTLY, told(report)
        assert "nothing has moved for 120 s" in told(report)
        assert "`online_timeout` of the target says how long it waits" in told(report)
        await trio.sleep(500)
        assert (await patient(story, "2m").apply()).verdict is Verdict.DONE

    play(tmp_path, main)


def test_one_that_is_there_and_not_online_is_waited_for_before_anything_ends_in_it(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        await story.delete_mirror("lyon")
        await story.change("lyon", "vol_1", {"state": "offline"})
        story = patient(story, "5m")
        report = await story.apply()
        assert "vol_1: vol_1 is offline: nothing has moved for 300 s" in told(report), told(report)

        async def bring_online() -> None:
            await trio.sleep(200)
            await story.change("lyon", "vol_1", {"state": "online"})

        async with trio.open_nursery() as nursery:
            nursery.start_soon(bring_online)
            report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert (await story.mirror("lyon"))["state"] == "snapmirrored"

    play(tmp_path, main)
