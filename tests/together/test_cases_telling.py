"""Finishing, and telling the truth: what a run met on its way, and what its report and `status` say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.model.acts import Act
from datamotion.model.mirror_acts import Break, Pause
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, intents, preparing
from datamotion.service.verdict import Verdict
from ontaplab.faults.scripted import scripted
from tests.together.stories import Story, outcomes, play, refused, told
from tests.together.world import GROUP, Quiet, create_volumes

_HOUR_S = 3600


class Meanwhile(Quiet):
    """Does something once, when acts of a kind have come about."""

    def __init__(self, kind: type, action: Callable[[], object]) -> None:
        self._kind = kind
        self._action: Callable[[], object] | None = action

    def reached(self, acts: Sequence[Act]) -> None:
        if self._action is not None and any(isinstance(act.change, self._kind) for act in acts):
            action, self._action = self._action, None
            action()


def _failover(story: Story, to: str | None = None) -> intents.Intent:
    return failing_over.failover(story.place.session.group(GROUP), FailoverChoice(to=to))


def test_one_refused_connection_does_not_make_a_cluster_silent_for_good(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        async with scripted(story.at["lyon"].http, count=1, kind="refuse", route="PATCH /*"):
            report = await story.failover()
        assert (report.verdict, report.serving) == (Verdict.DONE, "gold-lyon"), told(report)

    play(quick_path, story)


def test_a_relationship_that_vanishes_before_its_break_is_given_up_and_nothing_is_called_done(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        story.place.lose("paris")
        relationships = story.place.lab["lyon"].cluster.relationships
        gone = await story.mirror("lyon", "vol_1")
        report = await story.place.run(_failover(story), Meanwhile(Pause, lambda: relationships.remove(gone["uuid"])))
        assert outcomes(report) == {"vol_1": "failed", "vol_2": "done"}, told(report)
        assert "vol_1" in told(report)
        assert report.serving is None
        assert story.served("lyon") == {"vol_2"}

    play(quick_path, story)


def test_a_mirror_that_was_never_initialized_is_no_copy_to_fail_over_to(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        async with scripted(story.at["lyon"].http, kind="transfer_failure"):
            await story.apply()
        await story.change_mirror("lyon", {"state": "paused"})
        story.place.lose("paris")
        plan = await story.plan_failover()
        assert (plan.changes, plan.verdict) == (False, Verdict.REFUSED)
        assert "holds no complete copy" in told(plan)

    play(quick_path, story)


def test_a_loss_that_grew_at_the_prompt_while_transfers_were_held_is_refused(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await trio.sleep(_HOUR_S)
        story.place.lab["lyon"].cluster.transfer_gate.hold()
        async with preparing.prepare(story.place.session, [_failover(story)]) as (prepared,):
            await trio.sleep(2 * _HOUR_S)
            story.place.lab["paris"].cluster.transfer_gate.release()
            message = await refused(prepared.carry_out(Quiet()))
        assert "more would be given up by now" in message
        assert "2 h" in message
        assert story.served("lyon") == set()

    play(quick_path, story)


def test_snapshot_and_age_are_told_as_they_were_at_the_break_however_late_it_is_told(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.write("paris", "vol_1", "newer")
        async with preparing.prepare(story.place.session, [_failover(story)]) as (prepared,):
            await story.update()  # lands while somebody thinks it over
            newest = (await story.mirror("lyon"))["exported_snapshot"]
            report = await prepared.carry_out(Quiet())
        (volume,) = (each for each in report.volumes if each.backend == "gold-lyon")
        assert volume.recovery_point == newest
        assert (volume.recovery_age_s or 0) < 60
        await trio.sleep(9 * _HOUR_S)
        again = await story.failover()
        assert again.verdict is Verdict.DONE
        assert all((each.recovery_age_s or 0) < 60 for each in again.volumes), again.volumes

    play(quick_path, story, schedule=None)


def test_the_target_is_not_said_to_serve_where_every_break_failed(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        query = "PATCH /api/snapmirror/relationships*"
        async with scripted(story.at["lyon"].http, kind="job_failure", route=query):
            report = await story.failover()
        assert report.verdict is not Verdict.DONE
        assert (report.serving, report.epoch, story.served("lyon")) == ("gold-paris", 1, set())
        assert [each.is_seen for each in report.served] == [False], "that it does is what its claim says"

    play(quick_path, story)


def test_what_was_sent_to_a_cluster_that_died_is_told_as_sent_or_unknown(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        report = await story.place.run(_failover(story), Meanwhile(Break, lambda: story.place.lose("lyon")))
        assert report.verdict.exit_status != 0
        (volume,) = report.volumes
        assert volume.came_about or volume.uncertain, told(report)
        assert "othing was sent" not in told(report)
        story.place.regain("lyon")
        assert (await story.failover()).verdict is Verdict.DONE
        assert story.served("lyon") == {"vol_1"}

    play(quick_path, story)


def test_the_oldest_copy_of_many_comes_first(quick_path: Path) -> None:
    names = [f"vol_{number}" for number in range(1, 7)]

    async def story(story: Story) -> None:
        await story.protected(*names)
        await story.change_mirror("lyon", {"state": "paused"}, "vol_4")
        await trio.sleep(49 * _HOUR_S)
        story.place.lose("paris")
        plan = await story.plan_failover()
        assert [each.volume for each in plan.losses] == ["vol_4", *sorted({*names} - {"vol_4"})]
        assert [(each.at_most_s or 0) // _HOUR_S for each in plan.losses] == [49, *[0] * 5]
        assert "2 d" in plan.losses[0].text

    play(quick_path, story)


def test_a_wrong_password_for_a_healthy_home_is_no_reason_to_fail_over(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        mistaken = story.configured(lambda tree: tree["clusters"]["paris"].update(user="nobody"))
        status = await mistaken.status()
        text = " ".join(f"{each.text} {each.hint}" for each in status.groups[0].concerns)
        assert status.verdict.exit_status == 1
        assert "password" in text
        assert "failover" not in text
        assert "failover" not in told(await mistaken.plan())

    play(quick_path, story)


async def _released(story: Story) -> None:
    (each,) = await story.at["paris"].get("/snapmirror/relationships", list_destinations_only="true")
    await story.at["paris"].delete(f"/snapmirror/relationships/{each['uuid']}", source_only="true")


async def _destination_offline(story: Story) -> None:
    await story.change("lyon", "vol_1", {"state": "offline"})


async def _aggregate_full(story: Story) -> None:
    await story.at["lyon"].http.post("/lab/faults", json={"kind": "full_aggregate", "aggregate": "aggr1"})


@pytest.mark.parametrize(
    ("arrange", "hint"),
    [(_released, "source"), (_destination_offline, "online"), (_aggregate_full, "aggr1")],
    ids=["source released", "destination offline", "aggregate full"],
)
def test_a_mirror_that_fails_for_good_is_named_with_a_hint_that_fits(
    arrange: Callable[[Story], Any], hint: str, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await arrange(story)
        story.write("paris", "vol_1", "newer")
        await trio.sleep(2 * _HOUR_S)
        assert hint in told(await story.plan())
        report = await story.apply()
        assert report.verdict.exit_status != 0, told(report)
        assert "does not work" in told(report)
        assert hint in told(report)
        assert (await story.status()).verdict.exit_status == 1

    play(quick_path, story)


def test_a_breached_rpo_is_marked_and_makes_the_status_non_zero(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert (await story.status()).verdict.exit_status == 0
        await trio.sleep(3 * _HOUR_S)
        status = await story.status()
        assert status.verdict.exit_status == 1
        assert any(each.worst_s and each.worst_s >= 3 * _HOUR_S for each in status.groups[0].concerns)

    play(quick_path, story, schedule="daily")


def test_a_served_copy_that_nothing_mirrors_is_marked_and_makes_the_status_non_zero(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        await story.failover()
        story.place.regain("paris")
        await story.apply()
        status = await story.status()
        assert status.verdict.exit_status == 1
        assert any(each.severity != "note" and "vol_1" in each.volumes for each in status.groups[0].concerns)

    play(quick_path, story)


def test_a_group_without_any_mirror_is_marked_and_makes_the_status_non_zero(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        status = await story.status()
        assert status.verdict.exit_status == 1
        assert any(each.severity != "note" for each in status.groups[0].concerns)

    play(quick_path, story)


def test_a_junction_path_that_is_taken_is_told_before_anything_is_broken_off(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        drill = {"name": "drill", "nas": {"path": "/VOL_1"}, "svm.name": "svm_gold_dr"}
        await story.at["lyon"].post("/storage/volumes", {**drill, "size": "20MB", "aggregates": [{"name": "aggr1"}]})
        story.place.lose("paris")
        plan = await story.plan_failover()
        assert not plan.changes
        assert "its junction path /vol_1 is taken by volume drill" in told(plan)
        await story.failover()
        assert (await story.mirror("lyon"))["state"] == "snapmirrored"

    play(quick_path, story)


def test_a_schedule_that_was_taken_out_of_the_configuration_goes_back_to_the_policys(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        without = story.configured(lambda tree: tree["groups"][GROUP]["targets"][0].pop("schedule"))
        assert (await without.apply()).verdict is Verdict.DONE
        assert "transfer_schedule" not in await story.mirror("lyon")

    play(quick_path, story)


@pytest.mark.parametrize("written", ["[datamotion is great]", "x" * 1000])
def test_what_people_wrote_in_a_comment_is_never_cut(written: str, quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await story.change("paris", "vol_1", {"comment": written})
        report = await story.apply()
        assert (await story.volume("paris", "vol_1"))["comment"].startswith(written)
        if len(written) < 900:
            assert report.verdict is Verdict.DONE
            assert (await story.volume("lyon", "vol_1"))["comment"].startswith(written), "its mirror says it too"
        else:
            assert report.verdict.exit_status != 0
            assert "leaves no room" in told(report)

    play(quick_path, story)


def test_failures_of_two_targets_are_told_with_their_back_ends(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        for target in ("lyon", "oslo"):
            await story.change(target, "vol_1", {"state": "offline"})
        await trio.sleep(_HOUR_S)
        report = await story.apply()
        assert {each.backend for each in report.refusals} >= {"gold-lyon", "gold-oslo"}

    play(quick_path, story, targets=("lyon", "oslo"))


def test_an_update_of_a_lost_home_is_no_answer(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        report = await story.update()
        assert report.verdict.exit_status == 4, told(report)

    play(quick_path, story)


def test_what_told_a_site_of_a_claim_and_refused_the_rest_was_done_in_part(quick_path: Path) -> None:
    """Refused would say that nothing was changed."""

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("oslo")
        await story.failover("lyon", is_planned=True)
        story.place.regain("oslo")
        report = await story.apply()
        assert "datamotion reprotect gold" in told(report)
        assert report.verdict is Verdict.PARTLY
        claims = await story.at["oslo"].get("/snapmirror/policies", name="datamotion_gold_2")
        assert claims, "that is what was changed"
        assert (await story.apply()).verdict is Verdict.REFUSED, "by now there is nothing else to do"

    play(quick_path, story, targets=("lyon", "oslo"), schedule=None)
