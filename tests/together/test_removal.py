"""Mirrors that end, against clusters that hold real bytes: what goes at both ends, what stays, what is found again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datamotion.model.claim import Claim
from datamotion.service import intents, removal
from datamotion.service.open_runs import open_runs
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.verdict import Verdict
from tests.profile import IS_SOAK, thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, outcomes, play, titles, told
from tests.together.world import GROUP, SVMS

RELATIONSHIPS = "/snapmirror/relationships"
POLICIES = "/snapmirror/policies"
BOTH = ("lyon", "oslo")


def narrowed(story: Story, *volumes: str) -> Story:
    """As one sees it whose configuration selects these volumes alone."""
    return story.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=list(volumes)))


async def unprotect(story: Story, *volumes: str, **how: bool) -> RunReport:
    intent = removal.unprotect(story.place.session.group(GROUP), volumes, **how)
    return await story.place.run(intent)


async def plan_unprotect(story: Story, *volumes: str, **how: bool) -> PlanReport:
    return await story.planned(removal.unprotect(story.place.session.group(GROUP), volumes, **how))


def collecting(story: Story) -> intents.Intent:
    return removal.gc(story.place.session.group(GROUP), story.place.session.configuration.groups.keys())


async def gc(story: Story) -> RunReport:
    return await story.place.run(collecting(story))


async def plan_gc(story: Story) -> PlanReport:
    return await story.planned(collecting(story))


async def listed(story: Story, cluster: str = "paris") -> Sequence[str]:
    """The sources of what this cluster lists."""
    found = await story.at[cluster].get(RELATIONSHIPS, list_destinations_only="true", fields="source.path")
    return sorted(each["source"]["path"].partition(":")[2] for each in found)


async def ending(story: Story, cluster: str) -> Sequence[str]:
    """The volumes that a relationship ends in."""
    found = await story.at[cluster].get(RELATIONSHIPS, fields="destination.path")
    return sorted(each["destination"]["path"].partition(":")[2] for each in found)


async def bases(story: Story, volume: str, cluster: str = "paris") -> int:
    """How many snapshots a volume holds that SnapMirror made."""
    found = await story.volume(cluster, volume, "uuid")
    snapshots = await story.at[cluster].get(f"/storage/volumes/{found['uuid']}/snapshots")
    return sum(each["name"].startswith("snapmirror.") for each in snapshots)


async def names(story: Story, cluster: str) -> Sequence[str]:
    return sorted(each["name"] for each in await story.at[cluster].get("/storage/volumes"))


def test_a_volume_leaves_and_nothing_of_its_mirrors_is_left_but_the_copies(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        assert await bases(story, "vol_2") > 0
        report = await unprotect(narrowed(story, "vol_1"), "vol_2")
        assert report.verdict is Verdict.DONE, told(report)
        assert {(each.backend, each.volume) for each in report.volumes} == {
            (f"gold-{name}", "vol_2") for name in ("paris", *BOTH)
        }
        for name in BOTH:
            assert await ending(story, name) == ["vol_1"]
            copy = await story.volume(name, "vol_2", "type,comment")
            assert (copy["type"], copy.get("comment", "")) == ("dp", "")
            assert story.files(name, "vol_2") == {"kept"}
        assert await listed(story) == ["vol_1", "vol_1"]
        assert (await bases(story, "vol_2"), await bases(story, "vol_1") > 0) == (0, True)
        assert (await narrowed(story, "vol_1").plan()).verdict is Verdict.DONE
        assert (await story.update()).verdict is not Verdict.DONE, "vol_2 is selected, and mirrored nowhere"

    play(quick_path, story, targets=BOTH)


def test_a_transfer_that_runs_is_aborted_and_its_volume_leaves(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        story.write("paris", "vol_2", "more")
        story.place.lab["lyon"].cluster.transfer_gate.hold()
        mirror = await story.mirror("lyon", "vol_2")
        started = await story.at["lyon"].http.post(f"/api{RELATIONSHIPS}/{mirror['uuid']}/transfers", json={})
        assert started.is_success
        plan = await plan_unprotect(narrowed(story, "vol_1"), "vol_2")
        assert titles(plan)[0] == "Abort running transfers"
        report = await unprotect(narrowed(story, "vol_1"), "vol_2")
        assert report.verdict is Verdict.DONE, told(report)
        assert (await ending(story, "lyon"), await listed(story), await bases(story, "vol_2")) == (
            ["vol_1"],
            ["vol_1"],
            0,
        )
        assert story.files("lyon", "vol_2") == {"kept"}

    play(quick_path, story, schedule=None)


def test_copies_go_only_where_that_is_asked_for_and_what_serves_stays(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        seen = narrowed(story, "vol_1")
        plan = await plan_unprotect(seen, "vol_2", delete_copies=True)
        assert {each.backend for each in plan.losses} == {"gold-lyon", "gold-oslo"}
        assert "and every snapshot in it" in told(plan)
        report = await unprotect(seen, "vol_2", delete_copies=True)
        assert report.verdict is Verdict.DONE, told(report)
        assert [await names(story, name) for name in BOTH] == [["vol_1"], ["vol_1"]]
        assert story.files("paris", "vol_2") == {"kept"}

    play(quick_path, story, targets=BOTH)


def test_copies_that_were_released_before_are_deleted_as_the_plan_says(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        released = await story.mirror("lyon", "vol_1")
        await story.at["paris"].delete(f"{RELATIONSHIPS}/{released['uuid']}", source_only="true")
        assert await listed(story) == ["vol_2"]
        plan = await plan_unprotect(story, delete_copies=True)
        assert sorted(each.volume for each in plan.losses) == ["vol_1", "vol_2"]
        report = await unprotect(story, delete_copies=True)
        assert report.verdict is Verdict.DONE, told(report)
        assert (await ending(story, "lyon"), await listed(story), await names(story, "lyon")) == ([], [], [])

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("delete_copies", [False, True])
def test_a_copy_that_was_broken_off_is_left_with_its_relationship_and_its_base(
    delete_copies: bool, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.change_mirror("lyon", {"state": "broken_off"}, "vol_2")
        story.write("lyon", "vol_2", "written here")
        report = await unprotect(narrowed(story, "vol_1"), "vol_2", delete_copies=delete_copies)
        assert report.verdict is Verdict.DONE, told(report)
        assert "gold-lyon: vol_2: left as they are, broken off there" in told(report)
        assert (await story.mirror("lyon", "vol_2"))["state"] == "broken_off"
        assert "written here" in story.files("lyon", "vol_2")
        assert await listed(story) == ["vol_1", "vol_1", "vol_2"]
        assert await bases(story, "vol_2") > 0, "to be mirrored again from"

    play(quick_path, story, targets=BOTH)


@pytest.mark.parametrize("by", ["unprotect", "gc first"])
def test_where_the_source_is_lost_the_mirror_ends_and_what_is_owed_is_found_on_its_return(
    by: str, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        seen = narrowed(story, "vol_1")
        story.place.lose("paris")
        report = await unprotect(seen, "vol_2")
        assert report.verdict is Verdict.PARTLY, told(report)
        assert "the mirrors are not released" in told(report)
        assert "datamotion unprotect gold --volume vol_2 does the rest" in told(report)
        assert (await ending(story, "lyon"), await names(story, "lyon")) == (["vol_1"], ["vol_1", "vol_2"])
        story.place.regain("paris")
        assert (await listed(story), await bases(story, "vol_2") > 0) == (["vol_1", "vol_2"], True)
        if by == "gc first":
            collected = await gc(seen)
            assert collected.verdict is Verdict.DONE, told(collected)
            assert await listed(story) == ["vol_1"]
        rest = await unprotect(seen, "vol_2")
        assert rest.verdict is Verdict.DONE, told(rest)
        assert (await listed(story), await bases(story, "vol_2")) == (["vol_1"], 0)
        assert [each.volume for each in (await seen.group()).volumes] == ["vol_1"]

    play(quick_path, story)


@pytest.mark.parametrize(
    ("volumes", "delete_copies", "options"),
    [((), True, " --delete-copies"), (("vol_1",), False, " --volume vol_1"), ((), False, "")],
)
def test_cut_off_it_is_named_with_what_was_asked_for(
    quick_path: Path, volumes: Sequence[str], delete_copies: bool, options: str
) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        if volumes:
            story = narrowed(story, "vol_2")
        assert await dies(
            lambda mortal: unprotect(mortal, *volumes, delete_copies=delete_copies), story, Life(1, is_carried_out=True)
        )
        (run,) = open_runs(story.place.session).runs
        assert run.goes_on == f"datamotion unprotect gold{options}"

    play(quick_path, main)


def test_a_whole_group_leaves_and_gc_takes_its_claims_and_it_can_be_protected_anew(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        report = await unprotect(story, delete_copies=True)
        assert report.verdict is Verdict.DONE, told(report)
        assert (await ending(story, "lyon"), await listed(story), await names(story, "lyon")) == ([], [], [])
        assert await claims(story) == [1, 1]
        collected = await gc(story)
        assert (collected.verdict, await claims(story)) == (Verdict.DONE, []), told(collected)
        assert "begins at its home, gold-paris" in told(collected)
        assert (await plan_gc(story)).changes is False
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert (await ending(story, "lyon"), await claims(story)) == (["vol_1", "vol_2"], [1, 1])

    play(quick_path, story)


async def claims(story: Story) -> Sequence[int]:
    """The epochs of all claims at all clusters."""
    found = [each for at in story.at.values() for each in await at.get(POLICIES, name="datamotion_*")]
    return sorted(int(each["name"].rpartition("_")[2]) for each in found)


async def a_later_claim(story: Story) -> None:
    """The home was taken to again, in epoch 2: every back end knows."""
    svm = await story.at["paris"].one("/svm/svms", name=SVMS["paris"])
    at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    claim = Claim(group=GROUP, epoch=2, backend="gold-paris", svm=svm["uuid"], since=at, by="tests", served=at)
    for name, asker in story.at.items():
        body = {"name": claim.policy, "svm.name": SVMS[name], "type": "async", "comment": claim.comment}
        await asker.post(POLICIES, {**body, "copy_all_source_snapshots": True})


def test_overtaken_claims_go_once_every_copy_is_a_whole_mirror_of_what_serves(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await a_later_claim(story)
        before = await story.group()
        report = await gc(story)
        assert (report.verdict, await claims(story)) == (Verdict.DONE, [2, 2]), told(report)
        after = await story.group()
        assert (after.serving, after.epoch, after.concerns) == (before.serving, 2, before.concerns)
        story.place.lose("paris")
        taken = await story.failover()
        assert (taken.verdict, taken.epoch) == (Verdict.DONE, 3), told(taken)
        story.place.regain("paris")
        plan = await plan_gc(story)
        assert not plan.changes
        assert "Claims before epoch 3 are left" in told(plan)

    play(quick_path, story)


def test_looking_for_what_is_left_over_writes_nothing_at_six_calls_a_cluster(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2", "vol_3")
        before = [(await at.http.get("/lab/calls")).json() for at in story.at.values()]
        assert (await plan_gc(story)).changes is False
        after = [(await at.http.get("/lab/calls")).json() for at in story.at.values()]
        spent = [(b["reads"] - a["reads"], b["writes"] - a["writes"]) for a, b in zip(before, after, strict=True)]
        assert spent == [(6, 0), (6, 0)]

    play(quick_path, story)


def test_what_a_cluster_refuses_is_told_and_its_volume_stays_a_member(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2", "vol_3")
        lyon = await story.volume("lyon", "vol_2", "uuid")
        clone = {
            "name": "drill",
            "svm.name": SVMS["lyon"],
            "clone": {"is_flexclone": True, "parent_volume": {"name": "vol_2"}},
        }
        await story.at["lyon"].post("/storage/volumes", clone)
        report = await unprotect(narrowed(story, "vol_1"), "vol_2", "vol_3", delete_copies=True)
        assert report.verdict is Verdict.PARTLY, told(report)
        assert outcomes(report, "gold-lyon") == {"vol_2": "failed", "vol_3": "done"}
        assert outcomes(report, "gold-paris") == {"vol_2": "failed", "vol_3": "done"}
        assert "left for last" in told(report)
        assert (await story.volume("lyon", "vol_2", "uuid"))["uuid"] == lyon["uuid"]
        assert {each.volume for each in (await narrowed(story, "vol_1").group()).volumes} == {"vol_1", "vol_2"}

    play(quick_path, story)


# -- dying at a call


async def _leave(story: Story) -> None:
    """A group leaves, and gc takes what is left then."""
    await unprotect(story, delete_copies=True)
    await gc(story)


async def _as_it_ended(story: Story) -> object:
    ended = [(await names(story, each), await ending(story, each)) for each in story.at]
    volume = await story.volume("paris", "vol_1", "comment,nas.path")
    there = (volume.get("comment", ""), volume["nas"]["path"], await bases(story, "vol_1"), story.files("paris"))
    return ended, await listed(story), await claims(story), there


@pytest.mark.parametrize("is_carried_out", thinned([False, True], 2))
@pytest.mark.sweep
def test_whatever_call_it_dies_at_the_same_commands_come_to_the_same_end(
    is_carried_out: bool, quick_path: Path
) -> None:
    died_at: list[bool] = []
    stride = 1 if IS_SOAK else 3

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        died_at.append(await dies(_leave, story, Life(stride * len(died_at), is_carried_out)))
        await story.place.run(removal.unprotect(story.place.session.group(GROUP), delete_copies=True))
        await gc(story)
        assert await _as_it_ended(story) == (
            [(["vol_1"], []), ([], []), ([], [])],
            [],
            [],
            ("", "/vol_1", 0, {"kept"}),
        )

    while not died_at or died_at[-1]:
        play(quick_path / str(len(died_at)), story, targets=BOTH)
    # Two mirrors at two calls each, one for both releases, a mark, three claims, and the end.
    assert len(died_at) == (10 if stride == 1 else 4)


def test_a_small_copy_that_lost_its_relationship_is_not_deleted_as_an_empty_one(quick_path: Path) -> None:
    """It may hold what was carried to it alone, before another copy took over."""

    async def main(story: Story) -> None:
        await story.protected("vol_1")
        found = await story.mirror("lyon")
        await story.at["lyon"].delete(f"/snapmirror/relationships/{found['uuid']}", destination_only="true")
        await story.at["paris"].delete(f"/snapmirror/relationships/{found['uuid']}", source_only="true")
        await unprotect(story, delete_copies=True)
        assert story.files("lyon") == {"kept"}

    play(quick_path, main, schedule=None)
