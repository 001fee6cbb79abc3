"""Plans and runs of several groups as text: what they come to together, then each group's own part, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from datamotion.cli.output import Output, print_json
from datamotion.cli.render import render_plan
from datamotion.cli.render_run import render_run
from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.units import count_text
from datamotion.service.operation_reports import OperationReport
from datamotion.service.plan_totals import totals_text, worst_first
from datamotion.service.reports import PlanReport
from datamotion.service.verdict import Verdict


def render_plans(plans: Sequence[PlanReport], *, stderr: bool = False) -> None:
    """One as it is; several with a line before them that says what all of them come to."""
    if len(plans) > 1:
        console, totals = open_console(stderr=stderr), totals_text(*plans)
        counts = Counter(map(_becomes, worst_first(plans)))
        told = ", ".join(f"{count} {what}" for what, count in counts.items())
        head = plain(f"{plans[0].operation.capitalize()}, {count_text(len(plans), 'group')}: {told}")
        say(console, f"[bold]{head}[/]" + (f" ({totals})" if totals else ""), hang=2)
        console.print()
    for each in worst_first(plans):
        render_plan(each, stderr=stderr)


def _becomes(plan: PlanReport) -> str:
    if plan.changes:
        return "to be carried out" if plan.verdict is Verdict.DONE else "to be carried out in part"
    return "with nothing to do" if plan.verdict is Verdict.DONE else str(plan.verdict)


def show_plans(plans: Sequence[PlanReport], exit_status: int, output: Output) -> None:
    """Plans that are not carried out."""
    if output is Output.TEXT:
        render_plans(plans)
    else:
        print_json("operations", tuple(OperationReport.of(each) for each in plans), exit_status, output)


def render_ended(reports: Sequence[OperationReport], stopped: Sequence[str]) -> None:
    """What became of all groups, then how each run ended; `stopped` are those that were ended before."""
    console = open_console()
    counts = Counter(str(each.verdict) for each in reports) + Counter({"interrupted": len(stopped)})
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    console.print()
    say(console, f"[bold]{count_text(len(reports) + len(stopped), 'group')}:[/] {plain(told)}", hang=2)
    if stopped:
        say(console, f"interrupted: {plain(', '.join(stopped))}", indent=2, hang=2)
    for each in sorted(reports, key=lambda report: -report.verdict.exit_status):
        if each.run is not None:
            render_run(each.run, console)
