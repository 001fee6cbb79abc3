"""Who took over is lost, and nobody in sight knows of it: the store of the host that did it remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamotion.model.plan import Plan
from datamotion.model.view import Unseen
from datamotion.model.words import Operation
from datamotion.runs.journal import Entry, Note
from datamotion.runs.phases import Event
from datamotion.service import failing_over, mirrors, removal
from datamotion.service.explain import explain
from datamotion.service.remembered import with_memory
from datamotion.service.verdict import Verdict
from datamotion.store.journal import open_store
from ontaplab.inprocess import START
from tests.datamotion.building import notes_of
from tests.together.stories import Story, play, told
from tests.together.world import GROUP


async def _taken_over_and_lost(story: Story) -> None:
    """lyon took over, wrote, and went; the home came back alone, and nobody in sight knows of epoch 2."""
    await story.protected("vol_1")
    story.place.lose("paris")
    assert (await story.failover("lyon")).verdict is Verdict.DONE
    assert "taken unseen" not in await story.concerns()
    story.write("lyon", "vol_1", "written at lyon")
    story.place.lose("lyon")
    story.place.regain("paris")


def test_a_home_that_comes_back_alone_is_told_to_have_been_taken_over_from_here(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await _taken_over_and_lost(story)
        told = await story.group()
        assert (told.serving, told.epoch) == ("gold-lyon", 2)
        concern = (await story.concerns())["taken unseen"]
        assert "gold-lyon was taken over to in epoch 2" in concern.text
        assert "if it is lost: datamotion settle gold --keep BACKEND" in (concern.hint or "")
        explained = await explain(story.place.session, GROUP)
        assert (explained.serving, explained.epoch) == ("gold-lyon", 2)

    play(quick_path, story, schedule=None)


def test_what_was_taken_over_from_here_is_settled_in_a_later_epoch_at_its_price(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await _taken_over_and_lost(story)
        group = story.place.session.group(GROUP)
        plan = await story.planned(failing_over.settle(group, "gold-paris"))
        assert "epoch 3" in plan.title
        assert [(each.volume, each.given_up_at) for each in plan.losses] == [("vol_1", "gold-lyon")]
        assert (await story.settle("paris")).verdict is Verdict.DONE
        assert not {"taken unseen", "overtaken"} & (await story.concerns()).keys()
        story.place.regain("lyon")
        told = await story.group()
        assert (told.serving, told.epoch) == ("gold-paris", 3)
        assert "overtaken" in await story.concerns()
        assert (await story.apply()).serving == "gold-paris"
        assert story.served("lyon") == set()

    play(quick_path, story, schedule=None)


def test_what_was_taken_over_from_here_is_fenced_and_not_let_go(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await _taken_over_and_lost(story)
        refused = await story.planned(removal.forget(story.place.session.group(GROUP), "gold-lyon"))
        assert [each.text for each in refused.refusals] == ["gold-lyon serves vol_1, as far as is known"]
        await story.apply()
        assert story.served("paris") == set()
        assert (await story.plan()).verdict is Verdict.SILENT
        story.place.regain("lyon")
        assert (await story.group()).serving == "gold-lyon"
        assert "written at lyon" in story.files("lyon")

    play(quick_path, story, schedule=None)


def test_a_store_that_was_of_other_clusters_fences_nobody_here(quick_path: Path) -> None:
    """There was a group of that name there, too; its claim is of an SVM that those in sight do not know."""

    async def there(story: Story) -> None:
        await story.at["lyon"].post("/svm/svms", {"name": "svm_there"})
        story = story.configured(lambda tree: tree["backends"]["gold-lyon"].update(svm="svm_there"))
        await story.protected("vol_1")
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE

    async def here(story: Story) -> None:
        await story.protected("vol_1")
        story = story.configured(lambda tree: tree.update(store=str(quick_path / "there" / "datamotion.db")))
        story.place.lose("lyon")
        assert not {"taken unseen", "overtaken"} & (await story.concerns()).keys()
        assert (await story.group()).serving == "gold-paris"

    play(quick_path / "there", there, schedule=None)
    play(quick_path / "here", here, schedule=None)


def test_a_group_that_is_protected_anew_is_remembered_as_that(quick_path: Path) -> None:
    """Epoch 2 was of another life of the group: its claims were collected, and the first epoch was given again."""

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        group = story.place.session.group(GROUP)
        await story.place.run(removal.unprotect(group, delete_copies=True))
        await story.place.run(removal.gc(group, {GROUP}))
        await story.apply()
        assert (await story.group()).epoch == 1
        story.place.lose("lyon")
        assert "taken unseen" not in await story.concerns()

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_what_was_collected_with_the_last_claim_is_not_remembered_and_fences_nothing(
    is_elsewhere: bool, quick_path: Path
) -> None:
    """The group was protected anew from another host: this one would take the home that serves for overtaken."""

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        group = story.place.session.group(GROUP)
        await story.place.run(removal.unprotect(group, delete_copies=True))
        await story.place.run(removal.gc(group, {GROUP}))
        if is_elsewhere:
            other = story.configured(lambda tree: tree.update(store=str(quick_path / "of another host.db")))
            await other.apply()
            await story.change("paris", "vol_1", {"nas": {"path": "/vol_1", "export_policy": {"name": "default"}}})
        story.place.lose("lyon")
        assert not {"taken unseen", "overtaken"} & (await story.concerns()).keys()
        await story.apply()
        assert "vol_1" in story.served("paris") or not is_elsewhere

    play(quick_path, story, schedule=None)


def test_claims_that_were_collected_beside_the_newest_change_nothing_of_what_is_remembered(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert (await story.failover("lyon", is_planned=True, reprotects=True)).verdict is Verdict.DONE
        await story.place.run(mirrors.reprotect(story.place.session.group(GROUP)))
        collected = await story.place.run(removal.gc(story.place.session.group(GROUP), {GROUP}))
        assert collected.verdict is Verdict.DONE
        policies = await story.at["paris"].get("/snapmirror/policies", fields="name")
        assert "datamotion_gold_1" not in {each["name"] for each in policies}, "it was overtaken"
        lyon_unseen = {"lyon": Unseen(reason="lyon does not answer")}
        claim = with_memory(story.place.session, story.place.session.group(GROUP), lyon_unseen).remembered
        assert (claim and claim.epoch) == 2

    play(quick_path, story, schedule=None)


def test_it_is_remembered_behind_however_many_runs_that_took_no_epoch(quick_path: Path) -> None:
    """Updates by the hour are runs of the group too; and one that told a site of a claim made none."""

    async def story(story: Story) -> None:
        await _taken_over_and_lost(story)
        with open_store(story.place.session.store_url) as store:
            for _ in range(100):
                run = store.begin(Plan(operation=Operation.UPDATE, group=GROUP, title="Update gold"), START, "somebody")
                run.end(Event.ALL_REACHED, START)
            run = store.begin(Plan(operation=Operation.REPROTECT, group=GROUP, title="Reprotect"), START, "somebody")
            run.write(Entry(at=START, note=Note.REACHED, cluster="lyon", change="TakeEpoch", volumes=()))
            run.end(Event.ALL_REACHED, START)
        assert (await story.group()).serving == "gold-lyon"

    play(quick_path, story, schedule=None)


def test_a_store_that_cannot_be_read_is_told_wherever_who_serves_is(quick_path: Path) -> None:
    """What it knew is not known: the home that was overtaken looks as if it served."""

    async def story(story: Story) -> None:
        await _taken_over_and_lost(story)
        store = Path(story.place.session.store_url)
        kept = store.read_bytes()
        store.write_bytes(b"no database" * 100)
        concern = (await story.concerns())["forgotten"]
        assert "file is not a database" in concern.text
        assert "a failover that was done from here and that nobody in sight knows of is not known" in concern.text
        for plan in (await story.plan(), await story.plan_failover()):
            assert [note for note in notes_of(plan) if "file is not a database" in note]
        explained = await explain(story.place.session, GROUP)
        assert (explained.forgotten and explained.forgotten.text) == concern.text
        store.write_bytes(kept)
        assert "forgotten" not in await story.concerns()

    play(quick_path, story, schedule=None)


def test_where_all_answer_no_store_counts_and_one_that_never_was_knows_all_there_is(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        store = Path(story.place.session.store_url)
        store.write_bytes(b"no database" * 100)
        assert "forgotten" not in await story.concerns()
        store.unlink()
        story.place.lose("lyon")
        assert "forgotten" not in await story.concerns()
        assert not store.exists()

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_part_that_became_the_whole_is_remembered_as_the_whole(is_told: bool, quick_path: Path) -> None:
    """The home, which served the rest, is back alone, or beside a site that was told of both epochs."""

    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("lyon", "vol_2")
        report = await story.failover("lyon", is_planned=True, allow_partial=True)
        assert (story.served("lyon"), story.served("paris")) == ({"vol_1"}, {"vol_2"}), told(report)
        await story.apply()
        story.place.lose("paris")
        report = await story.failover("lyon", is_planned=None)
        assert (report.verdict, story.served("lyon")) == (Verdict.DONE, {"vol_1", "vol_2"}), told(report)
        story.place.lose("lyon")
        if not is_told:
            story.place.lose("oslo")
        story.place.regain("paris")
        group = await story.group()
        assert {each.active for each in group.volumes} == {"gold-lyon"}, group.concerns
        assert "overtaken" in await story.concerns()
        await story.apply()
        assert story.served("paris") == set()

    play(quick_path, story, targets=("lyon", "oslo"), schedule=None)


def test_what_a_run_mirrored_to_a_home_that_is_lost_again_is_told(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        assert (await story.failover("lyon")).verdict is Verdict.DONE
        assert "as far as is known here" in (await story.concerns())["unprotected"].text
        story.place.regain("paris")
        group = story.place.session.group(GROUP)
        assert (await story.place.run(mirrors.reprotect(group, discard=("gold-paris",)))).verdict is Verdict.DONE
        story.place.lose("paris")
        told = await story.concerns()
        assert "unprotected" not in told
        assert "runs from here mirrored it last to gold-paris, on " in told["no mirror"].text
        story.place.regain("paris")
        await story.place.run(removal.unprotect(group))
        paris_unseen = {"paris": Unseen(reason="lost")}
        assert with_memory(story.place.session, group, paris_unseen).mirrored == {}, "it was ended since"

    play(quick_path, story, schedule=None)
