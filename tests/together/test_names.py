"""Sites that name their SVMs alike protect each other."""

from __future__ import annotations

from pathlib import Path

import trio
from trio.testing import MockClock

from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, protecting
from datamotion.service.verdict import Verdict
from tests.together.world import GROUP, TARGETS, a_place, create_volumes, digests


def test_targets_whose_svms_are_named_like_each_other_and_like_the_home_protect_it(quick_path: Path) -> None:
    async def story() -> None:
        async with a_place(quick_path, targets=TARGETS) as place:
            await create_volumes(place.lab["paris"], ["vol_1"])
            (place.tree("paris", "vol_1") / "file").write_bytes(b"kept")
            group = place.session.group(GROUP)
            assert (await place.run(protecting.protect(group))).verdict is Verdict.DONE
            kept = digests(place.tree("paris", "vol_1"))
            assert [digests(place.tree(target, "vol_1")) for target in TARGETS] == [kept] * len(TARGETS)
            place.lose("paris")
            report = await place.run(failing_over.failover(group, FailoverChoice(to="gold-oslo")))
            assert report.verdict is Verdict.DONE, report
            assert digests(place.served("oslo", "vol_1")) == kept

    trio.run(story, clock=MockClock(autojump_threshold=0))
