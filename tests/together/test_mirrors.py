"""Mirrors one by one, at clusters that answer as ONTAP does: paused, resumed, aborted, broken off, resynced."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import trio

from datamotion.policy.selection import Selection
from datamotion.service import mirrors, protecting
from datamotion.service.intents import Intent
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from ontaplab.faults.scripted import scripted
from tests.datamotion.building import notes_of
from tests.together.stories import Story, outcomes, play, titles, told
from tests.together.world import GROUP, succeed

LYON = Selection(at="gold-lyon")
HOUR_S = 3600


def pause(story: Story, selection: Selection = LYON, *, reason: str | None = None, timeout_s: float = HOUR_S) -> Intent:
    group = story.place.session.group(GROUP)
    return mirrors.pause(group, selection, reason=reason, timeout=timedelta(seconds=timeout_s))


def resume(story: Story, selection: Selection = LYON) -> Intent:
    return mirrors.resume(story.place.session.group(GROUP), selection)


def abort(story: Story, selection: Selection = LYON) -> Intent:
    return mirrors.abort(story.place.session.group(GROUP), selection)


def break_off(story: Story, selection: Selection = LYON) -> Intent:
    return mirrors.break_off(story.place.session.group(GROUP), selection)


def resync(story: Story, selection: Selection = LYON, discard: str | None = None) -> Intent:
    return mirrors.resync(story.place.session.group(GROUP), selection, discard=discard)


async def writes(story: Story) -> dict[str, int]:
    """How many calls that change something each cluster has had."""
    return {name: (await at.http.get("/lab/calls")).json()["writes"] for name, at in story.at.items()}


def test_a_paused_mirror_stays_paused_until_it_is_resumed_and_every_face_says_by_whom(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.change("lyon", "vol_2", {"comment": f"trees {(await story.volume('lyon', 'vol_2'))['comment']}"})
        report = await story.place.run(pause(story, reason="new shelf"))
        assert (report.verdict, outcomes(report)) == (Verdict.DONE, {"vol_1": "done", "vol_2": "done"}), told(report)
        assert {(await story.mirror("lyon", name))["state"] for name in ("vol_1", "vol_2")} == {"paused"}
        assert (await story.volume("lyon", "vol_2"))["comment"].startswith("trees [datamotion ")
        concern = (await story.concerns())["paused"]
        assert (concern.backend, set(concern.volumes)) == ("gold-lyon", {"vol_1", "vol_2"})
        assert ", process " in concern.text
        assert ", at 2026-03-01 12:0" in concern.text
        assert "UTC (new shelf): no transfer starts" in concern.text
        assert concern.hint == "datamotion resume gold resumes it"
        plan = await story.plan()
        assert (plan.verdict, plan.changes) == (Verdict.DONE, False), told(plan)
        notes = notes_of(plan)
        assert any("gold-lyon: vol_1, vol_2: left as it is, paused by " in note for note in notes), notes
        refused = await story.planned(protecting.update(story.place.session.group(GROUP)))
        assert "(new shelf): it takes no update" in told(refused)
        report = await story.place.run(resume(story, Selection(volumes=("vol_1",))))
        assert outcomes(report, "gold-lyon") == {"vol_1": "done"}
        assert (await story.mirror("lyon", "vol_1"))["state"] == "snapmirrored"
        assert "paused" not in (await story.volume("lyon", "vol_1"))["comment"]
        assert (await story.mirror("lyon", "vol_2"))["state"] == "paused"
        again = await story.planned(resume(story, Selection(volumes=("vol_1",))))
        assert (again.verdict, again.changes, again.holds) == (Verdict.DONE, False, 1)

    play(quick_path, story)


def test_a_mirror_that_was_paused_by_hand_is_resumed_by_apply_unless_pause_makes_it_its_own(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        for name in ("vol_1", "vol_2"):
            await story.change_mirror("lyon", {"state": "paused"}, name)
        await story.place.run(pause(story, Selection(volumes=("vol_2",))))
        await story.apply()
        assert (await story.mirror("lyon", "vol_1"))["state"] == "snapmirrored"
        assert (await story.mirror("lyon", "vol_2"))["state"] == "paused"

    play(quick_path, story)


def test_pause_waits_for_the_transfer_that_runs(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await with_a_transfer_that_is_held(story)
        async with trio.open_nursery() as nursery:
            ended: list[RunReport] = []

            async def run() -> None:
                ended.append(await story.place.run(pause(story)))

            nursery.start_soon(run)
            await trio.sleep(1000)
            assert ended == []
            assert "paused=" in (await story.volume("lyon", "vol_1"))["comment"], "apply leaves it alone already"
            story.place.lab["lyon"].cluster.transfer_gate.release()
        assert ended[0].verdict is Verdict.DONE, told(ended[0])
        mirror = await story.mirror("lyon")
        assert (mirror["state"], mirror["transfer"]["state"]) == ("paused", "success")
        assert "newer" in story.files("lyon"), "it was carried whole"

    play(quick_path, story)


@pytest.mark.sweep
def test_pause_aborts_a_transfer_that_has_not_ended_in_time_and_its_checkpoint_is_kept(quick_path: Path) -> None:
    """In time, though the cluster itself stops waiting after ten minutes."""

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await with_a_transfer_that_is_held(story)
        began = trio.current_time()
        report = await story.place.run(pause(story, timeout_s=2 * HOUR_S))
        assert report.verdict is Verdict.DONE, told(report)
        assert 2 * HOUR_S <= trio.current_time() - began < 2 * HOUR_S + 30
        mirror = await story.mirror("lyon")
        assert (mirror["state"], mirror["transfer"]["state"]) == ("paused", "aborted")
        story.place.lab["lyon"].cluster.transfer_gate.release()
        await story.place.run(resume(story))
        await story.update()
        assert "newer" in story.files("lyon")

    play(quick_path, story)


async def with_a_transfer_that_is_held(story: Story) -> None:
    """Something newer is on its way from vol_1 to lyon, and does not arrive."""
    story.write("paris", "vol_1", "newer")
    story.place.lab["lyon"].cluster.transfer_gate.hold()
    found = await story.mirror("lyon")
    await succeed(story.at["lyon"].http.post(f"/api/snapmirror/relationships/{found['uuid']}/transfers", json={}))
    await trio.sleep(1)
    assert (await story.mirror("lyon"))["transfer"]["state"] == "transferring"


def test_abort_ends_the_transfers_that_run_and_nothing_else(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await with_a_transfer_that_is_held(story)
        report = await story.place.run(abort(story))
        assert outcomes(report, "gold-lyon") == {"vol_1": "done", "vol_2": "unchanged"}, told(report)
        mirror = await story.mirror("lyon")
        assert (mirror["state"], mirror["transfer"]["state"]) == ("snapmirrored", "aborted")
        before = await writes(story)
        again = await story.planned(abort(story))
        assert (again.verdict, again.changes, await writes(story)) == (Verdict.DONE, False, before)

    play(quick_path, story, schedule=None)


def test_a_paused_mirror_is_failed_over_to_like_any_other_and_the_pause_is_forgotten(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.place.run(pause(story, reason="new shelf"))
        story.place.lose("paris")
        report = await story.failover()
        assert report.verdict is Verdict.DONE, told(report)
        assert story.served("lyon") == {"vol_1"}
        assert "paused" not in (await story.volume("lyon", "vol_1"))["comment"]

    play(quick_path, story)


def test_what_was_broken_off_is_made_a_mirror_again_by_resync_alone_and_at_the_stated_loss(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        report = await story.place.run(break_off(story, Selection(volumes=("vol_1",), at="gold-lyon")))
        assert outcomes(report) == {"vol_1": "done"}, told(report)
        assert (await story.mirror("lyon"))["state"] == "broken_off"
        assert (story.served("lyon"), story.served("paris")) == (set(), {"vol_1", "vol_2"})
        story.write("lyon", "vol_1", "at lyon")
        story.write("paris", "vol_1", "newer")
        await story.apply()
        await story.update()
        assert (await story.mirror("lyon"))["state"] == "broken_off"
        assert "datamotion resync gold --at gold-lyon" in ((await story.concerns())["broken"].hint or "")
        await trio.sleep(HOUR_S)
        before = await writes(story)
        plan = await story.planned(resync(story))
        assert (plan.verdict, plan.changes, plan.holds, await writes(story)) == (Verdict.REFUSED, False, 1, before)
        assert "may hold writes of its own, and a resync gives up all writes at gold-lyon since it was" in told(plan)
        assert "of changed blocks" in told(plan)
        plan = await story.planned(resync(story, discard="gold-lyon"))
        (loss,) = plan.losses
        assert (loss.volume, loss.backend, loss.given_up_at) == ("vol_1", "gold-lyon", "gold-lyon")
        assert HOUR_S <= (loss.at_most_s or 0) < 2 * HOUR_S
        assert f"back to {loss.kept} or an older one" in told(plan)
        report = await story.place.run(resync(story, discard="gold-lyon"))
        assert outcomes(report) == {"vol_1": "done", "vol_2": "unchanged"}, told(report)
        assert (await story.mirror("lyon"))["state"] == "snapmirrored"
        assert "newer" in story.files("lyon")
        assert "at lyon" not in story.files("lyon")

    play(quick_path, story, schedule=None)


def test_a_copy_that_served_is_resynced_behind_its_fence_and_can_serve_again_as_before(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        await story.failover("lyon")
        story.write("lyon", "vol_1", "at lyon")
        await trio.sleep(HOUR_S)
        story.place.regain("paris")
        await story.apply()
        story.place.lose("lyon")
        await story.failover("paris")
        story.place.regain("lyon")
        plan = await story.planned(resync(story, discard="gold-lyon"))
        assert "it served before, and clients can still write to it" in told(plan)
        await story.apply()
        plan = await story.planned(resync(story, discard="gold-lyon"))
        (loss,) = plan.losses
        assert "all writes at gold-lyon since 2026-03-01 12:" in loss.text
        assert (loss.at_most_s or 0) >= HOUR_S
        assert any("the fence stays" in note for note in notes_of(plan))
        report = await story.place.run(resync(story, discard="gold-lyon"))
        assert report.verdict is Verdict.DONE, told(report)
        volume = await story.volume("lyon", "vol_1", "type,nas.path,nas.export_policy.name")
        assert (volume["type"], volume["nas"]["export_policy"]["name"]) == ("dp", "datamotion_fence")
        assert "at lyon" not in story.files("lyon")
        await story.apply()
        plan = await story.plan()
        assert (plan.verdict, plan.changes) == (Verdict.DONE, False), told(plan)
        story.place.lose("paris")
        await story.failover("lyon")
        volume = await story.volume("lyon", "vol_1", "type,nas.path,nas.export_policy.name")
        assert (volume["nas"]["path"], volume["nas"]["export_policy"]["name"]) == ("/vol_1", "default")

    play(quick_path, story)


def test_a_resync_without_a_common_snapshot_is_refused_in_the_clusters_words_and_nothing_is_lost(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.place.run(break_off(story))
        story.write("lyon", "vol_1", "at lyon")
        uuid = (await story.mirror("lyon"))["uuid"]
        await story.at["paris"].delete(f"/snapmirror/relationships/{uuid}", source_only="true")
        report = await story.place.run(resync(story, discard="gold-lyon"))
        assert report.verdict is Verdict.FAILED, told(report)
        assert "common snapshot" in told(report).lower()
        assert "at lyon" in story.files("lyon")

    play(quick_path, story)


def test_a_resync_that_was_cut_off_is_told_and_finished_without_another_loss(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.place.run(break_off(story))
        story.write("paris", "vol_1", "newer")
        story.place.lab["lyon"].cluster.transfer_gate.hold()
        with trio.move_on_after(30):
            await story.place.run(resync(story, discard="gold-lyon"))
        assert (await story.mirror("lyon"))["transfer"]["state"] == "transferring"
        await story.place.run(abort(story))
        concern = (await story.concerns())["half resynced"]
        assert concern.hint == "datamotion resync gold --at gold-lyon goes on with it"
        assert "datamotion resync gold --at gold-lyon goes on with it" in told(await story.plan())
        plan = await story.planned(resync(story))
        assert (titles(plan), plan.losses) == (["Resync", "Wait for the transfers"], ())
        story.place.lab["lyon"].cluster.transfer_gate.release()
        assert (await story.place.run(resync(story))).verdict is Verdict.DONE
        assert "newer" in story.files("lyon")

    play(quick_path, story, schedule=None)


def test_apply_begins_a_transfer_that_failed_again_once_a_run_until_one_comes_to_its_end(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        story.write("paris", "vol_1", "newer")
        async with scripted(story.at["lyon"].http, kind="transfer_failure"):
            assert (await story.update()).verdict is not Verdict.DONE
            plan = await story.plan()
            assert titles(plan) == ["Transfer again"]
            began = await writes(story)
            report = await story.apply()
            assert (report.verdict, outcomes(report, "gold-lyon")) == (Verdict.FAILED, {"vol_1": "failed"}), told(
                report
            )
            assert "run the same command again" in told(report)
            assert (await writes(story))["lyon"] - began["lyon"] == 1
        assert story.files("lyon") == {"kept"}
        assert (await story.apply()).verdict is Verdict.DONE
        assert (story.files("lyon"), (await story.mirror("lyon"))["healthy"]) == ({"kept", "newer"}, True)
        assert not (await story.plan()).changes

    play(quick_path, story, schedule=None)
