"""A FlexGroup gets more constituents: its mirror is expanded, with every byte, whenever the process ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datamotion.service import protecting
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, SVMS, digests, succeed

TWO = {"aggregates": [{"name": "aggr1"}], "constituents_per_aggregate": 2}
ONE_MORE = {"aggregates": [{"name": "aggr1"}]}


async def mirrored(story: Story) -> None:
    """A FlexGroup of two constituents is served at paris and mirrored."""
    body: dict[str, Any] = {"name": "vol_1", "svm": {"name": SVMS["paris"]}, "size": 2**30, "nas": {"path": "/vol_1"}}
    await succeed(story.at["paris"].http.post("/api/storage/volumes?return_timeout=60", json=body | TWO))
    story.write("paris", "vol_1", "first")
    report = await story.apply()
    assert report.verdict is Verdict.DONE, told(report)


async def count(story: Story, cluster: str) -> int:
    found: int = (await story.volume(cluster, "vol_1", "constituent_count"))["constituent_count"]
    return found


@pytest.mark.parametrize("calls", range(3))
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.sweep
def test_a_mirror_is_expanded_with_its_source_wherever_the_process_ends(
    tmp_path: Path, calls: int, is_carried_out: bool
) -> None:
    async def main(story: Story) -> None:
        await mirrored(story)
        await story.change("paris", "vol_1", ONE_MORE)
        story.write("paris", "vol_1", "second")
        concern = (await story.concerns())["geometry"]
        assert "its volume has 2 constituents, its source 3" in concern.text
        assert "vol_1 has 2 constituents, its source 3" in told(await story.plan())
        was_cut_off = await dies(Story.apply, story, Life(calls, is_carried_out))
        assert was_cut_off == (calls == 0), "expanding takes one call"
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert await count(story, "lyon") == 3
        place = story.place
        assert digests(place.tree("lyon", "vol_1")) == digests(place.tree("paris", "vol_1"))
        assert "geometry" not in await story.concerns()
        assert not (await story.plan()).steps

    play(tmp_path, main)


def test_a_destination_with_more_constituents_is_left_with_its_relationship(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await mirrored(story)
        await story.change("lyon", "vol_1", ONE_MORE)
        before = await story.mirror("lyon")
        report = await story.apply()
        assert "no FlexGroup loses constituents" in told(report)
        assert (await story.mirror("lyon"))["uuid"] == before["uuid"]
        assert await count(story, "lyon") == 3

    play(tmp_path, main)


@pytest.mark.parametrize("calls", range(6))
@pytest.mark.sweep
def test_it_is_made_anew_where_that_was_agreed_to_wherever_the_process_ends(tmp_path: Path, calls: int) -> None:
    async def main(story: Story) -> None:
        await mirrored(story)
        await story.change("lyon", "vol_1", ONE_MORE)
        story.write("paris", "vol_1", "second")
        group = story.place.session.group(GROUP)
        intent = protecting.protect(group, recreate=("gold-lyon",))
        assert "vol_1 and every snapshot in it go" in told(await story.planned(intent))

        async def recreate(at: Story) -> None:
            await at.place.run(intent)

        await dies(recreate, story, Life(calls, is_carried_out=calls % 2 == 0))
        report = await story.place.run(intent)
        assert report.verdict is Verdict.DONE, told(report)
        assert await count(story, "lyon") == 2
        place = story.place
        assert digests(place.tree("lyon", "vol_1")) == digests(place.tree("paris", "vol_1"))
        listed = await story.at["paris"].get("/snapmirror/relationships", list_destinations_only="true")
        assert [each["uuid"] for each in listed] == [(await story.mirror("lyon"))["uuid"]]
        assert not (await story.plan()).steps

    play(tmp_path, main)
