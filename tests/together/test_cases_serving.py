"""Who serves, since when: sites that come back, failovers that cross, and what is left of a volume that served."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from datamotion.errors import Refused
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, outcomes, play, titles, told
from tests.together.world import create_volumes, succeed

_DAY_S = 86_400


def test_a_failover_away_from_a_target_states_all_that_was_written_there_in_a_new_epoch(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        await story.failover()
        await trio.sleep(_DAY_S)
        story.place.regain("paris")
        await story.apply()
        assert story.served("paris") == set()
        story.write("lyon", "vol_1", "at lyon")
        await trio.sleep(_DAY_S)
        story.place.lose("lyon")
        plan = await story.plan_failover()
        (loss,) = plan.losses
        assert "all writes at gold-lyon since 2026-03-01 12:" in loss.text
        assert (loss.given_up_at, (loss.at_most_s or 0) >= 2 * _DAY_S) == ("gold-lyon", True)
        report = await story.failover()
        assert (report.verdict, report.serving, report.epoch) == (Verdict.DONE, "gold-paris", 3)
        story.place.regain("lyon")
        await story.apply()
        assert (story.served("paris"), story.served("lyon")) == ({"vol_1"}, set())
        assert "at lyon" in story.files("lyon"), "what it holds stays"

    play(quick_path, story)


def test_of_two_failovers_at_once_with_two_stores_one_serves_and_the_other_says_who_won(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        (story.place.root / "elsewhere").mkdir()
        second = story.configured(lambda tree: tree.update(store=str(story.place.root / "elsewhere" / "store.db")))
        story.place.lose("paris")
        ended: dict[str, RunReport | Refused] = {}

        async def run(operator: Story, to: str) -> None:
            try:
                ended[to] = await operator.failover(to)
            except Refused as error:
                ended[to] = error

        async with trio.open_nursery() as nursery:
            nursery.start_soon(run, story, "lyon")
            nursery.start_soon(run, second, "oslo")
        serving = [target for target in ("lyon", "oslo") if story.served(target)]
        assert len(serving) <= 1
        for target, report in ended.items():
            if target not in serving:
                text = report.message if isinstance(report, Refused) else told(report)
                assert "gold-" in text
                assert isinstance(report, Refused) or report.verdict is not Verdict.DONE
        if not serving:  # both were told no: either is finished by the same command
            assert (await story.failover("lyon", overrule="gold-oslo")).verdict is Verdict.DONE
            assert (story.served("lyon"), story.served("oslo")) == ({"vol_1", "vol_2"}, set())

    play(quick_path, story, targets=("lyon", "oslo"))


@pytest.mark.parametrize("partial", [False, True])
def test_a_target_that_comes_back_after_another_took_over_is_fenced_volume_by_volume(
    partial: bool, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        story.place.lose("paris")
        await story.failover("lyon")
        story.place.lose("lyon")
        if partial:
            await story.delete_mirror("oslo", "vol_2")
        report = await story.failover("oslo", allow_partial=partial)
        moved = {"vol_1"} if partial else {"vol_1", "vol_2"}
        assert story.served("oslo") == moved, told(report)
        assert report.epoch == 3
        story.place.regain("lyon")
        story.place.regain("paris")
        concerns = await story.concerns()
        assert any(each.severity == "critical" for each in concerns.values()), concerns
        await story.apply()
        assert story.served("oslo") == moved
        assert story.served("lyon") == {"vol_1", "vol_2"} - moved
        assert story.served("paris") == set()
        active = {each.volume: each.active for each in (await story.group()).volumes}
        assert active == {"vol_1": "gold-oslo", "vol_2": "gold-lyon" if partial else "gold-oslo"}

    play(quick_path, story, targets=("lyon", "oslo"))


def test_a_leg_that_somebody_broke_off_by_hand_is_not_taken_for_a_failover_that_was_cut_short(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.change_mirror("oslo", {"state": "paused"})
        await story.change_mirror("oslo", {"state": "broken_off"})
        story.write("paris", "vol_1", "newer")
        await story.update()
        assert "newer" in story.files("lyon")
        story.place.lose("paris")
        report = await story.failover()
        assert (report.verdict, report.serving) == (Verdict.DONE, "gold-lyon")
        assert "gold-oslo is passed over: its mirrors were broken off by hand" in told(report)
        assert story.served("oslo") == set()

    play(quick_path, story, targets=("oslo", "lyon"))


def test_a_served_copy_whose_comment_was_replaced_serves_still_and_its_path_is_called_assumed(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        await story.failover()
        await story.change("lyon", "vol_1", {"comment": "another tool was here"})
        story.place.regain("paris")
        status = await story.status()
        (volume,) = status.groups[0].volumes
        assert status.verdict is not Verdict.DONE
        assert volume.active != "gold-paris"
        assert "lost" in " ".join(each.text for each in status.groups[0].concerns) or "mark" in " ".join(
            each.text for each in status.groups[0].concerns
        )
        await story.apply()
        assert story.served("paris") == set()
        assert story.served("lyon") == {"vol_1"}

    play(quick_path, story)


def test_a_served_copy_whose_relationship_is_gone_is_listed_and_served(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        await story.failover()
        await story.delete_mirror("lyon")
        (volume,) = (await story.group()).volumes
        assert [(copy.backend, copy.role) for copy in volume.copies] == [("gold-lyon", "active")]
        plan = await story.plan_failover()
        assert (plan.verdict, plan.changes, plan.holds) == (Verdict.DONE, False, 1), told(plan)

    play(quick_path, story)


def test_a_home_volume_that_is_offline_keeps_its_junction_path_at_the_mirror(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.change("paris", "vol_1", {"state": "offline"})
        report = await story.apply()
        assert "offline" in told(report)
        assert " path=/vol_1" in (await story.volume("lyon", "vol_1"))["comment"]
        story.place.lose("paris")
        await story.failover()
        assert story.served("lyon") == {"vol_1"}

    play(quick_path, story)


def test_after_a_partial_failover_each_volume_follows_the_copy_that_serves_it(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("lyon", "vol_2")
        story.place.lose("paris")
        await story.failover("lyon", allow_partial=True)
        story.place.regain("paris")
        report = await story.apply()
        assert story.served("lyon") == {"vol_1"}
        assert story.served("paris") == {"vol_2"}, told(report)
        story.write("paris", "vol_2", "newer")
        await create_volumes(story.place.lab["paris"], ["vol_3"])
        assert outcomes(await story.update(), "gold-oslo")["vol_2"] == "done"
        assert "newer" in story.files("oslo", "vol_2")
        await create_volumes(story.place.lab["lyon"], ["vol_4"])
        await story.apply()
        for volume in ("vol_3", "vol_4"):
            assert (await story.mirror("oslo", volume))["state"] == "snapmirrored", volume

    play(quick_path, story, targets=("lyon", "oslo"))


def test_two_copies_that_both_claim_to_serve_are_told_and_settled_by_name(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        story.place.lose("oslo")
        await story.failover("lyon")
        story.place.lose("lyon")
        story.place.regain("oslo")
        elsewhere = story.configured(lambda tree: tree.update(store=str(quick_path / "of another host.db")))
        await elsewhere.failover("oslo")
        story.place.regain("lyon")
        status = await story.status()
        assert status.verdict.exit_status != 0
        text = " ".join(each.text for each in status.groups[0].concerns)
        assert "epoch 2" in text
        assert "gold-lyon" in text
        assert "gold-oslo" in text
        assert "served twice" in told(await story.apply()) or "was taken for" in told(await story.apply())
        assert (story.served("lyon"), story.served("oslo")) == ({"vol_1"}, {"vol_1"}), "nobody guesses"
        report = await story.settle("oslo")
        assert (report.verdict, report.serving) == (Verdict.DONE, "gold-oslo")
        assert story.served("lyon") == set()

    play(quick_path, story, targets=("lyon", "oslo"))


@pytest.mark.parametrize("volumes", [("vol_1", "vol_2"), ("vol_2",)])
def test_what_somebody_resynced_over_what_it_served_is_kept_where_the_hint_leads(
    volumes: tuple[str, ...], quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected(*volumes)
        await story.failover("lyon")
        await story.change_mirror("lyon", {"state": "snapmirrored"}, "vol_2")
        await trio.sleep(60)
        report = await story.settle("lyon")
        assert report.verdict is not Verdict.DONE, told(report)
        assert "at lyon: snapmirror break -destination-path svm_gold_dr:vol_2 lets it be written" in told(report)
        plan = await story.plan_failover("paris", is_planned=None, overrule="gold-lyon")
        assert plan.verdict is Verdict.DONE, "the other way that is named"
        await story.change_mirror("lyon", {"state": "broken_off"}, "vol_2")
        await trio.sleep(60)
        report = await story.settle("lyon")
        assert report.verdict is Verdict.DONE, told(report)
        group = await story.group()
        assert (group.serving, group.epoch, story.served("lyon")) == ("gold-lyon", 2, set(volumes))

    play(quick_path, story)


@pytest.mark.parametrize("overruled", ["gold-lyon", "gold-paris"])
@pytest.mark.parametrize("volumes", [("vol_1", "vol_2"), ("vol_2",)])
def test_what_was_resynced_over_what_it_served_is_not_broken_off_again_in_the_epoch_that_was_served(
    volumes: tuple[str, ...], overruled: str, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected(*volumes)
        await story.failover("lyon")
        await story.change_mirror("lyon", {"state": "snapmirrored"}, "vol_2")
        await trio.sleep(60)
        plan = await story.plan_failover("lyon", is_planned=None, overrule=overruled)
        assert (plan.verdict, titles(plan)) == (Verdict.REFUSED, []), "epoch 2 was served"
        assert "datamotion settle gold --keep BACKEND" in told(plan), "the way out"

    play(quick_path, story)


def test_an_overruling_failover_of_the_rest_of_a_divided_group_takes_an_epoch_of_its_own(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("lyon", "vol_2")
        await story.failover("lyon", allow_partial=True)
        await story.apply()
        assert (story.served("paris"), story.served("lyon")) == ({"vol_2"}, {"vol_1"})
        report = await story.failover("lyon", is_planned=None, overrule="gold-paris")
        assert (report.verdict, report.epoch) == (Verdict.DONE, 3), told(report)
        assert (story.served("paris"), story.served("lyon")) == (set(), {"vol_1", "vol_2"})

    play(quick_path, story)


def test_where_a_failover_goes_on_for_one_volume_the_hints_fence_the_others_and_let_nobody_wait_for_ever(
    quick_path: Path,
) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        mirror = await story.mirror("lyon", "vol_2")
        fault = {"kind": "job_failure", "route": f"PATCH /snapmirror/relationships/{mirror['uuid']}"}
        async with story.place.lab["lyon"].client() as client:
            await succeed(client.post("/lab/faults", json=fault))
        story.place.lose("paris")
        assert (await story.failover("lyon")).verdict is Verdict.PARTLY
        story.place.regain("paris")
        concerns = await story.concerns()
        assert concerns["overtaken"].hint == "datamotion failover gold --to gold-lyon fences it"
        report = await story.failover("lyon", is_planned=None)
        assert "vol_1" not in story.served("paris"), told(report)
        hint = (await story.concerns())["frozen"].hint or ""
        assert "with --best-effort what cannot follow stays" in hint
        await story.failover("lyon", is_planned=None, best_effort=True)
        assert story.served("paris") == {"vol_2"}
        assert story.served("lyon") == {"vol_1"}

    play(quick_path, main, schedule=None)
