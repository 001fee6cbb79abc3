"""Prints the faces of a story on the terminal that it runs on: `python -m tests.faces.played FOLDER`.

On virtual time a LUN is brought elsewhere, a group is protected, drilled, failed over and brought back, and loses its
home. What is planned, how it goes and what came of it is printed as its command prints it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import trio

from datamotion.cli.changing import carry_out_one
from datamotion.cli.output import Output
from datamotion.cli.past import render_past_run
from datamotion.cli.render_check import render_check
from datamotion.cli.render_run import render_run
from datamotion.cli.watching import TerminalWatcher
from datamotion.policy.drills.drills import DrillChoice
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import check, drills, failing_over, intents, migrations, mirrors, preparing, protecting
from datamotion.service.history import past_run
from ontaplab.faults.scripted import scripted
from tests.faces.pictures import begin
from tests.together.stories import Story, play
from tests.together.test_migrate_luns_between import GOAL, migration, with_another_svm
from tests.together.world import GROUP, create_volumes

_LONG = "vol_invoices_of_the_year_2031_archive"
FACES = (
    "check",
    "migrate_explain",
    "migrate_lun",
    "migrate_volume",
    "protect_failed",
    "protect",
    "drill_start",
    "drill_stop",
    "failover_planned",
    "reprotect",
    "failback",
    "failover_unanswered",
    "failover",
    "check_unanswered",
    "reprotect_refused",
    "reprotect_discarding",
    "history_run",
)


async def _carried(
    story: Story, face: str, intent: intents.Intent, *, dry_run: bool = False, reason: str | None = None
) -> None:
    begin(face)
    async with preparing.prepare(story.place.session, [replace(intent, reason=reason)]) as (prepared,):
        await carry_out_one(story.place.session, prepared, Output.TEXT, yes=True, dry_run=dry_run, without_store=False)


async def _checked(story: Story, face: str) -> None:
    begin(face)
    report = await check.check(story.place.session, [GROUP], check.Ways(source=None, target=None))
    of_others = tuple(each for each in report.lines if str(story.place.root) not in each.what)  # it has many names
    render_check(replace(report, lines=of_others))


async def _stopped(story: Story) -> None:
    """Without its plan: that names whoever runs this."""
    begin("drill_stop")
    intent = drills.stop(story.place.session.group(GROUP))
    async with preparing.prepare(story.place.session, [intent]) as (prepared,):
        with TerminalWatcher(story.place.session.world.clock) as watcher:
            render_run(await prepared.carry_out(watcher))


async def _brought_elsewhere(story: Story) -> None:
    await _checked(story, "check")
    lun = migrations.migrate(migration(story, GOAL))
    await _carried(story, "migrate_explain", lun, dry_run=True)
    await _carried(story, "migrate_lun", lun)
    volumes = migrations.migration_of(story.place.session, "gold-paris:vol_2", aggregates=("aggr2",))
    await _carried(story, "migrate_volume", migrations.migrate(volumes))


async def main(story: Story) -> None:
    story, _ = await with_another_svm(story)
    (story.place.tree("paris", "vol_2") / "ledger").write_bytes(b"trees" * 400_000)
    await create_volumes(story.place.lab["paris"], [_LONG])
    group = story.place.session.group(GROUP)
    await _brought_elsewhere(story)
    async with scripted(story.at["lyon"].http, kind="transfer_failure", count=3):
        await _carried(story, "protect_failed", protecting.protect(group))
    await _carried(story, "protect", protecting.protect(group))
    await trio.sleep(600)
    await _carried(story, "drill_start", drills.start(group, DrillChoice(prefix="/drill")))
    await _stopped(story)
    planned = FailoverChoice(is_planned=True)
    await _carried(story, "failover_planned", failing_over.failover(group, planned), reason="a new floor")
    await _carried(story, "reprotect", mirrors.reprotect(group))
    await trio.sleep(600)
    await _carried(story, "failback", failing_over.failover(group, replace(planned, to="gold-paris")))
    await story.place.run(mirrors.reprotect(group))
    await trio.sleep(600)
    story.place.lose("paris")
    await _carried(story, "failover_unanswered", failing_over.failover(group, planned))
    await _carried(story, "failover", failing_over.failover(group, FailoverChoice()), reason="a storm at paris")
    await _checked(story, "check_unanswered")
    story.place.regain("paris")
    await _carried(story, "reprotect_refused", mirrors.reprotect(group))
    await _carried(story, "reprotect_discarding", mirrors.reprotect(group, discard=["gold-paris"]))
    begin("history_run")
    found = past_run(story.place.session, 7)
    render_past_run(replace(found, run=replace(found.run, who="anna@ops, process 4711")))


if __name__ == "__main__":
    play(Path(sys.argv[1]), main, aggregates=("aggr1", "aggr2"))
