"""What serves mirrored to every other back end again, with real bytes: nothing goes that was not told and agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from datamotion.errors import Refused
from datamotion.policy.selection import Selection
from datamotion.service import mirrors, preparing, removal
from datamotion.service.intents import Intent
from datamotion.service.open_runs import open_runs
from datamotion.service.verdict import Verdict
from tests.datamotion.building import notes_of
from tests.profile import thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, outcomes, play, told
from tests.together.world import GROUP, SVMS, Quiet, digests

_HOUR = timedelta(hours=1)
BOTH = ("lyon", "oslo")


def reprotect(story: Story, *discard: str, keep: bool = True) -> Intent:
    group = story.place.session.group(GROUP)
    return mirrors.reprotect(group, discard=[f"gold-{name}" for name in discard], keep=keep)


def with_policy(story: Story, policy: str) -> Story:
    """As one sees it whose targets all have this policy."""
    return story.configured(lambda tree: [each.update(policy=policy) for each in tree["groups"][GROUP]["targets"]])


async def taken_over(story: Story, *volumes: str) -> None:
    """The home is lost with a write that was never carried anywhere, lyon serves, and was worked at."""
    for name in volumes:
        story.write("paris", name, "not carried")
    story.place.lose("paris")
    report = await story.failover("lyon")
    assert report.verdict is Verdict.DONE, told(report)
    for name in volumes:
        story.write("lyon", name, "at lyon")
    await trio.sleep(600)


async def lost_and_back(story: Story, *volumes: str) -> None:
    """The home that was lost so returns, and is fenced."""
    await story.protected(*volumes)
    await taken_over(story, *volumes)
    story.place.regain("paris")
    await story.apply()


async def snapshots(story: Story, cluster: str, volume: str) -> Sequence[str]:
    found = await story.volume(cluster, volume, "uuid")
    return [each["name"] for each in await story.at[cluster].get(f"/storage/volumes/{found['uuid']}/snapshots")]


async def listed(story: Story, cluster: str) -> int:
    """How many mirrors this cluster lists of what it holds."""
    return len(await story.at[cluster].get("/snapmirror/relationships", list_destinations_only="true"))


async def nothing_is_left_to_do(story: Story) -> None:
    for plan in (await story.plan(), await story.planned(reprotect(story))):
        assert (plan.verdict, plan.changes) == (Verdict.DONE, False), told(plan)
    assert await story.concerns() == {}


def same_bytes(story: Story, volume: str, *clusters: str) -> bool:
    return len({tuple(sorted(digests(story.place.tree(each, volume)).items())) for each in clusters}) == 1


# -- the one that served before


def test_the_home_is_refused_with_what_it_alone_holds_and_follows_once_that_is_given_up(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await lost_and_back(story, "vol_1", "vol_2")
        plan = await story.planned(reprotect(story))
        assert (plan.verdict, plan.changes) == (Verdict.REFUSED, False), told(plan)
        common = next(each for each in await snapshots(story, "lyon", "vol_1") if each.startswith("snapmirror."))
        assert "vol_1 at gold-paris may hold writes of its own; making it a mirror gives up all that" in told(plan)
        assert f"beyond {common}, 10 min 1 s old, the newest snapshot common with gold-lyon (hourly." in told(plan)
        assert "datamotion reprotect gold --discard-divergent gold-paris gives that up; a clone" in told(plan)
        assert ": 8 KiB of changed blocks" in told(plan)
        plan = await story.planned(reprotect(story, "paris"))
        assert {each.volume: each.size_bytes for each in plan.losses} == {
            "vol_1": 8192,
            "vol_2": 8192,
        }  # the file and its folder
        assert {(each.volume, each.given_up_at) for each in plan.losses} == {
            ("vol_1", "gold-paris"),
            ("vol_2", "gold-paris"),
        }
        assert plan.losses[0].at_most_s == pytest.approx(601, abs=2)
        assert plan.losses[0].kept == common or plan.losses[1].kept == common
        report = await story.place.run(reprotect(story, "paris"))
        assert report.verdict is Verdict.DONE, told(report)
        await nothing_is_left_to_do(story)
        story.write("lyon", "vol_1", "later")
        assert (await story.update()).verdict is Verdict.DONE
        assert story.files("paris", "vol_1") == {"kept", "at lyon", "later"}
        for name in ("vol_1", "vol_2"):
            assert same_bytes(story, name, "paris", "lyon")
            assert common not in ("", None)
            assert story.files("paris", f"{name}_kept_e2") == {"kept", "not carried"}
        volume = await story.volume("paris", "vol_1", "type,nas.path,nas.export_policy.name")
        assert (volume["type"], volume["nas"]["export_policy"]["name"]) == ("dp", "datamotion_fence")
        assert (await listed(story, "paris"), await listed(story, "lyon")) == (0, 2)

    play(quick_path, story)


@pytest.mark.parametrize("keep", [True, False])
def test_cut_off_it_is_named_with_what_it_may_give_up(quick_path: Path, keep: bool) -> None:
    async def main(story: Story) -> None:
        await lost_and_back(story, "vol_1")
        cut = Life(2, is_carried_out=True)
        assert await dies(lambda mortal: mortal.place.run(reprotect(mortal, "paris", keep=keep)), story, cut)
        (run,) = open_runs(story.place.session).runs
        given = "" if keep else " --no-keep-divergent"
        assert run.goes_on == f"datamotion reprotect gold --discard-divergent gold-paris{given}"

    play(quick_path, main)


@pytest.mark.parametrize("is_fenced_again", [False, True])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_what_was_written_after_a_run_that_kept_it_was_cut_off_is_kept_too(
    quick_path: Path, calls: int, is_fenced_again: bool
) -> None:
    """Behind the snapshot, the clone, and its split. Somebody lifts the fence then, and clients come."""

    async def main(story: Story) -> None:
        await lost_and_back(story, "vol_1")
        cut = Life(calls, is_carried_out=True)
        assert await dies(lambda mortal: mortal.place.run(reprotect(mortal, "paris")), story, cut)
        open_again = {"nas": {"path": "/vol_1", "export_policy": {"name": "default"}}}
        await story.change("paris", "vol_1", open_again)
        story.write("paris", "vol_1", "behind the fence")
        if is_fenced_again:
            await story.apply()
        report = await story.place.run(reprotect(story, "paris"))
        assert report.verdict is Verdict.DONE, told(report)
        assert (await story.mirror("paris"))["state"] == "snapmirrored"
        volumes = [each["name"] for each in await story.at["paris"].get("/storage/volumes")]
        kept = [each for each in volumes if each.startswith("vol_1_kept_")]
        assert any("behind the fence" in story.files("paris", each) for each in kept), kept

    play(quick_path, main)


def test_what_is_kept_is_found_again_and_never_a_member_of_the_group(quick_path: Path) -> None:
    """The home selects `vol_*`, and serves again in the end."""

    async def story(story: Story) -> None:
        await lost_and_back(story, "vol_1")
        await story.place.run(reprotect(story, "paris"))
        await story.update()
        kept = await story.volume("paris", "vol_1_kept_e2", "type,comment,clone.is_flexclone,nas.path")
        assert (kept["type"], kept["clone"]["is_flexclone"], kept.get("nas", {}).get("path")) == ("rw", False, None)
        assert kept["comment"].startswith("what gold-paris held of vol_1 in epoch 2 [datamotion kept=")
        story.place.lose("lyon")
        assert (await story.failover("paris")).verdict is Verdict.DONE
        assert story.served("paris") == {"vol_1"}
        assert story.files("paris") == {"kept", "at lyon"}
        assert [each.volume for each in (await story.group()).volumes] == ["vol_1"]

    play(quick_path, story)


def test_without_keeping_nothing_is_kept_and_without_room_that_is_what_has_to_be_said(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await lost_and_back(story, "vol_1")
        (aggregate,) = await story.at["paris"].get("/storage/aggregates", fields="space.block_storage.available")
        left = aggregate["space"]["block_storage"]["available"]
        body = {"name": "ballast", "svm.name": SVMS["paris"], "aggregates": [{"name": "aggr1"}], "size": left}
        await story.at["paris"].post("/storage/volumes", {**body, "guarantee.type": "volume"})
        plan = await story.planned(reprotect(story, "paris"))
        assert (plan.verdict, plan.changes) == (Verdict.REFUSED, False), told(plan)
        assert "cannot be kept: aggr1 of paris has no room for" in told(plan)
        assert "--no-keep-divergent gives it up without keeping it" in told(plan)
        report = await story.place.run(reprotect(story, "paris", keep=False))
        assert report.verdict is Verdict.DONE, told(report)
        names = [each["name"] for each in await story.at["paris"].get("/storage/volumes")]
        assert sorted(names) == ["ballast", "vol_1"]

    play(quick_path, story)


def test_a_copy_that_was_not_fenced_yet_is_fenced_first_whatever_is_agreed_to(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await taken_over(story, "vol_1")
        story.place.regain("paris")
        report = await story.place.run(reprotect(story))
        assert report.verdict is Verdict.PARTLY, f"the fence came about: {told(report)}"
        assert (story.served("paris"), (await story.volume("paris", "vol_1"))["type"]) == (set(), "rw")
        assert "not carried" in story.files("paris")
        report = await story.place.run(reprotect(story, "paris"))
        assert report.verdict is Verdict.DONE, told(report)
        await nothing_is_left_to_do(story)

    play(quick_path, story)


def test_what_a_planned_failover_carried_over_whole_follows_without_any_consent(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        story.write("paris", "vol_1", "newest")
        report = await story.failover("lyon", is_planned=None)
        assert report.verdict is Verdict.DONE, told(report)
        assert "newest" in story.files("lyon")
        plan = await story.planned(reprotect(story))
        assert (plan.verdict, plan.losses, plan.refusals) == (Verdict.DONE, (), ()), told(plan)
        assert "changed since the last snapshot" not in told(plan)
        report = await story.place.run(reprotect(story))
        assert report.verdict is Verdict.DONE, told(report)
        await nothing_is_left_to_do(story)

    play(quick_path, story)


def test_what_was_written_while_somebody_had_lifted_a_fence_is_told_and_kept(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        story.write("paris", "vol_2", "behind the fence")
        plan = await story.planned(reprotect(story))
        assert "gold-paris: vol_2:" in told(plan), told(plan)
        assert "changed since the last snapshot" in told(plan)
        report = await story.place.run(reprotect(story, "paris"))
        assert report.verdict is Verdict.DONE, told(report)
        kept = [each for each in story.place.lab["paris"].cluster.volumes if "kept" in each.name]
        assert [each.name for each in kept] == ["vol_2_kept_e2"]
        assert "behind the fence" in story.files("paris", "vol_2_kept_e2")
        assert "behind the fence" not in story.files("paris", "vol_2")
        await nothing_is_left_to_do(story)

    play(quick_path, story)


@pytest.mark.parametrize("is_open", [False, True])
def test_a_mirror_at_the_home_that_somebody_broke_off_is_called_one_and_follows_again_where_the_hint_leads(
    is_open: bool, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        assert (await story.place.run(reprotect(story))).verdict is Verdict.DONE
        await trio.sleep(2 * _HOUR.total_seconds())
        await story.change_mirror("paris", {"state": "broken_off"})
        if is_open:
            nas = {"path": "/vol_1", "export_policy": {"name": "default"}}
            await story.change("paris", "vol_1", {"nas": nas})
            story.write("paris", "vol_1", "by hand")
            told_of = (await story.concerns())["broken open"]
            assert "its mirror of gold-lyon was broken off, by no failover" in told_of.text
            assert (told_of.hint or "").startswith("datamotion apply gold fences it; then datamotion resync gold --at")
            await story.apply()
            assert story.served("paris") == set()
        concerns = await story.concerns()
        assert not {"overtaken", "fenced", "broken open"} & concerns.keys(), concerns
        assert "datamotion resync gold --at gold-paris says what" in (concerns["broken fenced"].hint or "")
        group, at = story.place.session.group(GROUP), Selection(at="gold-paris")
        report = await story.place.run(mirrors.resync(group, at))
        assert "since it was broken off" in told(report), "nothing is given up unasked"
        report = await story.place.run(mirrors.resync(group, at, discard="gold-paris"))
        assert report.verdict is Verdict.DONE, told(report)
        assert (await story.group()).concerns == ()

    play(quick_path, story)


def test_a_mirror_at_the_home_whose_relationship_was_deleted_follows_again_where_the_hint_leads(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        assert (await story.place.run(reprotect(story))).verdict is Verdict.DONE
        await story.delete_mirror("paris")
        assert (await story.apply()).verdict is Verdict.DONE, "which makes no mirror at a home"
        hint = (await story.concerns())["detached"].hint or ""
        assert hint.startswith("datamotion reprotect gold takes it up again"), hint
        assert (await story.place.run(reprotect(story))).verdict is Verdict.DONE
        assert (await story.group()).concerns == ()

    play(quick_path, story)


def test_a_mirror_whose_relationship_was_deleted_follows_again_where_every_hint_leads(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("lyon")
        leads = "datamotion reprotect gold takes it up again"
        assert ((await story.concerns())["detached"].hint or "").startswith(leads)
        refused = told(await story.plan_failover("lyon", is_planned=True))
        assert leads in refused
        assert "datamotion apply" not in refused
        assert (await story.place.run(reprotect(story))).verdict is Verdict.DONE
        assert (await story.group()).concerns == ()

    play(quick_path, story)


def test_a_target_that_was_broken_off_by_hand_is_served_where_the_hint_leads(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.change_mirror("lyon", {"state": "broken_off"})
        command = "datamotion failover gold --to gold-lyon --unplanned"
        assert f"{command} would serve it" in ((await story.concerns())["broken"].hint or "")
        assert f"if it is to serve: {command}" in told(await story.apply())
        report = await story.failover("lyon", is_planned=False)
        assert (report.verdict, report.serving) == (Verdict.DONE, "gold-lyon"), told(report)

    play(quick_path, story)


@pytest.mark.parametrize("policy", thinned(["Asynchronous", "MirrorAllSnapshots"], 2))
def test_there_and_back_as_planned_nothing_is_lost_and_nobody_has_to_give_anything_up(
    policy: str, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        story = with_policy(story, policy)
        await story.protected("vol_1", "vol_2")
        written = {"kept"}
        for serving, next_ in (("paris", "lyon"), ("lyon", "paris"), ("paris", "lyon")):
            story.write(serving, "vol_1", f"at {serving} {len(written)}")
            written.add(f"at {serving} {len(written)}")
            report = await story.failover(next_, is_planned=True)
            assert report.verdict is Verdict.DONE, told(report)
            assert story.files(next_) == written
            plan = await story.planned(reprotect(story))
            assert (plan.losses, plan.refusals) == ((), ()), told(plan)
            report = await story.place.run(reprotect(story))
            assert report.verdict is Verdict.DONE, told(report)
            await nothing_is_left_to_do(story)

    play(quick_path, story)


async def without_anything_in_common(story: Story) -> None:
    """The home is back, and of what it shared with lyon nothing is left."""
    await lost_and_back(story, "vol_1", "vol_2")
    for volume in ("vol_1", "vol_2"):
        await story.delete_mirror("lyon", volume)
    for cluster in ("paris", "lyon"):
        for found in await story.at[cluster].get("/snapmirror/relationships", list_destinations_only="true"):
            await story.at[cluster].delete(f"/snapmirror/relationships/{found['uuid']}", source_only="true")


async def is_made_anew(story: Story) -> None:
    """Paris mirrors lyon, and what it alone held is beside that."""
    for volume in ("vol_1", "vol_2"):
        assert same_bytes(story, volume, "paris", "lyon")
        assert story.files("paris", f"{volume}_kept_e2") == {"kept", "not carried"}
        kept = await story.volume("paris", f"{volume}_kept_e2", "comment,nas.path")
        assert kept["comment"].startswith(f"what gold-paris held of {volume} in epoch 2 [datamotion kept=")
        assert "path" not in kept.get("nas", {})
    await nothing_is_left_to_do(story)


def test_where_nothing_is_common_what_is_there_is_kept_beside_a_new_mirror_once_that_is_agreed_to(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        await without_anything_in_common(story)
        plan = await story.planned(reprotect(story))
        assert (plan.verdict, plan.changes) == (Verdict.REFUSED, False), told(plan)
        assert "can be written and has no snapshot in common with gold-lyon" in told(plan)
        assert "datamotion reprotect gold --discard-divergent gold-paris keeps it under another name" in told(plan)
        plan = await story.planned(reprotect(story, "paris"))
        assert "vol_1: kept as vol_1_kept_e2, mounted nowhere" in told(plan)
        assert "to copy" in told(plan)
        report = await story.place.run(reprotect(story, "paris"))
        assert report.verdict is Verdict.DONE, told(report)
        assert "gold-paris: kept in vol_1_kept_e2, vol_2_kept_e2: mounted nowhere" in told(report)
        await is_made_anew(story)

    play(quick_path, story)


@pytest.mark.sweep
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.parametrize("calls", thinned(range(1, 26), 2))
def test_killed_while_that_is_made_anew_the_same_command_comes_to_the_same(
    quick_path: Path, calls: int, is_carried_out: bool
) -> None:
    async def story(story: Story) -> None:
        await without_anything_in_common(story)
        life = Life(calls, is_carried_out=is_carried_out)
        if await dies(lambda mortal: mortal.place.run(reprotect(mortal, "paris")), story, life):
            await story.place.run(reprotect(story, "paris"))
        await story.update()
        await is_made_anew(story)

    play(quick_path, story)


# -- the other targets


@pytest.mark.parametrize("is_home_there", [False, True])
def test_another_target_follows_from_a_common_snapshot_without_everything_being_carried_again(
    is_home_there: bool, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        story = with_policy(story, "MirrorAllSnapshots")
        await story.protected("vol_1", "vol_2")
        (story.place.tree("paris", "vol_1") / "large").write_bytes(b"x" * 2**20)
        await story.update()
        await taken_over(story, "vol_1", "vol_2")
        if is_home_there:
            story.place.regain("paris")
            await story.apply()
        report = await story.place.run(reprotect(story))
        assert report.verdict is (Verdict.PARTLY if is_home_there else Verdict.SILENT) or report.refusals, told(report)
        assert outcomes(report, "gold-oslo") == {"vol_1": "done", "vol_2": "done"}, told(report)
        for name in ("vol_1", "vol_2"):
            assert same_bytes(story, name, "lyon", "oslo")
        mirror = await story.mirror("oslo")
        assert (mirror["state"], mirror["source"]["svm"]["name"]) == ("snapmirrored", SVMS["lyon"])
        assert mirror["transfer"]["bytes_transferred"] < 2**20, "what both held was not carried again"
        if is_home_there:
            assert await listed(story, "paris") == 2, "lyon's entries are the home's own business"
        again = await story.planned(reprotect(story))
        assert (again.changes, bool(again.refusals)) == (False, True)

    play(quick_path, story, targets=BOTH)


@pytest.mark.parametrize("people", ["", "x" * 1000])
def test_a_mirror_that_lost_its_mark_has_it_again_before_its_relationship_goes(quick_path: Path, people: str) -> None:
    """Nothing else would tell then whose copy it is; without room for it, it stays as it is."""

    async def main(story: Story) -> None:
        await story.protected("vol_1")
        await story.failover("lyon", is_planned=True)
        await story.change("oslo", "vol_1", {"comment": people})
        report = await story.place.run(reprotect(story, "oslo"))
        standing = {each.backend: each for each in (await story.group()).volumes[0].copies}
        if people:
            assert "leaves no room for its mark" in told(report)
        else:
            assert report.verdict is Verdict.DONE, told(report)
            assert "group=gold" in (await story.volume("oslo", "vol_1", "comment"))["comment"]
        assert standing["gold-oslo"].state == "snapmirrored"

    play(quick_path, main, targets=BOTH)


def test_each_back_end_serves_in_turn_and_the_others_follow(quick_path: Path) -> None:
    """To lyon, home, to oslo, and home again: no baseline, and no write that was carried is lost."""

    async def story(story: Story) -> None:
        story = with_policy(story, "MirrorAllSnapshots")
        await story.protected("vol_1")
        serving, written = "paris", {"kept"}
        for number, next_ in enumerate(("lyon", "paris", "oslo", "paris")):
            story.write(serving, "vol_1", f"write {number}")
            written.add(f"write {number}")
            await story.update()
            story.place.lose(serving)
            report = await story.failover(next_)
            assert report.verdict is Verdict.DONE, told(report)
            story.place.regain(serving)
            report = await story.place.run(reprotect(story, serving, keep=False))
            assert report.verdict is Verdict.DONE, told(report)
            await nothing_is_left_to_do(story)
            serving = next_
            assert story.served(serving) == {"vol_1"}
            assert same_bytes(story, "vol_1", "paris", *BOTH)
            assert story.files("oslo") == written

    play(quick_path, story, targets=BOTH)


def test_one_that_has_nothing_in_common_is_carried_anew_only_where_that_is_agreed_to(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = with_policy(story, "MirrorLatest")
        await story.protected("vol_1")
        await taken_over(story, "vol_1")
        plan = await story.planned(reprotect(story))
        assert plan.changes is False, told(plan)
        assert "vol_1 at gold-oslo has no snapshot in common with gold-lyon: all has to be carried anew" in told(plan)
        plan = await story.planned(reprotect(story, "oslo", keep=False))
        assert "Carry everything anew" in told(plan)
        assert "and no copy of it there meanwhile" in told(plan)
        report = await story.place.run(reprotect(story, "oslo", keep=False))
        assert outcomes(report, "gold-oslo") == {"vol_1": "done"}, told(report)
        assert same_bytes(story, "vol_1", "lyon", "oslo")

    play(quick_path, story, targets=BOTH, schedule=None)


def test_one_that_is_fresher_than_what_serves_holds_data_and_is_kept_before_it_follows(quick_path: Path) -> None:
    """Its last transfer was after that of the target that took over."""

    async def story(story: Story) -> None:
        story = with_policy(story, "MirrorAllSnapshots")
        await story.protected("vol_1")
        await trio.sleep(60)
        await story.place.run(mirrors.pause(story.place.session.group(GROUP), Selection(at="gold-lyon"), timeout=_HOUR))
        story.write("paris", "vol_1", "at oslo only")
        mirror = await story.mirror("oslo")
        await story.at["oslo"].http.post(f"/api/snapmirror/relationships/{mirror['uuid']}/transfers", json={})
        await trio.sleep(60)
        await taken_over(story, "vol_1")
        plan = await story.planned(reprotect(story))
        assert plan.changes is False, told(plan)
        assert "vol_1 at gold-oslo holds what was carried there only" in told(plan)
        report = await story.place.run(reprotect(story, "oslo"))
        assert outcomes(report, "gold-oslo") == {"vol_1": "done"}, told(report)
        assert same_bytes(story, "vol_1", "lyon", "oslo")
        assert story.files("oslo", "vol_1_kept_e2") == {"kept", "at oslo only"}

    play(quick_path, story, targets=BOTH, schedule=None)


def test_a_mirror_that_was_broken_off_and_written_to_is_resynced_only_where_that_is_agreed_to(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.change_mirror("lyon", {"state": "broken_off"})
        story.write("lyon", "vol_1", "by hand")
        plan = await story.planned(reprotect(story))
        assert (plan.verdict, plan.changes) == (Verdict.REFUSED, False), told(plan)
        report = await story.place.run(reprotect(story, "lyon"))
        assert report.verdict is Verdict.DONE, told(report)
        assert (story.files("lyon"), story.files("lyon", "vol_1_kept_e1")) == ({"kept"}, {"kept", "by hand"})
        await story.change_mirror("lyon", {"state": "broken_off"})
        story.write("lyon", "vol_1", "once more")
        assert (await story.place.run(reprotect(story, "lyon"))).verdict is Verdict.DONE
        assert story.files("lyon", "vol_1_kept_e1_2") == {"kept", "once more"}, "the first clone keeps something else"

    play(quick_path, story, schedule=None)


# -- others at the same time, and what is left over


def test_while_a_failover_goes_on_nothing_is_turned_round(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await lost_and_back(story, "vol_1")
        async with preparing.prepare(story.place.session, [reprotect(story, "paris")]) as (ready,):
            story.place.lose("lyon")
            await story.failover("paris", overrule="gold-lyon")
            story.place.regain("lyon")
            with pytest.raises(Refused):
                await ready.carry_out(Quiet())
        assert story.served("paris") == {"vol_1"}
        assert "not carried" in story.files("paris")

    play(quick_path, story)


def test_what_the_old_sources_list_still_is_not_collected_while_they_may_need_it_and_goes_once_they_follow(
    quick_path: Path,
) -> None:
    """Oslo was turned while the home was away."""

    async def story(story: Story) -> None:
        story = with_policy(story, "MirrorAllSnapshots")
        await story.protected("vol_1")
        await taken_over(story, "vol_1")
        await story.place.run(reprotect(story))
        story.place.regain("paris")
        await story.apply()
        gc = removal.gc(story.place.session.group(GROUP), [GROUP])
        before = await snapshots(story, "paris", "vol_1")
        report = await story.place.run(gc) if (await story.planned(gc)).changes else None
        assert report is None, "the home may need what it keeps for them to follow"
        assert await snapshots(story, "paris", "vol_1") == before
        report = await story.place.run(reprotect(story, "paris", keep=False))
        assert report.verdict is Verdict.DONE, told(report)
        assert await listed(story, "paris") == 0
        await story.update()
        await nothing_is_left_to_do(story)

    play(quick_path, story, targets=BOTH)


def test_whose_pause_ends_behind_a_failover_is_told_before_and_after(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = with_policy(story, "MirrorAllSnapshots")
        await story.protected("vol_1")
        group = story.place.session.group(GROUP)
        pause = mirrors.pause(group, Selection(at="gold-oslo"), timeout=_HOUR, reason="new shelf at oslo")
        await story.place.run(pause)
        plan = await story.plan_failover("lyon", is_planned=True, reprotects=True)
        ends = "(new shelf at oslo), which ends: it is made to mirror gold-lyon in the same command. --no-reprotect"
        assert [ends in note for note in notes_of(plan) if "gold-oslo: vol_1: paused by " in note] == [True], told(plan)
        alone = await story.plan_failover("lyon", is_planned=True)
        assert "paused by" not in "".join(notes_of(alone))
        await story.failover("lyon", is_planned=True)
        assert "(new shelf at oslo)" in (await story.concerns())["paused"].text, "nothing else ended it"
        for report in (await story.planned(reprotect(story)), await story.place.run(reprotect(story))):
            (note,) = (each for each in notes_of(report) if "paused by" in each)
            assert "(new shelf at oslo), which ends: what it mirrors does not serve any more" in note
            assert note.endswith("datamotion pause gold pauses it again.")
        assert same_bytes(story, "vol_1", "lyon", "oslo")
        assert "paused" not in await story.concerns()

    play(quick_path, story, targets=BOTH, schedule=None)


def test_a_pause_of_the_mirror_that_a_failover_goes_to_ends_and_that_is_told(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        group = story.place.session.group(GROUP)
        await story.place.run(mirrors.pause(group, Selection(at="gold-lyon"), timeout=_HOUR, reason="new shelf"))
        plan = await story.plan_failover("lyon", is_planned=False)
        ends = [note for note in notes_of(plan) if "(new shelf), which ends: it is served from now on." in note]
        assert len(ends) == 1, told(plan)
        report = await story.failover("lyon", is_planned=False)
        assert ends[0] in notes_of(report)

    play(quick_path, story, schedule=None)


def test_a_mirror_of_what_serves_that_has_nothing_in_common_with_it_any_more_is_told_before_an_update_fails(
    quick_path: Path,
) -> None:
    """What it went by was given up when its source was the mirror of another one, which had less."""

    async def main(story: Story) -> None:
        story = with_policy(story, "Asynchronous")
        await story.protected("vol_1")
        story.place.lose("oslo")
        story.write("paris", "vol_1", "at lyon alone")
        await trio.sleep(60)
        await story.update()
        await story.change_mirror("lyon", {"state": "paused"})
        story.place.regain("oslo")
        story.place.lose("lyon")
        assert (await story.failover("oslo", is_planned=False, max_loss=_HOUR)).verdict is Verdict.DONE
        await story.place.run(reprotect(story, "paris"))
        assert (await story.failover("paris", is_planned=True)).verdict is Verdict.DONE
        await story.place.run(reprotect(story))
        story.place.regain("lyon")
        await story.change_mirror("lyon", {"state": "snapmirrored"})
        report = await story.place.run(reprotect(story))
        assert outcomes(report, "gold-lyon") == {"vol_1": "failed"}, told(report)
        assert "vol_1 at gold-lyon has no snapshot in common with gold-paris" in told(report)
        assert "carries it anew" in told(await story.update())
        assert "reprotect gold takes it up again" in ((await story.concerns())["released"].hint or "")
        report = await story.place.run(reprotect(story, "lyon"))
        assert report.verdict is Verdict.DONE, told(report)
        story.write("paris", "vol_1", "since")
        assert (await story.update()).verdict is Verdict.DONE
        assert story.files("lyon") == story.files("paris")
        assert not await story.concerns()

    play(quick_path, main, targets=BOTH, schedule=None)


def test_so_it_is_where_its_source_released_it_and_no_transfer_was_tried_since(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        (listed,) = await story.at["paris"].get("/snapmirror/relationships", list_destinations_only="true")
        await story.at["paris"].delete(f"/snapmirror/relationships/{listed['uuid']}", source_only="true")
        report = await story.place.run(reprotect(story))
        assert outcomes(report, "gold-lyon") == {"vol_1": "failed"}, told(report)
        assert "vol_1 at gold-lyon has no snapshot in common with gold-paris" in told(report)
        report = await story.place.run(reprotect(story, "lyon"))
        assert report.verdict is Verdict.DONE, told(report)
        assert not await story.concerns()

    play(quick_path, main, schedule=None)
