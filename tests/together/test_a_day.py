"""A day in the life of a group, on virtual time: the real engine, the real client, real bytes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from datamotion.policy.failover.choice import FailoverChoice
from datamotion.runs.journal import Entry
from datamotion.service import failing_over, protecting
from datamotion.service.reports import RunReport
from datamotion.service.status import status
from datamotion.service.verdict import Verdict
from datamotion.store.journal import Store
from tests.together.world import GROUP, Place, a_place, create_volumes, digests

_VOLUMES = [f"vol_{number}" for number in range(1, 21)]
_HOUR_S = 3600


@dataclass(frozen=True)
class Day:
    """How the day went: the failover's report, and every journal line of all runs."""

    report: RunReport
    journal: Sequence[Entry]


async def _a_day(root: Path) -> Day:
    async with a_place(root) as place:
        await create_volumes(place.lab["paris"], _VOLUMES)
        _write(place, "before the first transfer")
        protected = await place.run(protecting.protect(place.session.group(GROUP)))
        assert protected.verdict is Verdict.DONE
        for hour in range(24):
            _write(place, f"in hour {hour}")
            await trio.sleep(_HOUR_S)
        await _hourly_updates_have_arrived(place)

        at_last_transfer = {volume: digests(place.tree("lyon", volume)) for volume in _VOLUMES}
        await _lose_paris_in_the_middle_of_a_transfer(place)
        report = await place.run(failing_over.failover(place.session.group(GROUP), FailoverChoice()))

        assert {volume: digests(place.served("lyon", volume)) for volume in _VOLUMES} == at_last_transfer
    store = Store(place.session.store_url)
    try:
        return Day(report, [entry for run in store.runs() for entry in store.entries(run.id)])
    finally:
        store.close()


def _write(place: Place, text: str) -> None:
    for volume in _VOLUMES:
        with (place.tree("paris", volume) / "log.txt").open("a") as log:
            log.write(f"{volume}: {text}\n")


async def _hourly_updates_have_arrived(place: Place) -> None:
    report = await status(place.session, [GROUP])
    lags = [copy.lag_s for volume in report.groups[0].volumes for copy in volume.copies if copy.lag_s is not None]
    assert len(lags) == len(_VOLUMES)
    assert max(lags) <= _HOUR_S
    assert all(digests(place.tree("lyon", v)) == digests(place.tree("paris", v)) for v in _VOLUMES)


async def _lose_paris_in_the_middle_of_a_transfer(place: Place) -> None:
    """The next hourly update is under way, then nothing of paris answers any more."""
    _write(place, "never to arrive")
    place.lab["lyon"].cluster.transfer_gate.hold()
    await trio.sleep(_HOUR_S)
    report = await status(place.session, [GROUP])
    assert any(copy.transferring_bytes is not None for volume in report.groups[0].volumes for copy in volume.copies)
    place.lose("paris")
    place.lab["lyon"].cluster.transfer_gate.release()


def _play(root: Path) -> Day:
    return trio.run(_a_day, root, clock=MockClock(autojump_threshold=0))


@pytest.mark.slow
@pytest.mark.sweep
def test_a_day_of_updates_ends_in_a_failover_that_serves_the_last_transfer_and_plays_the_same_twice(
    quick_path: Path,
) -> None:
    began_s = time.perf_counter()
    first, second = _play(quick_path / "first"), _play(quick_path / "second")
    took_s = time.perf_counter() - began_s

    assert first.report.verdict is Verdict.DONE
    assert first.report.serving == "gold-lyon"
    assert [each.outcome for each in first.report.volumes] == ["done"] * len(_VOLUMES)
    assert first.journal == second.journal
    print(f"two virtual days in {took_s:.1f} s")
