"""Asking the clusters beforehand: what they object to stands beside what we do, and nothing is changed."""

from __future__ import annotations

from pathlib import Path

from datamotion.service import preparing, protecting
from datamotion.service.reports import AskedReport, PlanReport
from datamotion.service.verdict import Verdict
from tests.datamotion.building import notes_of
from tests.together.stories import Story, play
from tests.together.world import GROUP, create_volumes


async def counted(story: Story) -> tuple[int, int]:
    """Writes and validations so far, of all clusters."""
    answers = [(await asker.http.get("/lab/calls")).json() for asker in story.at.values()]
    return sum(each["writes"] for each in answers), sum(each["validations"] for each in answers)


async def validated(story: Story) -> PlanReport:
    async with preparing.prepare(story.place.session, [protecting.protect(story.place.session.group(GROUP))]) as (it,):
        return await it.validated()


def said(report: PlanReport) -> AskedReport:
    assert report.clusters_say is not None
    return report.clusters_say


async def a_second_volume_is_to_come(story: Story) -> None:
    await story.protected("vol_1")
    await create_volumes(story.place.lab["paris"], ["vol_2"])


def test_before_anything_is_there_it_is_told_what_cannot_be_asked_about(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        before = await counted(story)
        report = await validated(story)
        assert await counted(story) == before, "nothing was asked, and nothing changed"
        assert (said(report).asked, said(report).objections, report.verdict) == (0, (), Verdict.DONE)
        why = {each.title: each.why for each in said(report).unasked}
        assert why["Create destination volumes"] == "its SVMs have to be peered first"
        assert set(why) == {step.title for step in report.steps if not step.title.startswith("Wait")}

    play(tmp_path, main)


def test_what_a_cluster_would_take_is_asked_and_not_done(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await a_second_volume_is_to_come(story)
        writes, validations = await counted(story)
        report = await validated(story)
        assert await counted(story) == (writes, validations + 1)
        assert (said(report).asked, said(report).objections, report.verdict) == (1, (), Verdict.DONE)
        assert await story.at["lyon"].get("/storage/volumes", name="vol_2") == []
        assert len(await story.at["lyon"].get("/snapmirror/relationships")) == 1
        assert (await validated(story)).steps == report.steps

    play(tmp_path, main)


def test_what_the_cluster_objects_to_is_told_in_its_words(tmp_path: Path) -> None:
    """The plan was made when all was well: only the cluster knows better by now."""

    async def main(story: Story) -> None:
        await a_second_volume_is_to_come(story)
        group = story.place.session.group(GROUP)
        async with preparing.prepare(story.place.session, [protecting.protect(group)]) as (prepared,):
            await create_volumes(story.place.lab["lyon"], ["vol_2"])
            writes, _ = await counted(story)
            report = await prepared.validated()
            assert (await counted(story))[0] == writes
        (objection,) = said(report).objections
        assert (objection.backend, objection.volume, objection.is_answer) == ("gold-lyon", "vol_2", True)
        assert "exists already" in objection.text
        assert (report.verdict, report.verdict.exit_status) == (Verdict.FAILED, 1)
        assert any("things changed" in note for note in notes_of(report))

    play(tmp_path, main)


def test_changes_of_a_relationship_are_asked_about_one_by_one(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        await story.change_mirror("lyon", {"state": "paused"})
        story = story.configured(lambda tree: tree["groups"]["gold"]["targets"][0].update(schedule="daily"))
        writes, validations = await counted(story)
        report = await validated(story)
        assert await counted(story) == (writes, validations + 2)
        assert (said(report).asked, said(report).objections) == (2, ())
        mirror = await story.mirror("lyon")
        assert (mirror["state"], mirror["transfer_schedule"]["name"]) == ("paused", "hourly")

    play(tmp_path, main)


def test_a_cluster_that_says_nothing_is_no_objection_and_no_success(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await a_second_volume_is_to_come(story)
        group = story.place.session.group(GROUP)
        async with preparing.prepare(story.place.session, [protecting.protect(group)]) as (prepared,):
            story.place.lose("lyon")
            report = await prepared.validated()
        assert [each.is_answer for each in said(report).objections] == [False]
        assert (report.verdict, report.verdict.exit_status) == (Verdict.SILENT, 4)

    play(tmp_path, main)
