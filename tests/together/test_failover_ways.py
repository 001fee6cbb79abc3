"""Failovers that are told how: to an older state, with a grace for what is on its way, without what cannot follow."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.errors import Refused
from datamotion.model.acts import Act, Change
from datamotion.model.claim import Claim
from datamotion.model.mirror_acts import Break, Pause
from datamotion.model.serving_acts import TakeEpoch
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.mirrors.last_transfers import Pace
from datamotion.service import failing_over, removal
from datamotion.service.open_runs import open_runs
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from ontaplab.resources.licenses.state import letters_of
from tests.profile import thinned
from tests.together.mortal import Died, Life, dies
from tests.together.stories import Story, outcomes, play, told
from tests.together.test_mirrors import with_a_transfer_that_is_held
from tests.together.test_planned import FROZEN, SERVED, as_served, planned
from tests.together.test_reprotect import reprotect
from tests.together.world import GROUP, SVMS, Quiet, create_volumes, succeed

VOLUMES = ("vol_1", "vol_2", "vol_3")
MONDAY = Earlier(snapshot="monday")


async def with_a_good_and_a_spoilt_state(story: Story, *volumes: str) -> datetime:
    """Every mirror holds snapshot `monday` and, an hour later, what nobody wants. Returns a time between the two."""
    story = all_snapshots(story)
    await story.protected(*volumes)
    for volume in volumes:
        found = await story.volume("paris", volume, "uuid")
        await story.at["paris"].post(f"/storage/volumes/{found['uuid']}/snapshots", {"name": "monday"})
    between = (await trio_now(story)) + timedelta(seconds=60)
    await trio.sleep(3600)
    for volume in volumes:
        story.write("paris", volume, "spoilt")
    report = await story.update()
    assert report.verdict is Verdict.DONE, told(report)
    return between


def all_snapshots(story: Story) -> Story:
    def change(tree: dict[str, Any]) -> None:
        for target in tree["groups"][GROUP]["targets"]:
            target["policy"] = "MirrorAllSnapshots"

    return story.configured(change)


async def trio_now(story: Story) -> datetime:
    return story.place.session.world.clock.now().astimezone(UTC)


def test_an_older_state_is_served_by_its_name_or_by_a_time_and_what_goes_is_told(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        between = await with_a_good_and_a_spoilt_state(story, *VOLUMES)
        for earlier in (MONDAY, Earlier(taken_by=between)):
            plan = await story.plan_failover(is_planned=None, earlier=earlier)
            assert {each.volume for each in plan.losses} == set(VOLUMES)
            assert "all writes since monday, 1 h" in plan.losses[0].text, told(plan)
            assert "newer snapshots at gold-lyon" in plan.losses[0].text, told(plan)
        report = await story.failover(is_planned=None, earlier=Earlier(taken_by=between))
        assert report.verdict is Verdict.DONE, told(report)
        for volume in VOLUMES:
            assert story.files("lyon", volume) == {"kept"}
            assert await as_served(story, "paris", volume) == FROZEN, "who serves what is spoilt is fenced"
        assert {each.recovery_point for each in report.volumes if each.recovery_point} == {"monday"}

    play(quick_path, story)


def test_what_is_newer_is_kept_where_that_is_asked_for_and_nothing_goes_where_it_cannot_be(quick_path: Path) -> None:
    keeping = Earlier(snapshot="monday", keeps_newer=True)

    async def story(story: Story) -> None:
        await with_a_good_and_a_spoilt_state(story, "vol_1")
        await story.at["lyon"].delete("/cluster/licensing/licenses/flexclone")
        refused = await story.plan_failover(earlier=keeping)
        assert refused.verdict is Verdict.REFUSED, told(refused)
        assert "no FlexClone licence" in told(refused)
        await story.at["lyon"].post("/cluster/licensing/licenses", {"keys": [letters_of("flexclone")]})
        report = await story.failover(earlier=keeping)
        assert report.verdict is Verdict.DONE, told(report)
        assert story.files("lyon", "vol_1") == {"kept"}
        kept = [each for each in story.place.lab["lyon"].cluster.volumes if "_kept_" in each.name]
        assert [story.files("lyon", each.name) for each in kept] == [{"kept", "spoilt"}]
        assert story.served("lyon") == {"vol_1"}

    play(quick_path, story)


@pytest.mark.parametrize("keeps_newer", [None, False])
def test_what_was_to_be_kept_is_kept_by_whoever_goes_on_unless_he_says_otherwise(
    quick_path: Path, keeps_newer: bool | None
) -> None:
    async def fail_over(story: Story) -> RunReport:
        return await story.failover("lyon", earlier=Earlier(snapshot="monday", keeps_newer=True))

    async def story(story: Story) -> None:
        await with_a_good_and_a_spoilt_state(story, "vol_1")
        assert await dies(fail_over, story, Life(3, is_carried_out=True))
        hints = {kind: each.hint for kind, each in (await story.concerns()).items()}
        command = "datamotion failover gold --to gold-lyon --at monday --keep-newer"
        assert hints["unfinished claim"] == hints["shut out"] == f"{command} goes on with it"
        report = await story.failover("lyon", earlier=Earlier(snapshot="monday", keeps_newer=keeps_newer))
        assert report.verdict is Verdict.DONE, told(report)
        assert story.files("lyon", "vol_1") == {"kept"}
        kept = [each for each in story.place.lab["lyon"].cluster.volumes if "_kept_" in each.name]
        assert len(kept) == (keeps_newer is None)

    play(quick_path, story)


def test_a_copy_without_that_state_cannot_be_served_and_says_what_it_holds(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await with_a_good_and_a_spoilt_state(story, "vol_1")
        for earlier, why in (
            (Earlier(snapshot="sunday"), "it holds no snapshot sunday"),
            (Earlier(taken_by=datetime(2020, 1, 1, tzinfo=UTC)), "was taken later"),
        ):
            plan = await story.plan_failover(earlier=earlier)
            assert plan.verdict is Verdict.REFUSED, told(plan)
            assert why in told(plan)

    play(quick_path, story)


@pytest.mark.slow
@pytest.mark.parametrize("is_carried_out", thinned([False, True], 2))
@pytest.mark.sweep
def test_killed_at_any_call_the_same_command_comes_to_the_same_older_state(
    quick_path: Path, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 7

    async def fail_over(story: Story) -> RunReport:
        return await story.failover(earlier=MONDAY)

    async def main(story: Story) -> None:
        await with_a_good_and_a_spoilt_state(story, *VOLUMES)
        was_cut_off = await dies(fail_over, story, Life(calls, is_carried_out))
        report = await fail_over(story)
        assert report.verdict is Verdict.DONE, (calls, told(report))
        assert all(story.files("lyon", volume) == {"kept"} for volume in VOLUMES)
        assert story.served("lyon") == set(VOLUMES)
        if not was_cut_off:
            over.append(calls)

    over: list[int] = []
    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert over[0] > 5


def test_cut_off_behind_its_epoch_an_older_state_is_gone_on_with_as_it_was_asked_for_and_not_otherwise(
    quick_path: Path,
) -> None:
    async def fail_over(story: Story) -> RunReport:
        return await story.failover("lyon", is_planned=None, earlier=MONDAY)

    async def story(story: Story) -> None:
        command = "datamotion failover gold --to gold-lyon --at monday"
        await with_a_good_and_a_spoilt_state(story, *VOLUMES)
        assert await dies(fail_over, story, Life(3, is_carried_out=True))
        (run,) = open_runs(story.place.session).runs
        assert run.goes_on == f"{command} --no-reprotect"
        concerns = await story.concerns()
        assert concerns["unfinished claim"].hint == f"{command} goes on with it"
        assert concerns["shut out"].hint == f"{command} goes on with it", "clients are not let in to what it overtakes"
        for to, choice in (("lyon", {}), (None, {}), ("lyon", {"earlier": Earlier(snapshot="sunday")})):
            plan = await story.plan_failover(to, is_planned=None, **choice)
            assert plan.verdict is Verdict.REFUSED, told(plan)
            assert f"to finish it: {command};" in told(plan)
        assert f"{command} goes on with it" in told(
            await story.place.run(failing_over.thaw(story.place.session.group(GROUP)))
        )
        report = await fail_over(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert all(story.files("lyon", volume) == {"kept"} for volume in VOLUMES)

    play(quick_path, story)


@pytest.mark.parametrize(("calls", "begun"), [(3, "frozen"), (11, "unfinished claim")])
def test_what_appears_after_a_failover_was_cut_off_keeps_nobody_from_going_on_with_it(
    quick_path: Path, calls: int, begun: str
) -> None:
    """Behind the freeze, and behind the epoch. It was never protected, so it stays where it is."""

    async def fail_over(story: Story) -> RunReport:
        return await story.failover("lyon", is_planned=True)

    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        assert await dies(fail_over, story, Life(calls, is_carried_out=True))
        assert begun in await story.concerns()
        await create_volumes(story.place.lab["paris"], ["vol_3"])
        report = await fail_over(story)
        assert report.verdict is Verdict.PARTLY, told(report)
        assert "vol_3 at gold-paris was never protected: it stays\ndatamotion apply gold protects it" in told(report)
        assert story.served("lyon") == {"vol_1", "vol_2"}
        assert story.served("paris") == {"vol_3"}
        again = await story.apply()
        assert again.verdict is Verdict.DONE, told(again)

    play(quick_path, main)


def test_a_mirror_without_its_mark_is_not_left_out_silently_where_its_home_is_lost(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.change("lyon", "vol_1", {"comment": "owner: storage"})
        story.place.lose("paris")
        plan = await story.plan_failover()
        assert plan.verdict is Verdict.REFUSED, told(plan)
        assert "gold-lyon may hold more of gold than can be served: vol_1 at gold-lyon is a mirror of vol_1" in told(
            plan
        )
        assert "--to gold-lyon --allow-partial fails over all else" in told(plan)
        report = await story.failover(allow_partial=True)
        assert report.verdict is Verdict.PARTLY, told(report)
        (refusal,) = report.refusals
        assert "whether it is a copy of what gold protects nobody can tell" in refusal.text
        assert "unfinished claim" not in await story.concerns(), "what was left out keeps no epoch from being confirmed"
        assert story.served("lyon") == {"vol_2"}
        story.place.regain("paris")
        await story.apply()
        assert story.served("paris") == {"vol_1"}, "it was never overtaken"

    play(quick_path, main)


def test_a_home_whose_svm_was_renamed_is_not_taken_for_lost(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        (svm,) = await story.at["paris"].get("/svm/svms", name="svm_gold")
        await story.at["paris"].patch(f"/svm/svms/{svm['uuid']}", {"name": "svm_goldx"})
        for is_planned in (None, True):
            plan = await story.plan_failover(is_planned=is_planned)
            assert plan.verdict is Verdict.REFUSED, told(plan)
            assert "cannot be frozen: paris has no SVM svm_gold" in told(plan)
            assert "if it was renamed: correct `svm` of gold-paris" in told(plan)

    play(quick_path, main)


def test_a_copy_that_took_over_and_lost_its_mark_has_it_again_as_the_hint_says(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        await story.failover("lyon", is_planned=True)
        await story.place.run(reprotect(story))
        await story.change("lyon", "vol_1", {"comment": "owner: o'storage"})
        hint = (await story.concerns())["replaced"].hint or ""
        *_, comment = shlex.split(hint.partition("volume modify ")[2])
        await story.change("lyon", "vol_1", {"comment": comment})
        assert not (await story.group()).concerns

    play(quick_path, main)


def test_a_transfer_that_moves_has_its_grace_and_lands(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await with_a_transfer_that_is_held(story)
        reports: list[RunReport] = []

        async def fail_over() -> None:
            reports.append(await story.failover(pace=Pace(grace=timedelta(minutes=2))))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_over)
            await trio.sleep(3)
            story.place.lab["lyon"].cluster.transfer_gate.release()
        assert reports[0].verdict is Verdict.DONE, told(reports[0])
        assert story.files("lyon") == {"kept", "newer"}

    play(quick_path, story, schedule=None)


def test_a_transfer_that_does_not_move_is_aborted_long_before_its_grace_is_over(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await with_a_transfer_that_is_held(story)
        began = trio.current_time()
        report = await story.failover(pace=Pace(grace=timedelta(minutes=2)))
        assert report.verdict is Verdict.DONE, told(report)
        assert 5 <= trio.current_time() - began < 20
        assert story.files("lyon") == {"kept"}
        story.place.lab["lyon"].cluster.transfer_gate.release()

    play(quick_path, story, schedule=None)


async def assert_all_but_vol_2_moved(story: Story, report: RunReport) -> None:
    assert report.verdict is Verdict.PARTLY, told(report)
    assert "vol_2 can" in told(report)
    for volume in ("vol_1", "vol_3"):
        assert story.files("lyon", volume) == {"kept", "since"}
        assert await as_served(story, "lyon", volume) == {**SERVED, "path": f"/{volume}"}
        assert await as_served(story, "paris", volume) == FROZEN
    assert await as_served(story, "paris", "vol_2") == {**SERVED, "path": "/vol_2"}, "its clients write where they did"
    assert not [each for each in (await story.group()).concerns if each.kind == "frozen"]


def test_what_cannot_follow_stays_where_it_is_served_and_keeps_nobody(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected(*VOLUMES)
        for volume in VOLUMES:
            story.write("paris", volume, "since")
        await story.change_mirror("lyon", {"state": "paused"}, "vol_2")
        alone = await story.plan_failover(is_planned=None)
        assert alone.verdict is Verdict.REFUSED, told(alone)
        assert "--best-effort moves the others" in told(alone)
        report = await planned(story, best_effort=True)
        await assert_all_but_vol_2_moved(story, report)
        assert outcomes(report, "gold-lyon") == {"vol_1": "done", "vol_2": "failed", "vol_3": "done"}
        again = await planned(story, best_effort=True)
        assert story.files("paris", "vol_2") == {"kept", "since"}, told(again)

    play(quick_path, story, schedule=None)


def test_what_cannot_follow_after_the_freeze_is_let_in_where_it_was(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected(*VOLUMES)
        for volume in VOLUMES:
            story.write("paris", volume, "since")
        reports: list[RunReport] = []

        async def fail_over() -> None:
            reports.append(await planned(story, best_effort=True))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_over)
            while (await as_served(story, "paris", "vol_2")) != FROZEN:
                await trio.sleep(0.005)
            await story.delete_mirror("lyon", "vol_2")
        await assert_all_but_vol_2_moved(story, reports[0])

    play(quick_path, story, schedule=None)


class EndsOnce(Quiet):
    """With it a process ends as soon as so many acts of a kind were seen to hold."""

    def __init__(self, kind: type[Change], count: int) -> None:
        self._kind = kind
        self._left = count

    def reached(self, acts: Sequence[Act]) -> None:
        self._left -= sum(isinstance(act.change, self._kind) for act in acts)
        if self._left <= 0:
            raise Died


async def let_in_by_hand(story: Story, volume: str) -> None:
    await story.change("paris", volume, {"nas": {"path": f"/{volume}", "export_policy": {"name": "default"}}})


@pytest.mark.parametrize("kind", [TakeEpoch, Pause, Break])
def test_what_is_written_where_somebody_lets_clients_in_again_is_carried_or_named(
    quick_path: Path, kind: type[Change]
) -> None:
    """A run was cut off behind its decision, and clients of one volume were let in at the source meanwhile."""

    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        group = story.place.session.group(GROUP)
        intent = failing_over.failover(group, FailoverChoice(is_planned=None))
        with pytest.raises(Died):
            await story.place.run(intent, EndsOnce(kind, 2))
        await let_in_by_hand(story, "vol_2")
        story.write("paris", "vol_2", "late")
        shown = await story.plan_failover("lyon", is_planned=None)
        report = await planned(story, "lyon")
        assert story.served("lyon") >= {"vol_1"}
        if "late" in story.files("lyon", "vol_2"):
            assert report.verdict is Verdict.DONE, told(report)
        elif kind is Break:  # nothing can be carried any more
            assert report.verdict is Verdict.PARTLY, told(report)
            assert "no write is lost" not in told(report)
            assert "vol_2: clients could write at gold-paris after the last snapshot was taken" in told(shown)
        else:
            assert report.verdict is Verdict.PARTLY, told(report)
            assert "vol_2 cannot follow" in told(report)
            assert story.served("paris") == {"vol_2"}, "its clients go on where they are"

    play(quick_path, story, schedule=None)


def test_reprotect_fences_what_somebody_let_clients_in_to_whatever_is_agreed_to(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await planned(story)
        for volume in ("vol_1", "vol_2"):
            await let_in_by_hand(story, volume)
            story.write("paris", volume, "late")
        report = await story.place.run(reprotect(story))
        assert "may hold writes of its own" in told(report)
        for volume in ("vol_1", "vol_2"):
            assert await as_served(story, "paris", volume) == FROZEN

    play(quick_path, story, schedule=None)


def test_a_mirror_of_a_mirror_is_not_said_to_hold_what_is_served(quick_path: Path) -> None:
    """It went on after what was overtaken, which then gave up what both of them held."""

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.failover("lyon", is_planned=False)
        story.write("paris", "vol_1", "late")
        oslo = await story.mirror("oslo")
        await succeed(story.at["oslo"].http.post(f"/api/snapmirror/relationships/{oslo['uuid']}/transfers", json={}))
        await trio.sleep(60)
        story.write("lyon", "vol_1", "new")
        await story.place.run(reprotect(story, "paris"))
        group = await story.group()
        concerns = {each.kind: each for each in group.concerns}
        assert concerns["stale"].backend == "gold-oslo", group.concerns
        assert "a mirror of gold-paris, which does not serve" in concerns["stale"].text

    play(quick_path, story, targets=("lyon", "oslo"), schedule=None)


async def divided(story: Story) -> Story:
    """Lyon serves vol_2 alone, since the transfer of vol_1 failed, and it could follow by now."""
    story = story.configured(lambda tree: tree["groups"][GROUP].update(rpo="10m"))
    await story.protected("vol_1", "vol_2")
    mirror = await story.mirror("lyon", "vol_1")
    async with story.place.lab["lyon"].client() as client:
        fault = {"kind": "transfer_failure", "relationship": mirror["uuid"]}
        await succeed(client.post("/lab/faults", json=fault))
        report = await planned(story, to="lyon", best_effort=True)
        assert report.verdict is Verdict.PARTLY, told(report)
        assert story.served("lyon") == {"vol_2"}
        await succeed(client.delete("/lab/faults"))
    story.write("paris", "vol_1", "since")
    story.write("lyon", "vol_2", "since")
    return story


def test_a_copy_that_was_broken_off_by_hand_stays_behind_and_keeps_nobody(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.change_mirror("lyon", {"state": "broken_off"}, "vol_1")
        for volume in ("vol_1", "vol_2"):
            story.write("paris", volume, "since")
        for _ in range(2):
            report = await planned(story, to="lyon", best_effort=True)
            assert story.served("lyon") >= {"vol_2"}
            assert story.files("lyon", "vol_2") == {"kept", "since"}
            assert await as_served(story, "paris", "vol_1") == {**SERVED, "path": "/vol_1"}, told(report)
            assert (await as_served(story, "lyon", "vol_1"))["path"] is None

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("calls", thinned(range(14), 5))
def test_cut_off_beside_such_a_copy_the_same_command_comes_to_the_same(quick_path: Path, calls: int) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.change_mirror("lyon", {"state": "broken_off"}, "vol_1")
        story.write("paris", "vol_1", "since")
        await dies(lambda mortal: planned(mortal, to="lyon", best_effort=True), story, Life(calls, is_carried_out=True))
        report = await planned(story, to="lyon", best_effort=True)
        assert story.served("lyon") >= {"vol_2"}, told(report)
        assert await as_served(story, "paris", "vol_1") == {**SERVED, "path": "/vol_1"}, told(report)

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("to", ["lyon", "paris"])
def test_a_divided_group_is_brought_together_where_it_is_told_to_be(quick_path: Path, to: str) -> None:
    async def story(story: Story) -> None:
        story = await divided(story)
        alone = await story.plan_failover(is_planned=None)
        assert alone.verdict is Verdict.REFUSED, told(alone)
        assert "vol_1" in told(alone), "that it stays where it is is no end that was wanted"
        assert "--to gold-lyon" in told(alone)
        await story.place.run(reprotect(story))
        report = await planned(story, to=to)
        assert report.verdict is Verdict.DONE, told(report)
        assert story.served(to) >= {"vol_1", "vol_2"}
        for volume in ("vol_1", "vol_2"):
            assert story.files(to, volume) == {"kept", "since"}, told(report)
            assert await as_served(story, to, volume) == {**SERVED, "path": f"/{volume}"}
        assert (await story.group()).serving == f"gold-{to}"

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("calls", [None, *thinned(range(12), 4)])
def test_the_rest_of_a_divided_group_comes_unplanned_in_an_epoch_that_was_not_served_yet(
    quick_path: Path, calls: int | None, is_lost: bool
) -> None:
    """Killed at any call, too: the epoch of the part was given for that part, and every site has seen it end."""

    async def fail_over(story: Story) -> RunReport:
        return await story.failover("lyon", is_planned=False)

    async def story(story: Story) -> None:
        story = await divided(story)
        if is_lost:
            story.place.lose("paris")
        if calls is not None:
            await dies(fail_over, story, Life(calls, is_carried_out=True))
        report = await fail_over(story)
        assert (report.verdict, report.serving, report.epoch) == (Verdict.DONE, "gold-lyon", 3), told(report)
        story.place.regain("paris")
        assert (await story.apply()).verdict is not Verdict.REFUSED
        assert (story.served("lyon"), story.served("paris")) == ({"vol_1", "vol_2"}, set())
        assert "since" in story.files("lyon", "vol_2"), "what lyon served goes on where it was"
        assert not {"divided", "overtaken", "undecided", "unfinished claim"} & (await story.concerns()).keys()

    play(quick_path, story, schedule=None)


def test_of_two_at_once_that_take_over_from_a_divided_group_one_comes_through(quick_path: Path) -> None:
    """One adds the rest to what serves a part, one gives that part up: both need the next epoch."""

    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("lyon", "vol_1")
        await story.failover("lyon", allow_partial=True)
        await story.apply()
        assert (story.served("paris"), story.served("lyon")) == ({"vol_1"}, {"vol_2"})
        (story.place.root / "elsewhere").mkdir()
        second = story.configured(lambda tree: tree.update(store=str(story.place.root / "elsewhere" / "store.db")))
        reports: list[RunReport] = []

        async def run(operator: Story, to: str, overrule: str | None) -> None:
            reports.append(await operator.failover(to, overrule=overrule))

        async with trio.open_nursery() as both:
            both.start_soon(run, story, "lyon", None)
            both.start_soon(run, second, "oslo", "gold-lyon")
        assert [each.verdict for each in reports].count(Verdict.FAILED) == 1, [told(each) for each in reports]
        served = {site: story.served(site) for site in ("paris", "lyon", "oslo")}
        for volume in ("vol_1", "vol_2"):
            assert [volume in each for each in served.values()].count(True) == 1, served

    play(quick_path, story, targets=("lyon", "oslo"))


@pytest.mark.parametrize("after_s", [0.01, 0.02, 0.03, 0.1])
def test_a_planned_one_beside_an_unplanned_one_to_the_same_site_does_not_take_from_it_what_it_serves(
    quick_path: Path, after_s: float
) -> None:
    """The planned one finds the epoch taken and that nothing can follow: it says so of all volumes, in that epoch."""

    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        for volume in ("vol_1", "vol_2"):
            await story.change_mirror("lyon", {"state": "paused"}, volume)
        (story.place.root / "elsewhere").mkdir()
        second = story.configured(lambda tree: tree.update(store=str(story.place.root / "elsewhere" / "store.db")))

        async def follow() -> None:
            await trio.sleep(after_s)
            with suppress(Refused):
                await second.failover("lyon", is_planned=True)

        async with trio.open_nursery() as both:
            both.start_soon(follow)
            both.start_soon(story.failover, "lyon")
        await story.apply()
        group = await story.group()
        assert {each.active for each in group.volumes} == {"gold-lyon"}, group.concerns
        assert (story.served("lyon"), story.served("paris")) == ({"vol_1", "vol_2"}, set())

    play(quick_path, story, schedule=None)


def test_instead_of_one_that_was_cut_off_who_served_before_is_named_because_no_other_has_all(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        story.write("paris", "vol_2", "in no mirror yet")
        group = story.place.session.group(GROUP)
        intent = failing_over.failover(group, FailoverChoice(to="gold-lyon", is_planned=True))
        with pytest.raises(Died):
            await story.place.run(intent, EndsOnce(TakeEpoch, 2))
        refused = await story.plan_failover("oslo", is_planned=None)
        assert refused.verdict is Verdict.REFUSED
        back = "datamotion failover gold --to gold-paris --overrule gold-lyon serves all that was written at gold-paris"
        assert back in told(refused), told(refused)
        report = await story.failover("paris", overrule="gold-lyon")
        assert report.verdict is Verdict.DONE, told(report)
        assert story.served("paris") == {"vol_1", "vol_2"}
        assert "in no mirror yet" in story.files("paris", "vol_2")

    play(quick_path, story, targets=("lyon", "oslo"), schedule=None)


def test_what_was_overtaken_is_fenced_where_one_that_withdrew_had_taken_the_epoch_too(
    quick_path: Path,
) -> None:
    """The name of the epoch is taken there: nothing waits for what can never be told."""

    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        story.place.lose("paris")
        await story.failover("lyon")
        story.place.regain("paris")
        oslo = await story.at["oslo"].one("/svm/svms", name=SVMS["oslo"])
        lost = Claim(
            group=GROUP, epoch=2, backend="gold-oslo", svm=oslo["uuid"], since=await trio_now(story), by="another host"
        )
        body = {"name": lost.policy, "svm.name": SVMS["paris"], "type": "async", "comment": lost.comment}
        await story.at["paris"].post("/snapmirror/policies", {**body, "copy_all_source_snapshots": True})
        report = await story.apply()
        assert story.served("paris") == set(), told(report)
        assert "was taken at" not in told(report)
        assert "overtaken" not in await story.concerns()
        mirrored = await story.place.run(reprotect(story, "paris", "oslo"))
        assert mirrored.verdict is Verdict.DONE, told(mirrored)
        collected = await story.place.run(removal.gc(story.place.session.group(GROUP), {GROUP}))
        assert "are left: gold-paris has another claim of epoch 2; a later epoch overtakes both" in told(collected)

    play(quick_path, story, targets=("lyon", "oslo"))


@pytest.mark.parametrize("to", [None, "lyon"])
def test_of_a_divided_group_only_what_a_lost_site_served_is_taken_over(quick_path: Path, to: str | None) -> None:
    """Who serves the rest answers, and what is written there is in no mirror yet: nobody asked to give that up."""

    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("oslo", "vol_2")
        report = await story.failover("oslo", is_planned=True, allow_partial=True)
        assert (story.served("oslo"), story.served("paris")) == ({"vol_1"}, {"vol_2"}), told(report)
        await story.apply()
        await story.delete_mirror("oslo", "vol_2")
        story.write("oslo", "vol_1", "since the last transfer")
        story.place.lose("paris")
        plan = await story.plan_failover(to, is_planned=None)
        assert {each.given_up_at for each in plan.losses} == {"gold-paris"}
        report = await story.failover(to, is_planned=None)
        assert report.verdict is Verdict.DONE, told(report)
        assert (story.served("oslo"), story.served("lyon")) == ({"vol_1"}, {"vol_2"})
        assert "since the last transfer" in story.files("oslo")

    play(quick_path, main, targets=("lyon", "oslo"), schedule=None)


def test_what_comes_to_it_from_a_lost_site_is_not_older_than_the_group_may_lose(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = await divided(story)
        await trio.sleep(1200)
        story.place.lose("paris")
        rpo = timedelta(minutes=10)
        plan = await story.plan_failover(is_planned=None, max_loss=rpo)
        assert plan.verdict is Verdict.REFUSED, told(plan)
        assert "over the group's RPO of 10 min" in told(plan), told(plan)
        report = await story.failover(is_planned=None, max_loss=timedelta(hours=1))
        assert report.verdict is Verdict.DONE, told(report)
        assert story.served("lyon") == {"vol_1", "vol_2"}
        assert {each.volume for each in report.volumes if each.recovery_point} == {"vol_1"}

    play(quick_path, story, schedule=None)


def test_what_serves_elsewhere_does_not_go_back_and_another_one_does_where_that_is_said(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await with_a_good_and_a_spoilt_state(story, "vol_1")
        story = all_snapshots(story)
        assert (await planned(story, to="lyon")).verdict is Verdict.DONE
        assert (await story.place.run(reprotect(story))).verdict is Verdict.DONE
        for to in (None, "lyon"):
            plan = await story.plan_failover(to, earlier=MONDAY)
            assert plan.verdict is Verdict.REFUSED, told(plan)
            assert "only a mirror is served at one" in told(plan), told(plan)
            assert "--to BACKEND --at monday --overrule gold-lyon" in told(plan)
        report = await story.failover("paris", earlier=MONDAY, overrule="gold-lyon")
        assert report.verdict is Verdict.DONE, told(report)
        assert story.files("paris", "vol_1") == {"kept"}
        assert (await story.group()).serving == "gold-paris"

    play(quick_path, story)
