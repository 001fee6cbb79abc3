"""Clusters whose clocks differ from ours and from each other: what is said of ages, and where a failover goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, preparing, protecting
from datamotion.service.status import status
from datamotion.service.status_reports import GroupReport
from datamotion.service.verdict import Verdict
from tests.together.world import GROUP, Place, a_place, create_volumes, succeed

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
