"""A cluster's jobs, schedules and uuids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import trio
import trio.testing

from ontaplab.clock import LoopClock
from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.network import AsgiNetwork
from ontaplab.resources.schedules.state import Cron, Schedule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def cluster_in(root: Path) -> Cluster:
    return Cluster("paris", root=root, clock=LoopClock(NOON), network=AsgiNetwork({}), address="10.1.0.1", accounts={})


def on_virtual_time(main: Callable[[], Awaitable[None]]) -> None:
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_a_job_ends_as_its_work_does_and_vanishes_300_seconds_later(tmp_path: Path) -> None:
    async def main() -> None:
        async def good() -> None:
            await trio.sleep(10)

        async def bad() -> None:
            raise OntapError(400, "917536", "no room")

        async with aclosing(cluster_in(tmp_path)) as cluster, cluster.running():
            jobs = [cluster.start_job("POST /api/x", good), cluster.start_job("POST /api/y", bad)]
            await jobs[1].wait()
            assert cluster.jobs[jobs[0].uuid].state == "running"
            failed = cluster.jobs[jobs[1].uuid]
            assert (failed.state, failed.code, failed.message) == ("failure", "917536", "no room")
            await jobs[0].wait()
            assert cluster.jobs[jobs[0].uuid].state == "success"
            assert (jobs[0].error, cluster.clock.now()) == (None, NOON.replace(second=10))
            await trio.sleep(299)
            assert jobs[0].uuid in cluster.jobs
            await trio.sleep(2)
            assert len(cluster.jobs) == 0

    on_virtual_time(main)


def test_a_job_that_a_crash_cut_off_is_a_failure_after_the_restart(tmp_path: Path) -> None:
    async def main() -> None:
        async with aclosing(cluster_in(tmp_path)) as cluster, cluster.running():
            job = cluster.start_job("POST /api/x", trio.sleep_forever)
            await trio.sleep(1)
        async with aclosing(cluster_in(tmp_path)) as again:
            assert again.jobs[job.uuid].state == "running"
            async with again.running():
                assert again.jobs[job.uuid].state == "failure"
                await trio.sleep(301)
                assert len(again.jobs) == 0

    on_virtual_time(main)


def test_schedules_fire_when_their_cron_says_and_new_ones_join_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        fired: list[str] = []
        async with aclosing(cluster_in(tmp_path)) as cluster:
            cluster.firings.listen(lambda schedule, due: fired.append(f"{schedule.name} {due:%d %H:%M}"))
            cluster.schedules.put(Schedule(uuid="1", name="hourly", cron=Cron(minutes=(5,))))
            async with cluster.running():
                await trio.sleep(3600)
                cluster.schedules.put(Schedule(uuid="2", name="daily", cron=Cron(minutes=(10,), hours=(13,))))
                cluster.firings.schedules_changed()
                await trio.sleep(3600)
                cluster.schedules.remove("1")
                cluster.firings.schedules_changed()
                await trio.sleep(24 * 3600)
        assert fired == ["hourly 01 12:05", "hourly 01 13:05", "daily 01 13:10", "daily 02 13:10"]

    on_virtual_time(main)


def test_uuids_are_the_same_in_two_runs_and_never_given_twice(tmp_path: Path) -> None:
    async def main() -> None:
        async with aclosing(cluster_in(tmp_path / "one")) as one, aclosing(cluster_in(tmp_path / "other")) as other:
            first = [one.new_uuid("volume", "v"), one.new_uuid("volume", "v"), one.new_uuid("volume", "w")]
            second = [other.new_uuid("volume", "w"), other.new_uuid("volume", "v"), other.new_uuid("volume", "v")]
        assert len(set(first)) == 3
        assert sorted(first) == sorted(second)

    on_virtual_time(main)
