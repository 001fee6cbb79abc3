"""Planned failovers against clusters that hold real bytes: every write comes along, or all is as it was."""

from __future__ import annotations

import io
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from rich.console import Console

from datamotion.cli.render_run import render_run
from datamotion.model.standing import FENCE
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.planned import FREEZE
from datamotion.policy.mirrors.last_transfers import Pace
from datamotion.policy.selection import Selection
from datamotion.service import failing_over, mirrors, preparing
from datamotion.service.history import history
from datamotion.service.open_runs import open_runs
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from ontaplab.doors.errors import DoorError
from tests.ontaplab.doors.hosts import ALL, HOST
from tests.profile import thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, outcomes, play, titles, told
from tests.together.test_migrate import LostOnce, Once, take_the_path
from tests.together.world import GROUP, Quiet, create_volumes

BOTH = ("lyon", "oslo")
VOLUMES = ("vol_1", "vol_2", "vol_3")


async def planned(story: Story, to: str | None = None, **choice: Any) -> RunReport:
    return await story.failover(to, **{"is_planned": None, **choice})


async def abort(story: Story) -> RunReport:
    return await story.place.run(failing_over.thaw(story.place.session.group(GROUP)))


async def as_served(story: Story, cluster: str, volume: str) -> Mapping[str, Any]:
    found = await story.volume(cluster, volume, "type,nas.path,nas.export_policy.name")
    return {"type": found["type"], "path": found["nas"].get("path"), "export": found["nas"]["export_policy"]["name"]}


SERVED = {"type": "rw", "export": "default"}
FROZEN = {"type": "rw", "path": None, "export": FENCE}


async def assert_as_it_was(story: Story, *volumes: str) -> None:
    """Paris serves, its clients come in, and lyon mirrors it."""
    for volume in volumes:
        assert await as_served(story, "paris", volume) == {**SERVED, "path": f"/{volume}"}
        assert (await story.mirror("lyon", volume))["state"] == "snapmirrored"
    group = await story.group()
    assert (group.serving, group.epoch) == ("gold-paris", 1)
    assert not [each for each in group.concerns if each.kind == "frozen"]


def test_every_write_comes_along_and_the_other_target_is_left_alone(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        for volume in ("vol_1", "vol_2"):
            story.write("paris", volume, "since the last transfer")
        plan = await story.plan_failover(is_planned=None)
        assert (plan.losses, plan.verdict, plan.then) == ((), Verdict.DONE, ())
        followed = await story.plan_failover(is_planned=None, reprotects=True)
        assert "every other back end is made to mirror gold-lyon" in followed.then[0]
        assert titles(plan)[:7] == [
            "Bring mirrors up to date",
            "Wait for the updates",
            "Create the fence",
            "Note how they were served",
            "Freeze",
            "Take the last snapshot",
            "Carry the last snapshot over",
        ]
        report = await planned(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert outcomes(report, "gold-lyon") == {"vol_1": "done", "vol_2": "done"}
        for volume in ("vol_1", "vol_2"):
            assert story.files("lyon", volume) == {"kept", "since the last transfer"}
            assert await as_served(story, "lyon", volume) == {**SERVED, "path": f"/{volume}"}
            assert await as_served(story, "paris", volume) == FROZEN
            assert (await story.mirror("oslo", volume))["state"] == "snapmirrored"
        assert {each.frozen_s is not None for each in report.volumes if each.backend == "gold-lyon"} == {True}
        again = await planned(story)
        assert (again.verdict, again.epoch, again.serving) == (Verdict.DONE, 2, "gold-lyon")

    play(quick_path, story, targets=BOTH, schedule=None)


def test_a_client_that_writes_all_the_time_loses_nothing_that_was_acknowledged(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        lab = story.place.lab
        for cluster, svm in (("paris", "svm_gold"), ("lyon", "svm_gold_dr")):
            policy = await story.at[cluster].one("/protocols/nfs/export-policies", name="default", **{"svm.name": svm})
            await story.at[cluster].post(f"/protocols/nfs/export-policies/{policy['id']}/rules", ALL)
        acknowledged: list[str] = []

        async def write() -> None:
            mounted = await lab["paris"].doors.nfs(HOST).open("svm_gold", "/vol_1")
            for number in range(10_000):
                name = f"file {number}"
                try:
                    await mounted.write(b"x" * 512, name)
                except DoorError:
                    return
                acknowledged.append(name)
                await trio.sleep(0.001)

        reports: list[RunReport] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            await trio.sleep(0.1)
            reports.append(await planned(story))
        assert reports[0].verdict is Verdict.DONE, told(reports[0])
        assert len(acknowledged) > 100, "it wrote while the mirror was brought up to date"
        assert story.files("lyon") == {"kept", *acknowledged}
        (frozen_s,) = (each.frozen_s for each in reports[0].volumes if each.backend == "gold-lyon")
        assert frozen_s is not None
        mounted = await lab["lyon"].doors.nfs(HOST).open("svm_gold_dr", "/vol_1")
        await mounted.write(b"x", "served")

    play(quick_path, story, schedule=None)


def test_nothing_is_begun_where_one_volume_could_not_follow(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected(*VOLUMES)
        await story.change_mirror("lyon", {"state": "paused"}, "vol_2")
        plan = await story.plan_failover(is_planned=None)
        assert (plan.verdict, plan.changes) == (Verdict.REFUSED, False)
        assert "vol_2 cannot follow: its mirror is paused and takes no last transfer" in told(plan)
        assert "datamotion resume gold --at gold-lyon" in told(plan)
        assert "datamotion failover gold --to gold-lyon --unplanned" in told(plan)
        await assert_as_it_was(story, "vol_1", "vol_3")

    play(quick_path, story, schedule=None)


def test_where_one_volume_cannot_follow_after_the_freeze_all_are_as_they_were(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected(*VOLUMES)
        story.write("paris", "vol_2", "since")
        gate = story.place.lab["lyon"].cluster.transfer_gate
        reports: list[RunReport] = []

        async def fail_over() -> None:
            reports.append(await planned(story, pace=Pace(frozen_for=timedelta(seconds=30))))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_over)
            while (await as_served(story, "paris", "vol_3")) != FROZEN:
                await trio.sleep(0.01)
            gate.hold()  # the last transfers never end
            await trio.sleep(20)
            concern = (await story.concerns())["frozen"]
            assert "its clients cannot write" in concern.text
            assert concern.hint is not None
            assert "datamotion failover gold --abort" in concern.hint
            assert "is frozen" in told(await story.plan())
            await trio.sleep(60)
            gate.release()
        (report,) = reports
        assert report.verdict is Verdict.FAILED, told(report)
        assert "clients have waited for" in told(report)
        shown = io.StringIO()
        render_run(report, Console(file=shown, width=1000))
        assert shown.getvalue().count("clients have waited for") == 1, shown.getvalue()
        assert shown.getvalue().count("longer --frozen-for") == 1
        assert "Gone back: nothing was broken off, and clients write at gold-paris again: vol_1, vol_2, vol_3." in told(
            report
        )
        assert (report.serving, report.epoch) == ("gold-paris", 1)
        await trio.sleep(60)
        await assert_as_it_was(story, *VOLUMES)
        story.write("paris", "vol_2", "later")
        again = await planned(story)
        assert again.verdict is Verdict.DONE, told(again)
        assert story.files("lyon", "vol_2") == {"kept", "since", "later"}

    play(quick_path, story, schedule=None)


def test_clients_are_kept_away_no_longer_than_was_said(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.write("paris", "vol_1", "since")
        gate = story.place.lab["lyon"].cluster.transfer_gate
        reports: list[RunReport] = []

        async def fail_over() -> None:
            reports.append(await planned(story, pace=Pace(frozen_for=timedelta(seconds=5))))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_over)
            while (await as_served(story, "paris", "vol_1")) != FROZEN:
                await trio.sleep(0.01)
            gate.hold()
            await trio.sleep(12)
            await assert_as_it_was(story, "vol_1")
            gate.release()
        (report,) = reports
        assert report.verdict is Verdict.FAILED, told(report)
        assert "a longer --frozen-for" in told(report)
        assert {each.frozen_s is not None and each.frozen_s < 10 for each in report.volumes} == {True}

    play(quick_path, story, schedule=None)


def test_a_source_that_is_lost_after_the_epoch_was_taken_is_not_needed_any_more(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.write("paris", "vol_1", "since")
        reports: list[RunReport] = []

        async def fail_over() -> None:
            reports.append(await planned(story))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_over)
            while not await story.at["lyon"].get("/snapmirror/policies", name="datamotion_gold_2"):
                await trio.sleep(0.005)
            story.place.lose("paris")
        assert (reports[0].serving, story.files("lyon")) == ("gold-lyon", {"kept", "since"}), told(reports[0])

    play(quick_path, story, schedule=None)


def test_while_the_source_does_not_answer_a_planned_one_is_refused_and_one_without_a_wish_is_unplanned(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        plan = await story.plan_failover(is_planned=True)
        assert (plan.verdict, plan.changes) == (Verdict.SILENT, False)
        assert "datamotion failover gold --unplanned" in told(plan)
        unplanned = await story.plan_failover(is_planned=None)
        assert unplanned.losses
        report = await planned(story)
        assert (report.verdict, report.serving) == (Verdict.DONE, "gold-lyon"), told(report)

    play(quick_path, story, schedule=None)


def test_what_was_brought_home_by_hand_is_settled_first_and_frozen_no_more_then(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        report = await planned(story, "lyon")
        assert report.verdict is Verdict.DONE, told(report)
        await story.change("paris", "vol_1", {"nas": {"path": "/vol_1", "export_policy": {"name": "default"}}})
        concerns = await story.concerns()
        assert concerns["overtaken"].hint == "datamotion apply gold fences it", "clients find what overtook it"
        await story.change("lyon", "vol_1", {"nas": {"path": ""}})
        settles = "if it was brought to gold-paris by hand: datamotion settle gold --keep gold-paris"
        concerns = await story.concerns()
        hints = {kind: concerns[kind].hint for kind in ("overtaken", "unmounted")}
        assert [each for each in hints.values() if not (each or "").startswith(settles)] == [], hints
        assert settles.removeprefix("if it was brought to gold-paris by hand: ") in told(await story.plan())
        report = await story.settle("paris")
        assert report.verdict is Verdict.DONE, told(report)
        group = await story.group()
        assert (group.serving, group.epoch) == ("gold-paris", 3)
        assert not [each for each in group.concerns if each.kind == "frozen"], group.concerns

    play(quick_path, story)


def test_a_mirror_that_was_broken_by_hand_after_it_followed_is_no_lack_since_the_failover(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        report = await planned(story, "lyon")
        assert report.verdict is Verdict.DONE, told(report)
        assert "unprotected" in await story.concerns(), "nothing was turned round"
        report = await story.place.run(mirrors.reprotect(story.place.session.group(GROUP)))
        assert report.verdict is Verdict.DONE, told(report)
        await story.change_mirror("paris", {"state": "broken_off"})
        assert {"unprotected", "no mirror"} & (await story.concerns()).keys() == {"no mirror"}
        story.place.lose("lyon")
        concern = (await story.concerns())["no mirror"]
        assert (concern.hint or "").startswith("once gold-lyon answers: datamotion reprotect gold "), concern
        story.place.regain("lyon")
        report = await story.settle("paris")
        assert report.verdict is Verdict.DONE, told(report)
        assert {each.recovery_point for each in report.volumes} == {None}, "it is kept as it stands"

    play(quick_path, story)


def test_a_planned_failover_that_was_cut_off_is_named_as_it_can_be_typed(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")

        async def swaps(story: Story) -> RunReport:
            return await story.failover("lyon", is_planned=True, reprotects=True)

        for calls in (1, 5):
            assert await dies(swaps, story, Life(calls, is_carried_out=True))
            (run,) = open_runs(story.place.session).runs
            assert run.goes_on == "datamotion failover gold --to gold-lyon --planned"

    play(quick_path, story)


def test_from_the_epoch_on_nothing_goes_back(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        for calls in range(100):
            if await dies(planned, story, Life(calls, is_carried_out=True)):
                taken = await story.at["lyon"].get("/snapmirror/policies", name="datamotion_gold_2")
                if taken:
                    break
        report = await abort(story)
        assert report.verdict is Verdict.REFUSED
        assert "gold-paris does not serve gold again: epoch 2 was taken for gold-lyon" in told(report)
        report = await planned(story)
        assert (report.serving, report.epoch) == ("gold-lyon", 2), told(report)

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("goes_on", [True, False], ids=["then run again", "then aborted"])
@pytest.mark.parametrize("is_carried_out", thinned([False, True], 2))
@pytest.mark.sweep
def test_killed_at_whatever_call(is_carried_out: bool, goes_on: bool, quick_path: Path, soaking: int | None) -> None:
    """In `make test` at every fifth call, from any of the first five on."""
    died_at: list[bool] = []
    aborted, stride = 0, 1 if soaking is not None else 8
    first = random.randrange(stride)
    print(f"from call {first}")

    async def story(story: Story) -> None:
        nonlocal aborted
        await story.protected(*VOLUMES)
        for volume in VOLUMES:
            story.write("paris", volume, "since")
        died_at.append(await dies(planned, story, Life(first + stride * len(died_at), is_carried_out)))
        claimed = any([await story.at[name].get("/snapmirror/policies", name="datamotion_gold_2") for name in story.at])
        if not goes_on:
            if claimed:  # from here on there is only the way forward
                died_at.append(False)
                return
            await abort(story)
            await assert_as_it_was(story, *VOLUMES)
            aborted += 1
            return
        report = await planned(story)
        assert report.verdict is Verdict.DONE, told(report)
        group = await story.group()
        assert (group.serving, group.epoch) == ("gold-lyon", 2)
        for volume in VOLUMES:
            assert story.files("lyon", volume) == {"kept", "since"}
            assert await as_served(story, "lyon", volume) == {**SERVED, "path": f"/{volume}"}
            assert await as_served(story, "paris", volume) == FROZEN

    while not died_at or died_at[-1]:
        play(quick_path / str(len(died_at)), story, targets=BOTH, schedule=None)
    assert len(died_at) * stride > 20 or aborted * stride >= 5


@pytest.mark.parametrize(
    ("is_planned", "is_mounted_beside"), thinned([(True, False), (False, True), (True, True), (False, False)], 2)
)
def test_volumes_that_are_mounted_nowhere_are_broken_off_before_anybody_says_that_they_are_served(
    is_planned: bool, is_mounted_beside: bool, quick_path: Path, soaking: int | None
) -> None:
    """As those of LUNs often are. Killed at every call, in `make test` at every fifteenth."""
    died_at, stride = [True], 1 if soaking is not None else 15

    async def story(story: Story) -> None:
        names = ("vol_1", "vol_2", *(["vol_3"] if is_mounted_beside else []))
        await create_volumes(story.place.lab["paris"], names)
        for name in ("vol_1", "vol_2"):
            await story.change("paris", name, {"nas": {"path": ""}})
        for name in names:
            story.write("paris", name, "kept")
        assert (await story.apply()).verdict is Verdict.DONE
        went = partial(Story.failover, to="lyon", is_planned=is_planned)
        died_at.append(await dies(went, story, Life(stride * (len(died_at) - 1), is_carried_out=True)))
        if not is_planned:
            story.place.lose("paris")
        report = await went(story)
        assert report.verdict is Verdict.DONE, told(report)
        for name in names:
            found = await story.volume("lyon", name, "type,nas.path")
            assert (found["type"], found.get("nas", {}).get("path")) == ("rw", "/vol_3" if name == "vol_3" else None)
            assert story.files("lyon", name) == {"kept"}

    while died_at[-1]:
        play(quick_path / str(len(died_at)), story, schedule=None)


async def cut_off_when_frozen(story: Story) -> None:
    for calls in range(100):
        assert await dies(planned, story, Life(calls, is_carried_out=True))
        if (await as_served(story, "paris", "vol_1")) == FROZEN:
            return


def test_where_the_home_serves_its_title_says_so_and_names_no_other_way(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await planned(story)
        await story.place.run(mirrors.reprotect(story.place.session.group(GROUP)))
        away = await story.plan_failover("paris", is_planned=True)
        assert away.title == "Fail gold over from gold-lyon to gold-paris, epoch 3, as planned: no write is lost"
        await planned(story, "paris", is_planned=True)
        again = await story.plan_failover("paris", is_planned=True)
        assert (again.title, again.changes) == ("Serve gold from gold-paris, which serves it already", False)
        await story.place.run(mirrors.reprotect(story.place.session.group(GROUP)))
        await cut_off_when_frozen(story)
        back = await story.plan_failover("paris", is_planned=True)
        assert back.title == "Let clients of gold in again at gold-paris, which serves it"
        report = await planned(story, "paris", is_planned=True)
        assert (report.title, report.verdict) == (back.title, Verdict.DONE), told(report)
        assert await as_served(story, "paris", "vol_1") == {**SERVED, "path": "/vol_1"}

    play(quick_path, story, schedule=None)


async def settle(story: Story) -> RunReport:
    return await story.settle("paris")


@pytest.mark.parametrize("ends", [settle, abort])
def test_what_ends_a_freeze_that_was_cut_off_counts_from_its_last_snapshot(
    ends: Callable[[Story], Awaitable[RunReport]], quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await cut_off_when_frozen(story)
        assert await dies(planned, story, Life(1, is_carried_out=True))
        await trio.sleep(600)
        report = await ends(story)
        (volume,) = (each for each in report.volumes if each.backend == "gold-paris")
        assert volume.frozen_at_least
        assert volume.frozen_s is not None
        assert 600 <= volume.frozen_s < 700

    play(quick_path, story, schedule=None)


def test_how_long_clients_waited_counts_from_the_run_that_was_cut_off(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.write("paris", "vol_1", "since")
        await cut_off_when_frozen(story)
        await trio.sleep(600)
        for refused in (
            mirrors.pause(story.place.session.group(GROUP), Selection(), timeout=timedelta(hours=1)),
            mirrors.break_off(story.place.session.group(GROUP), Selection(at="gold-lyon")),
        ):
            plan = await story.planned(refused)
            assert (plan.verdict, plan.changes) == (Verdict.REFUSED, False)
            assert "is frozen, its clients cannot write" in told(plan)
            assert "datamotion failover gold --abort" in told(plan)
        # Cut off once more, with the last snapshot taken: from that on it is told.
        assert await dies(planned, story, Life(1, is_carried_out=True))
        await trio.sleep(600)
        report = await planned(story)
        assert report.verdict is Verdict.DONE, told(report)
        (volume,) = (each for each in report.volumes if each.backend == "gold-lyon")
        assert volume.frozen_at_least
        assert volume.frozen_s is not None
        assert 600 <= volume.frozen_s < 700
        shown = io.StringIO()
        render_run(report, Console(file=shown, width=1000))
        assert "at least: a run before this one began it" in shown.getvalue()

    play(quick_path, story, schedule=None)


def test_one_without_a_wish_waits_for_who_serves_five_seconds_and_then_goes_without_it(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.at["paris"].http.put("/lab/latency", json={"seconds": 20})
        began = trio.current_time()
        plan = await story.plan_failover(is_planned=None)
        assert trio.current_time() - began == pytest.approx(5, abs=0.1)
        assert plan.losses
        assert "Nothing is asked of gold-paris" in told(plan)

    play(quick_path, story, schedule=None)


def test_a_copy_that_served_before_and_mirrors_nothing_is_never_where_a_planned_one_goes(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await planned(story)
        story.write("lyon", "vol_1", "at lyon alone")
        plan = await story.plan_failover("paris", is_planned=True)
        assert (plan.verdict, plan.changes) == (Verdict.REFUSED, False), told(plan)
        assert "its copy at gold-paris is fenced, no mirror of what gold-lyon serves" in told(plan)
        assert "datamotion reprotect gold" in told(plan)

    play(quick_path, story, schedule=None)


def test_the_other_target_follows_unasked_though_it_was_updated_after_the_freeze(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = story.configured(
            lambda tree: [each.update(policy="MirrorAllSnapshots") for each in tree["groups"][GROUP]["targets"]]
        )
        await story.protected("vol_1")
        await planned(story)
        mirror = await story.mirror("oslo")  # of paris still: nothing but what lyon holds can come to it
        carried = await story.at["oslo"].http.post(f"/api/snapmirror/relationships/{mirror['uuid']}/transfers", json={})
        assert carried.is_success
        await trio.sleep(60)
        story.write("lyon", "vol_1", "since")
        report = await story.place.run(mirrors.reprotect(story.place.session.group(GROUP)))
        assert report.verdict is Verdict.DONE, told(report)
        assert story.files("oslo") == story.files("paris") == story.files("lyon") == {"kept", "since"}

    play(quick_path, story, targets=BOTH, schedule=None)


def test_it_goes_where_the_plan_that_was_shown_goes_though_the_other_target_is_fresher_by_then(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        session = story.place.session
        intent = failing_over.failover(session.group(GROUP), FailoverChoice(is_planned=None))
        async with preparing.prepare(session, [intent]) as (prepared,):
            shown = prepared.plan.backend
            other = next(name for name in BOTH if f"gold-{name}" != shown)
            await trio.sleep(60)
            story.write("paris", "vol_1", "since")
            mirror = await story.mirror(other)
            path = f"/api/snapmirror/relationships/{mirror['uuid']}/transfers"
            assert (await story.at[other].http.post(path, json={})).is_success
            await trio.sleep(60)
            report = await prepared.carry_out(Quiet())
        assert (report.verdict, report.serving) == (Verdict.DONE, shown), told(report)

    play(quick_path, story, targets=BOTH, schedule=None)


def test_who_aborts_one_that_goes_on_elsewhere_is_heard(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        reports: list[RunReport] = []

        async def fail_over() -> None:
            reports.append(await planned(story))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_over)
            while (await as_served(story, "paris", "vol_2")) != FROZEN:
                await trio.sleep(0.01)
            story.place.lab["lyon"].cluster.transfer_gate.hold()
            await trio.sleep(10)
            assert (await abort(story)).verdict is Verdict.DONE
            story.place.lab["lyon"].cluster.transfer_gate.release()
        assert reports[0].verdict is Verdict.FAILED
        assert "its clients were let in again meanwhile" in told(reports[0])
        assert "failover --abort" in {each.operation for each in history(story.place.session).runs}
        await assert_as_it_was(story, "vol_1", "vol_2")

    play(quick_path, story, schedule=None)


@pytest.mark.parametrize("after_s", [0.17, 0.3, 0.45])
def test_who_goes_back_tells_nothing_as_frozen_that_another_operator_has_let_clients_in_to(
    quick_path: Path, after_s: float
) -> None:
    """They act at two hosts, and neither knows of the other."""

    async def main(story: Story) -> None:
        await story.protected("vol_1")
        elsewhere = quick_path / "elsewhere"
        elsewhere.mkdir()
        other = story.configured(lambda tree: tree.update(store=str(elsewhere / "store.db")))

        async def settles() -> None:
            await trio.sleep(after_s)
            assert (await settle(other)).verdict is Verdict.DONE

        async with trio.open_nursery() as both:
            both.start_soon(settles)
            report = await story.failover("lyon", is_planned=True)
        assert report.verdict is Verdict.FAILED, told(report)
        assert story.served("paris") == {"vol_1"}
        assert "still frozen" not in told(report)
        assert FREEZE not in [title for each in report.volumes for title in each.came_about]

    play(quick_path, main)


def test_a_path_that_is_taken_in_the_freeze_brings_all_back(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        once = Once()
        async with trio.open_nursery() as both:
            both.start_soon(take_the_path, story, once)
            choice = FailoverChoice(to="gold-lyon", is_planned=True)
            planned = failing_over.failover(story.place.session.group(GROUP), choice)
            report = await story.place.run(planned, once)
        assert report.verdict is Verdict.FAILED, told(report)
        assert "no volume is moved, because vol_1 cannot be served" in told(report)
        assert "at lyon: unmount that volume, or mount it elsewhere" in told(report)
        again = await story.plan_failover("lyon", is_planned=True)
        assert ("unmount that volume" in told(again), "datamotion apply" in told(again)) == (True, False), told(again)
        assert (story.served("paris"), report.serving, report.epoch) == ({"vol_1", "vol_2"}, "gold-paris", 1)

    play(quick_path, main)


def test_what_was_changed_at_its_source_since_it_was_protected_comes_along(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        await story.change("paris", "vol_1", {"nas": {"path": "/elsewhere"}, "size": 200 * 2**20})
        report = await story.failover("lyon", is_planned=True)
        assert report.verdict is Verdict.DONE, told(report)
        served = await story.volume("lyon", "vol_1", "nas.path,size")
        assert (served["nas"]["path"], served["size"]) == ("/elsewhere", 200 * 2**20)

    play(quick_path, main)


@pytest.mark.parametrize("step", ["Take epoch 2", "Break mirrors off"])
def test_where_its_goal_is_lost_behind_the_epoch_it_is_told_what_lets_clients_in_again(
    quick_path: Path, step: str
) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        planned = failing_over.failover(
            story.place.session.group(GROUP), FailoverChoice(to="gold-lyon", is_planned=True)
        )
        report = await story.place.run(planned, LostOnce(step, story))
        assert report.verdict is Verdict.SILENT, told(report)
        assert "Clients cannot write to vol_1 at gold-paris, and whether gold-lyon serves them cannot be seen." in told(
            report
        )
        back = (
            "if it is lost: datamotion failover gold --to gold-paris --overrule gold-lyon lets clients in at gold-paris"
        )
        assert back in told(report)
        assert back in ((await story.concerns())["unfinished claim"].hint or "")
        assert (await story.failover("paris", overrule="gold-lyon")).verdict is Verdict.DONE
        assert story.served("paris") == {"vol_1"}

    play(quick_path, main)


@pytest.mark.parametrize("told_by", ["apply", "reprotect"])
def test_a_site_that_was_silent_when_its_epoch_was_confirmed_is_told_that_once_it_answers(
    quick_path: Path, told_by: str
) -> None:
    """Else it knows nothing of who serves as soon as that one is lost."""

    async def main(story: Story) -> None:
        await story.protected("vol_1")
        group = story.place.session.group(GROUP)
        planned = failing_over.failover(group, FailoverChoice(to="gold-lyon", is_planned=True))
        report = await story.place.run(planned, LostOnce("Pause mirrors", story, "paris"))
        assert story.served("lyon") == {"vol_1"}, told(report)
        story.place.regain("paris")
        if told_by == "apply":
            await story.apply()
        await story.place.run(mirrors.reprotect(group))
        story.place.lose("lyon")
        assert "unfinished claim" not in await story.concerns()
        assert (await story.failover("paris")).verdict is Verdict.DONE
        assert story.served("paris") == {"vol_1"}

    play(quick_path, main)
