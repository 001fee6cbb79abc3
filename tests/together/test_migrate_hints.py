"""What is told of a migration that somebody disturbs leads out of it: never to commands that refuse it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from datamotion.policy.selection import Selection
from datamotion.service import failing_over, mirrors
from datamotion.service.documents import to_json
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.status import status
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, play, told
from tests.together.test_migrate import abort, migrate, migration, plan, served_with_a_file
from tests.together.test_migrate_arriving import is_frozen

BACK = "`datamotion migrate gold-paris:vol_1 --to gold-lyon --abort` goes back"
REFUSED = re.compile(r"datamotion (apply|plan|reprotect|failback|swap|failover(?! \S+ --abort))")


async def delete_relationship(story: Story) -> None:
    await story.delete_mirror("lyon")


async def break_off(story: Story) -> None:
    await story.change_mirror("lyon", {"state": "broken_off"})


async def disturbed(story: Story, disturb: Callable[[Story], Awaitable[None]]) -> RunReport:
    """Its migration, with that done as soon as clients are kept away."""

    async def once() -> None:
        while not await is_frozen(story):
            await trio.sleep(0.1)
        await disturb(story)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(once)
        return await migrate(story)


@pytest.mark.parametrize("disturb", [delete_relationship, break_off])
def test_where_its_mirror_is_disturbed_in_the_freeze_its_own_abort_is_named(
    quick_path: Path, disturb: Callable[[Story], Awaitable[None]]
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        hints = all_hints(await disturbed(story, disturb)) + all_hints(await plan(story, to="gold-lyon"))
        group = migration(story, to="gold-lyon").group
        resync = mirrors.resync(group, Selection(at="gold-lyon"))
        for other in (failing_over.thaw(group), resync, failing_over.settle(group, "gold-lyon")):
            hints += all_hints(await story.planned(other))
        seen = (await status(story.place.session, [group.name])).groups[0]
        told_there = [each.hint for each in seen.concerns if each.hint is not None]
        assert any(each.startswith(BACK) for each in told_there), told_there
        assert not [each for each in (*hints, *told_there) if REFUSED.search(each)]
        back = await abort(story)
        assert story.served("paris") == {"vol_1"}
        if back.verdict is not Verdict.DONE:  # nobody knows what was written to it meanwhile
            assert "vol_1 at gold-lyon is not deleted, and keeps its mark: broken off there" in told(back)

    play(quick_path, main)


def all_hints(report: PlanReport | RunReport) -> list[str]:
    return re.findall(r'"hint": "([^"]*)"', to_json(report, indent=2))
