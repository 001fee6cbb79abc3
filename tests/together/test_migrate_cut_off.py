"""Migrations that were cut off before anything came about, or as all had: each is cleared by the way that is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datamotion.service import migrations, preparing, under_way
from datamotion.service.open_runs import is_left, open_runs
from datamotion.service.reports import PlanReport
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_check import calls
from tests.together.test_migrate_groups import THREE, bring, with_targets
from tests.together.test_migrate_luns import with_a_lun
from tests.together.world import GROUP, create_volumes


async def aborted(story: Story, migration: Any) -> PlanReport:
    """As the command line has it: where nothing is to be done, that is recorded."""
    session = story.place.session
    intent = migrations.abort(migration, was_begun=is_left(session, migration))
    async with preparing.prepare(session, [intent]) as (prepared,):
        if not (prepared.report.changes or prepared.report.refusals):
            prepared.record_nothing_left()
        return prepared.report


async def cut_off(story: Story, migration: Any, life: Life) -> bool:
    return await dies(lambda mortal: mortal.place.run(migrations.migrate(migration)), story, life)


async def claims(story: Story) -> list[Any]:
    by_site = [await story.at[each].get("/snapmirror/policies", name="datamotion_*") for each in ("paris", "lyon")]
    return [each for found in by_site for each in found]


@pytest.mark.parametrize(
    ("what", "to", "aggregate", "other"),
    [
        ("gold-paris:vol_*", "gold-lyon", "aggr1", "gold-oslo"),
        ("gold-paris:vol_1", None, "aggr2", None),
        ("gold-paris:vol_1/disk", "gold-paris:vol_2", None, "gold-paris:vol_3"),
    ],
)
def test_one_of_which_nothing_came_about_is_cleared_by_its_abort(
    quick_path: Path, what: str, to: str | None, aggregate: str | None, other: str | None
) -> None:
    async def main(story: Story) -> None:
        def migration(to: str | None) -> Any:
            aggregates = (aggregate,) if aggregate else ()
            return migrations.migration_of(story.place.session, what, to=to, aggregates=aggregates)

        session = story.place.session
        await with_a_lun(story)
        await create_volumes(story.place.lab["paris"], ["vol_3"])
        assert "no such migration is under way" in told(await aborted(story, migration(to)))
        assert await cut_off(story, migration(to), Life(0, is_carried_out=False))
        assert (await under_way.migrations(session)).migrations == ()
        (left,) = open_runs(session).runs
        if other is not None:
            elsewhere = await aborted(story, migration(other))
            assert (elsewhere.verdict, open_runs(session).runs) == (Verdict.REFUSED, (left,))
        writes = await calls(story, "writes")
        shown = await aborted(story, migration(to))
        assert (shown.verdict, shown.changes) == (Verdict.DONE, False), told(shown)
        assert "Nothing of it is seen to have come about" in told(shown)
        assert await calls(story, "writes") == writes
        assert open_runs(session).runs == ()
        assert "no such migration is under way" in told(await aborted(story, migration(to)))

    play(quick_path, main, targets=THREE, aggregates=("aggr1", "aggr2"))


@pytest.mark.parametrize("is_target", [False, True])
def test_so_is_one_of_a_group_and_no_other_run_of_that(quick_path: Path, is_target: bool) -> None:
    async def main(story: Story) -> None:
        session = story.place.session
        await with_targets(story, "paris", "lyon").protected("vol_1")
        own = with_targets(story, "paris", "lyon", *(["oslo"] if is_target else []))
        assert await dies(lambda mortal: mortal.update(), own, Life(0, is_carried_out=False))
        assert "no such migration is under way" in told(await aborted(own, bring(own)))
        assert (await own.update()).verdict is (Verdict.PARTLY if is_target else Verdict.DONE), (
            "oslo mirrors nothing yet"
        )
        assert await cut_off(own, bring(own), Life(0, is_carried_out=False))
        (left,) = open_runs(session).runs
        assert left.run.group == GROUP
        shown = await aborted(own, bring(own))
        assert (shown.verdict, open_runs(session).runs) == (Verdict.DONE, ()), told(shown)
        assert own.served("paris") == {"vol_1"}

    play(quick_path, main, targets=THREE)


@pytest.mark.parametrize("keeps_source", [False, True])
def test_one_that_had_come_about_is_not_told_as_undone(quick_path: Path, keeps_source: bool) -> None:
    async def main(story: Story) -> None:
        session = story.place.session
        await with_a_lun(story)
        migration = migrations.migration_of(session, "gold-paris:vol_1", to="gold-lyon", keeps_source=keeps_source)
        while not story.served("lyon") or await claims(story):
            assert await cut_off(story, migration, Life(1, is_carried_out=True))
        (left,) = open_runs(session).runs
        shown = await aborted(story, migration)
        assert (shown.verdict, open_runs(session).runs) == (Verdict.REFUSED, (left,))
        assert "what it is about is where it was to go" in told(shown)
        assert "the same command without --abort says so" in told(shown)
        async with preparing.prepare(session, [migrations.migrate(migration)]) as (prepared,):
            assert (prepared.report.verdict, prepared.report.changes) == (Verdict.DONE, False)
            prepared.record_nothing_left()
        assert open_runs(session).runs == ()

    play(quick_path, main)
