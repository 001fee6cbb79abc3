"""Clusters whose clocks differ from ours and from each other: what is said of ages, and where a failover goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, mirrors, preparing, protecting
from datamotion.service.reports import PlanReport
from datamotion.service.status import status
from datamotion.service.status_reports import GroupReport
from datamotion.service.verdict import Verdict
from tests.together.world import GROUP, Place, a_place, create_volumes, digests, succeed

HALF_AN_HOUR_S = 1800.0
AGE_S = 1500.0
"""Of mirrors half an hour after noon: their policy carries them at five past."""


def play(root: Path, claim: Callable[[Place], Awaitable[None]]) -> None:
    """The home, mirrored to lyon and oslo, at half past twelve."""

    async def story() -> None:
        async with a_place(root, targets=("lyon", "oslo"), schedule=None) as made:
            place = made.configured(lambda tree: tree["groups"][GROUP].update(rpo="1h"))
            await create_volumes(place.lab["paris"], ["vol_1"])
            await place.run(protecting.protect(place.session.group(GROUP)))
            await trio.sleep(HALF_AN_HOUR_S)
            await claim(place)

    trio.run(story, clock=MockClock(autojump_threshold=0))


async def skew(place: Place, cluster: str, ahead: timedelta) -> None:
    async with place.lab[cluster].client() as client:
        fault = {"kind": "clock_skew", "seconds": ahead.total_seconds()}
        await succeed(client.post("/lab/faults", json=fault))


async def report(place: Place) -> GroupReport:
    (group,) = (await status(place.session)).groups
    return group


def ages(group: GroupReport) -> dict[str, float | None]:
    (volume,) = group.volumes
    return {copy.backend: copy.lag_s for copy in volume.copies if copy.role == "mirror"}


@pytest.mark.parametrize("where", ["lyon", "paris"])
@pytest.mark.parametrize("minutes", [3, -3])
def test_an_age_is_as_it_is_by_our_clock(where: str, minutes: int, quick_path: Path) -> None:
    async def claim(place: Place) -> None:
        expected_s = AGE_S
        assert list(ages(await report(place)).values()) == [pytest.approx(AGE_S, abs=10)] * 2
        if where == "paris":  # snapshots have the time of the cluster that they were taken at
            await skew(place, "paris", timedelta(minutes=minutes))
            await place.run(protecting.update(place.session.group(GROUP)))
            await trio.sleep(HALF_AN_HOUR_S)
            expected_s = HALF_AN_HOUR_S
        else:
            await skew(place, "lyon", timedelta(minutes=minutes))
        group = await report(place)
        (told,) = [each for each in group.concerns if each.kind == "clock differs"]
        assert f"the clock of {where} is" in told.text
        for age in ages(group).values():
            assert age == pytest.approx(expected_s, abs=10)

    play(quick_path, claim)


def test_beyond_the_limit_it_is_not_known_and_a_failover_goes_elsewhere(quick_path: Path) -> None:
    async def claim(place: Place) -> None:
        await skew(place, "lyon", -timedelta(minutes=24))  # it looks a minute old
        group = await report(place)
        found = ages(group)
        assert found["gold-lyon"] is None
        assert found["gold-oslo"] == pytest.approx(AGE_S, abs=10)
        kinds = {each.kind for each in group.concerns}
        assert {"clock off", "age unknown"} <= kinds
        place.lose("paris")
        intent = failing_over.failover(place.session.group(GROUP), FailoverChoice())
        async with preparing.prepare(place.session, [intent]) as (prepared,):
            assert "gold-oslo" in prepared.report.title

    play(quick_path, claim)


def test_the_limit_is_the_clusters_own(quick_path: Path) -> None:
    async def claim(place: Place) -> None:
        await skew(place, "lyon", timedelta(minutes=29))
        borne = place.configured(lambda tree: tree["clusters"]["lyon"].update(clock_limit="1h"))
        assert ages(await report(borne))["gold-lyon"] == pytest.approx(AGE_S, abs=10)

    play(quick_path, claim)


async def take(place: Place, name: str, at: str = "paris") -> datetime:
    """A state and its snapshot, carried to all mirrors. Returns a time soon after."""
    (place.tree(at, "vol_1") / name).write_text(name)
    (uuid,) = (each.uuid for each in place.lab[at].cluster.volumes if each.name == "vol_1")
    async with place.lab[at].client() as client:
        await succeed(client.post(f"/api/storage/volumes/{uuid}/snapshots", json={"name": name}))
    await place.run(protecting.update(place.session.group(GROUP)))
    await trio.sleep(3)
    soon = place.session.world.clock.now()
    await trio.sleep(3)
    return soon


@pytest.mark.parametrize("minutes", [2, -2])
def test_an_older_state_is_the_one_that_was_by_our_clock_whatever_the_clock_of_who_took_it(
    minutes: int, quick_path: Path
) -> None:
    async def claim(made: Place) -> None:
        place = made.configured(lambda tree: [it.update(policy="MirrorAllSnapshots") for it in targets_of(tree)])
        await place.run(protecting.protect(place.session.group(GROUP)))
        await skew(place, "paris", timedelta(minutes=minutes))
        await take(place, "before")
        at = await take(place, "good")
        await take(place, "spoilt")
        earlier = Earlier(taken_by=at)
        intent = failing_over.failover(place.session.group(GROUP), FailoverChoice(to="gold-lyon", earlier=earlier))
        async with preparing.prepare(place.session, [intent]) as (prepared,):
            (loss,) = prepared.report.losses
            assert loss.at_most_s == pytest.approx(12, abs=2)
            assert f"{loss.kept}, as of {at - timedelta(seconds=3):%Y-%m-%d %H:%M}" in steps_of(prepared.report)
            assert "The clock of paris is" in "".join(each.text for each in prepared.report.notes)
        report = await place.run(intent)
        assert {each.recovery_point for each in report.volumes if each.backend == "gold-lyon"} == {loss.kept}
        assert set(digests(place.tree("lyon", "vol_1"))) == {"before", "good"}

    play(quick_path, claim)


def test_by_a_clock_beyond_the_limit_no_time_is_judged_and_a_name_is_asked_for(quick_path: Path) -> None:
    async def claim(made: Place) -> None:
        place = made.configured(lambda tree: [it.update(policy="MirrorAllSnapshots") for it in targets_of(tree)])
        await place.run(protecting.protect(place.session.group(GROUP)))
        await skew(place, "paris", timedelta(minutes=20))
        at = await take(place, "good")
        group = place.session.group(GROUP)
        for earlier, verdict in ((Earlier(taken_by=at), Verdict.REFUSED), (Earlier(snapshot="good"), Verdict.DONE)):
            intent = failing_over.failover(group, FailoverChoice(to="gold-lyon", earlier=earlier))
            async with preparing.prepare(place.session, [intent]) as (prepared,):
                assert prepared.report.verdict is verdict
                assert [each.at_most_s for each in prepared.report.losses] == [None] * (verdict is Verdict.DONE)
                if verdict is Verdict.REFUSED:
                    (refusal,) = prepared.report.refusals
                    assert "the clock of paris is 20 min ahead of ours; --at with a snapshot's name" in refusal.text

    play(quick_path, claim)


def test_an_older_snapshot_has_its_time_by_the_clock_of_who_served_then(quick_path: Path) -> None:
    async def claim(made: Place) -> None:
        place = made.configured(lambda tree: [it.update(policy="MirrorAllSnapshots") for it in targets_of(tree)])
        group = place.session.group(GROUP)
        await place.run(protecting.protect(group))
        await take(place, "of paris")
        await place.run(failing_over.failover(group, FailoverChoice(to="gold-lyon", is_planned=True)))
        await place.run(mirrors.reprotect(group))
        await skew(place, "lyon", timedelta(minutes=4))
        began = place.session.world.clock.now()
        await take(place, "of lyon", at="lyon")
        await trio.sleep(HALF_AN_HOUR_S)
        now = place.session.world.clock.now()
        for name, age_s in (("of paris", None), ("of lyon", (now - began).total_seconds())):
            choice = FailoverChoice(to="gold-oslo", earlier=Earlier(snapshot=name), overrule="gold-lyon")
            async with preparing.prepare(place.session, [failing_over.failover(group, choice)]) as (prepared,):
                (loss,) = prepared.report.losses
                assert loss.kept == name
                assert loss.at_most_s is not None
                if age_s is not None:
                    assert loss.at_most_s == pytest.approx(age_s, abs=3)
                else:  # older, and with nothing of the other one's difference in it
                    assert HALF_AN_HOUR_S < loss.at_most_s < HALF_AN_HOUR_S + 120

    play(quick_path, claim)


def targets_of(tree: dict[str, Any]) -> list[dict[str, Any]]:
    targets: list[dict[str, Any]] = tree["groups"][GROUP]["targets"]
    return targets


def steps_of(report: PlanReport) -> str:
    return "\n".join(act.text for step in report.steps for act in step.acts)


def test_a_lost_source_whose_clock_was_ahead_makes_no_mirror_young(quick_path: Path) -> None:
    async def claim(place: Place) -> None:
        await skew(place, "paris", timedelta(hours=2))
        await place.run(protecting.update(place.session.group(GROUP)))
        await trio.sleep(HALF_AN_HOUR_S)
        place.lose("paris")
        group = await report(place)
        assert list(ages(group).values()) == [None, None]
        assert "its last transfer ended 30 min ago" in next(
            each.text for each in group.concerns if each.kind == "age unknown"
        )
        for max_loss, verdict in ((timedelta(hours=1), Verdict.REFUSED), (None, Verdict.DONE)):
            intent = failing_over.failover(place.session.group(GROUP), FailoverChoice(max_loss=max_loss))
            async with preparing.prepare(place.session, [intent]) as (prepared,):
                assert prepared.report.verdict is verdict
                assert "at most the last" not in "".join(each.text for each in prepared.report.losses)

    play(quick_path, claim)
