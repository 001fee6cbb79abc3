from __future__ import annotations

from pathlib import Path

import trio
from trio.testing import MockClock

from datamotion.cli.render import render_plan, render_run
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.service import operations
from tests.together.world import GROUP, a_place, create_volumes, digests


async def go(root: Path):
    async with a_place(root, targets=("lyon", "oslo")) as place:
        await create_volumes(place.lab["paris"], ["vol_1", "vol_2"])
        for v in ("vol_1", "vol_2"):
            (place.tree("paris", v) / "a.txt").write_text("one")
        r = await place.run(operations.protect(place.session.group(GROUP)))
        for v in ("vol_1", "vol_2"):
            (place.tree("paris", v) / "b.txt").write_text("two")
        intent = operations.failover(place.session.group(GROUP), FailoverChoice(is_planned=None))
        async with operations.prepare(place.session, [intent]) as (prepared,):
            render_plan(prepared.report)
        r = await place.run(intent)
        render_run(r)
        for v in ("vol_1", "vol_2"):
            print(
                digests(place.served("lyon", v)) == digests(place.tree("paris", v)),
                list(digests(place.served("lyon", v))),
            )
        intent = operations.failover(place.session.group(GROUP), FailoverChoice(is_planned=None))
        async with operations.prepare(place.session, [intent]) as (prepared,):
            render_plan(prepared.report)


def test_it(tmp_path):
    trio.run(go, tmp_path, clock=MockClock(autojump_threshold=0))
