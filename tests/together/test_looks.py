"""What looking costs: counted by the lab, whatever there is to see."""

from __future__ import annotations

from pathlib import Path

import trio
from trio.testing import MockClock

from datamotion.service import preparing, protecting
from datamotion.service.status import status
from tests.together.world import GROUP, Place, a_place, create_volumes


async def calls_of(place: Place) -> tuple[int, int]:
    """Reads and writes so far, of both clusters."""
    counted = []
    for cluster in place.lab.clusters.values():
        async with cluster.client() as client:
            counted.append((await client.get("/lab/calls")).json())
    return sum(each["reads"] for each in counted), sum(each["writes"] for each in counted)


async def _cost_of_looking(root: Path, volumes: int) -> tuple[int, int]:
    """Calls of `status` and of the looking part of `plan`; both write nothing."""
    async with a_place(root) as place:
        await create_volumes(place.lab["paris"], [f"vol_{number}" for number in range(volumes)])
        await place.run(protecting.protect(place.session.group(GROUP)))
        start, writes = await calls_of(place)
        await status(place.session)
        after_status, _ = await calls_of(place)
        async with preparing.prepare(place.session, [protecting.protect(place.session.group(GROUP))]):
            after_plan, writes_after = await calls_of(place)
        assert writes_after == writes
        return after_status - start, after_plan - after_status


def test_status_and_plan_cost_the_same_calls_for_one_volume_and_for_thirty(quick_path: Path) -> None:
    def cost(volumes: int) -> tuple[int, int]:
        clock = MockClock(autojump_threshold=0)
        return trio.run(_cost_of_looking, quick_path / str(volumes), volumes, clock=clock)

    assert cost(1) == cost(30) == (12, 34)


def test_planning_several_groups_costs_one_look(quick_path: Path) -> None:
    async def story() -> int:
        async with a_place(quick_path) as place:
            start, _ = await calls_of(place)
            intent = protecting.protect(place.session.group(GROUP))
            async with preparing.prepare(place.session, [intent, intent]):
                return (await calls_of(place))[0] - start

    assert trio.run(story, clock=MockClock(autojump_threshold=0)) == 34
